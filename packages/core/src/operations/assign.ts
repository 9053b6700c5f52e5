import { requireTensor } from "../construct.ts";
import { checkValue } from "../dtype.ts";
import { GraphError, ShapeError } from "../errors.ts";
import { isRecording } from "../graph.ts";
import { mayOverlap } from "../layout.ts";
import { updateInPlace } from "../primitive.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Operand } from "./arithmetic.ts";

/** Overwrites the elements of x in place; see `Tensor.assign`. */
export function assign(x: Tensor, values: Operand): void {
  if (isRecording() && x.requiresGrad) {
    throw new GraphError(
      "assign",
      "the tensor requires a gradient; wrap the update: noGrad(() => x.assign(values))",
    );
  }
  if (mayOverlap(x.layout)) {
    throw new GraphError(
      "assign",
      "the view repeats cells (broadcastTo, windows); assign to its source or to a clone()",
    );
  }
  if (typeof values === "number") {
    checkValue("assign", values, x.dtype);
    updateInPlace("assign", x, [], (kernels, out) => kernels.fill(values, out));
    return;
  }
  requireTensor("assign", "source", values);
  if (!sameShape(values.shape, x.shape)) {
    const [from, to] = [values.shape, x.shape];
    throw new ShapeError("assign", `${formatShape(from)} does not fit ${formatShape(to)}`, {
      from,
      to,
    });
  }
  // A source that shares this memory is copied first, or it would change while it is read.
  const source = values.storage === x.storage ? values.detach().clone() : values;
  updateInPlace("assign", x, [source], (kernels, out, [from]) => kernels.copy(from!, out));
}
