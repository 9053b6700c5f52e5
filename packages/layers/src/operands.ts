import { DTypeError, formatShape, requireTensor, ShapeError, type Tensor } from "@convgrad/core";

/**
 * @throws {@link ValueError} unless all operands of a layer are tensors, {@link DTypeError} unless of one float type:
 * `conv2d: x is uint8 and w float32; convert x with .to("float32") …`
 */
export function requireOperands(
  operation: string,
  x: Tensor,
  w: Tensor,
  b: Tensor | null | undefined,
): void {
  requireTensor(operation, "input x", x);
  requireTensor(operation, "weight w", w);
  if (b !== null && b !== undefined) requireTensor(operation, "bias b", b);
  if (x.dtype !== w.dtype) {
    const remedy =
      x.dtype === "uint8" || x.dtype === "int32"
        ? `convert x with .to("${w.dtype}"), images also to [0, 1] as scalePixels does`
        : `convert one of them, a whole model with model.to("${x.dtype}")`;
    throw new DTypeError(operation, `x is ${x.dtype} and w ${w.dtype}; ${remedy}`, {
      x: x.dtype,
      w: w.dtype,
    });
  }
}

/** @throws {@link ValueError} unless x is a tensor, {@link DTypeError} unless it holds floats. */
export function requireFloats(operation: string, x: Tensor): void {
  requireTensor(operation, "input x", x);
  if (x.dtype === "float32" || x.dtype === "float64") return;
  throw new DTypeError(
    operation,
    `needs float32 or float64, not ${x.dtype}; convert with .to("float32")`,
    { dtype: x.dtype },
  );
}

/**
 * @param x floats with channels on axis 1
 * @param operands what holds a number per channel, by name; absent ones do not matter
 * @throws {@link ShapeError} unless each is `[C]`, {@link DTypeError} unless it has the type of x:
 * `batchNorm2d: expects a weight [3], one number per channel of x [8, 3, 28, 28], not [6]`
 */
export function requirePerChannel(
  operation: string,
  x: Tensor,
  operands: Readonly<Record<string, Tensor | null | undefined>>,
): void {
  requireFloats(operation, x);
  for (const [name, operand] of Object.entries(operands)) {
    if (operand === null || operand === undefined) continue;
    requireTensor(operation, name, operand);
    if (x.rank < 2) {
      throw new ShapeError(
        operation,
        `expects x [N, C, …] beside a ${name} per channel, not ${formatShape(x.shape)}`,
        { x: x.shape, [name]: operand.shape },
      );
    }
    if (operand.rank !== 1 || operand.shape[0] !== x.shape[1]) {
      throw new ShapeError(
        operation,
        `expects a ${name} [${x.shape[1]}], one number per channel of x ${formatShape(x.shape)}, ` +
          `not ${formatShape(operand.shape)}`,
        { x: x.shape, [name]: operand.shape },
      );
    }
    if (operand.dtype !== x.dtype) {
      throw new DTypeError(
        operation,
        `x is ${x.dtype} and the ${name} ${operand.dtype}; ` +
          `convert one of them, a whole model with model.to("${x.dtype}")`,
        { x: x.dtype, [name]: operand.dtype },
      );
    }
  }
}

/**
 * @throws {@link ValueError} unless x is a tensor, {@link ShapeError} unless axis 1 holds so many channels:
 * `batchNorm2d: expects 3 channels but receives 1 (x [8, 1, 28, 28])`
 */
export function requireChannels(operation: string, x: Tensor, channels: number): void {
  requireTensor(operation, "input x", x);
  if (x.shape[1] === channels) return;
  throw new ShapeError(
    operation,
    `expects ${channels} channels but receives ${x.shape[1] ?? "no axis of them"} (x ${formatShape(x.shape)})`,
    { x: x.shape, channels },
  );
}
