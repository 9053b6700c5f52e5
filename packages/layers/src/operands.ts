import { DTypeError, requireTensor, type Tensor } from "@convgrad/core";

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
  if (b) requireTensor(operation, "bias b", b);
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
