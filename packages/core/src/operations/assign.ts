import { requireTensor } from "../construct.ts";
import { checkValue, floatDType, sharedDType } from "../dtype.ts";
import { formatValue, GraphError, ShapeError, ValueError } from "../errors.ts";
import { isRecording } from "../graph.ts";
import { mayOverlap } from "../layout.ts";
import { updateInPlace } from "../primitive.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Operand } from "./arithmetic.ts";

/** Overwrites the elements of x in place; see `Tensor.assign`. */
export function assign(x: Tensor, values: Operand): void {
  checkWritable("assign", x);
  if (typeof values === "number") {
    checkValue("assign", values, x.dtype);
    updateInPlace("assign", x, [], (kernels, out) => kernels.fill(values, out));
    return;
  }
  checkSource("assign", values, x);
  updateInPlace("assign", x, [apart(values, x)], (kernels, out, [from]) =>
    kernels.copy(from!, out),
  );
}

/**
 * y ← α·x + β·y in place, by the name that the operation has in BLAS: what optimisers and running averages do. It needs
 * no memory of its own, and nothing is recorded.
 *
 * @param y any view whose cells are its own; where it requires a gradient, wrap the update in `noGrad`
 * @throws {@link GraphError} as `assign` does; {@link ShapeError} and {@link DTypeError} where x and y differ;
 * {@link ValueError} for a scalar that is no finite number.
 * @example
 * noGrad(() => axpby(-0.01, w.grad, 1, w)); // w ← w − 0.01·∂L/∂w
 */
export function axpby(alpha: number, x: Tensor, beta: number, y: Tensor): void {
  requireTensor("axpby", "y", y);
  for (const scalar of [alpha, beta]) {
    if (Number.isFinite(scalar)) continue;
    throw new ValueError("axpby", `a scalar is ${formatValue(scalar)}; it must be a finite number`);
  }
  floatDType("axpby")([y]);
  checkWritable("axpby", y);
  checkSource("axpby", x, y);
  sharedDType("axpby")([x, y]);
  updateInPlace("axpby", y, [apart(x, y)], (kernels, out, [from]) =>
    kernels.axpby(alpha, from!, beta, out),
  );
}

function checkWritable(operation: string, x: Tensor): void {
  if (isRecording() && x.requiresGrad) {
    throw new GraphError(
      operation,
      operation === "assign"
        ? "the tensor requires a gradient; wrap the update: noGrad(() => x.assign(values))"
        : `the tensor requires a gradient; wrap the update: noGrad(() => ${operation}(…))`,
    );
  }
  if (mayOverlap(x.layout)) {
    throw new GraphError(
      operation,
      "the view repeats cells (broadcastTo, windows); write to its source or to a clone()",
    );
  }
}

function checkSource(operation: string, values: Tensor, x: Tensor): void {
  requireTensor(operation, "source", values);
  if (sameShape(values.shape, x.shape)) return;
  const [from, to] = [values.shape, x.shape];
  throw new ShapeError(operation, `${formatShape(from)} does not fit ${formatShape(to)}`, {
    from,
    to,
  });
}

/** A source that shares memory with what is written is copied first, or it would change while it is read. */
function apart(source: Tensor, x: Tensor): Tensor {
  return source.storage === x.storage ? source.detach().clone() : source;
}
