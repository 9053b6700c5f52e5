import { requireTensor } from "../construct.ts";
import { checkValue, sharedDType } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import type { Primitive } from "../primitive.ts";
import { broadcast } from "../primitives/broadcast.ts";
import { constant } from "../primitives/constant.ts";
import * as elementwise from "../primitives/elementwise.ts";
import { broadcastShapes, checkShape, formatShape, type Shape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { reshapeTo } from "./shape.ts";

/** A tensor, or a number that takes the shape and type of its partner. */
export type Operand = Tensor | number;

/** Repeats axes of size 1, and adds axes in front, to reach `shape`; a view. */
export function broadcastTo(x: Tensor, to: Shape): Tensor {
  checkShape("broadcastTo", to);
  const shape = [...to];
  if (sameShape(x.shape, shape)) return x;
  const missing = shape.length - x.shape.length;
  const fits = missing >= 0 && x.shape.every((n, axis) => n === 1 || n === shape[axis + missing]);
  if (!fits) {
    throw new ShapeError(
      "broadcastTo",
      `${formatShape(x.shape)} does not broadcast to ${formatShape(shape)}; ` +
        "aligned at the right, each size must be equal or 1",
      { from: x.shape, to: shape },
    );
  }
  const aligned =
    missing === 0 ? x : reshapeTo(x, [...new Array<number>(missing).fill(1), ...x.shape]);
  return sameShape(aligned.shape, shape) ? aligned : broadcast(aligned, { shape });
}

/** Both operands in their common shape. */
export function broadcastTogether(operation: string, a: Tensor, b: Operand): [Tensor, Tensor] {
  if (typeof b === "number") {
    checkValue(operation, b, a.dtype);
    return [a, constant(b, a)];
  }
  requireTensor(operation, "other operand", b);
  if (sameShape(a.shape, b.shape)) return [a, b];
  const shape = broadcastShapes(operation, a.shape, b.shape);
  return [broadcastTo(a, shape), broadcastTo(b, shape)];
}

type Binary = (a: Tensor, b: Operand) => Tensor;

function broadcasting(primitive: Primitive<[a: Tensor, b: Tensor]>): Binary {
  return (a, b) => primitive(...broadcastTogether(primitive.primitiveName, a, b));
}

export const add: Binary = broadcasting(elementwise.add);
export const sub: Binary = broadcasting(elementwise.sub);
export const mul: Binary = broadcasting(elementwise.mul);
export const div: Binary = broadcasting(elementwise.div);
export const pow: Binary = broadcasting(elementwise.pow);
export const maximum: Binary = broadcasting(elementwise.maximum);
export const minimum: Binary = broadcasting(elementwise.minimum);
export const equal: Binary = broadcasting(elementwise.equal);
export const greater: Binary = broadcasting(elementwise.greater);
export const less: Binary = comparing("less", (a, b) => elementwise.greater(b, a));
export const lessEqual: Binary = comparing("lessEqual", (a, b) =>
  elementwise.maximum(elementwise.greater(b, a), elementwise.equal(a, b)),
);
export const greaterEqual: Binary = comparing("greaterEqual", (a, b) =>
  elementwise.maximum(elementwise.greater(a, b), elementwise.equal(a, b)),
);
export const notEqual: Binary = comparing("notEqual", (a, b) => {
  const same = elementwise.equal(a, b);
  return elementwise.equal(same, constant(0, same));
});

/** A comparison made of the two that are primitives; NaN is less than, equal to and greater than nothing. */
function comparing(operation: string, holds: (a: Tensor, b: Tensor) => Tensor): Binary {
  return (a, b) => {
    const operands = broadcastTogether(operation, a, b);
    sharedDType(operation)(operands);
    return holds(...operands);
  };
}

/**
 * y = a where the condition (uint8) is not 0, else b; all three broadcast. Numbers take the type of the other branch.
 *
 * @throws {@link ShapeError} when the shapes do not broadcast.
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  requireTensor("where", "condition", condition);
  if (typeof a === "number" && typeof b === "number")
    return where(condition, constant(a, condition.to("float32")), b);
  const [p, q] =
    typeof a === "number"
      ? broadcastTogether("where", b as Tensor, a).toReversed()
      : broadcastTogether("where", a, b);
  const shape = broadcastShapes("where", condition.shape, p!.shape);
  return elementwise.where(
    broadcastTo(condition, shape),
    broadcastTo(p!, shape),
    broadcastTo(q!, shape),
  );
}
