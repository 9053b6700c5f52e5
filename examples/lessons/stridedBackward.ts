// Rows 9, 10 and 29 of the lessons: what becomes of δ when the stride is greater than 1.

import { conv2d, dilate, gradients, type Tensor } from "convgrad";
import { correlate, error, image, integers, plane, wide } from "./planes.ts";
import { beside } from "./print.ts";

export function stridedBackward(): void {
  const [stride, padding] = [2, 1];
  const [x, w, delta] = integers(4, [5, 5], [3, 3], [3, 3]) as [Tensor, Tensor, Tensor];
  const y = plane(conv2d(image(x), image(w), null, { stride, padding }));
  const [dx, dw] = gradients(y, [x, w], { gradient: delta }) as [Tensor, Tensor];

  console.log("Forward: x padded with 1, windows of 3×3, stride 2.\n");
  console.log(beside("x", x, " w", w, " y", y));

  const apart = dilate(delta, [stride - 1, stride - 1]);
  console.log("\nBackward: δ = ∂E/∂y is pulled apart, stride − 1 zeros between neighbours.\n");
  console.log(beside("δ", delta, "→ δ↑", apart));

  const padded = x.pad([
    [1, 1],
    [1, 1],
  ]);
  const byWeights = correlate(padded, apart);
  console.log("\nThe weights take the padded image with δ↑ as its kernel: ∂w = pad(x) ⊗ δ↑\n");
  console.log(beside(padded, "⊗", apart, "=", byWeights));
  console.log(`\n  error against autograd: ${error(byWeights, dw)}`);

  const full = correlate(wide(apart, w), w.flip());
  const cropped = full.slice([padding, padding], [padding + 5, padding + 5]);
  console.log("\nThe image takes δ↑ with w turned by 180° wherever they touch, and then the");
  console.log("padding is cut off: ∂x = crop(δ↑ ⊗full rot180 w)\n");
  console.log(beside(apart, "⊗full", w.flip(), "=", full));
  console.log(`\n${beside("crop →", cropped)}`);
  console.log(`\n  error against autograd: ${error(cropped, dx)}`);
  console.log("\nThe library does neither: its ∂w is a contraction of the same windows and its");
  console.log("∂x their fold, for any stride. Nothing is pulled apart, no zero multiplied.");
}
