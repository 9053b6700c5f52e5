// Row 28 of the lessons: "in the back I need to do the convolution with deltas that have a different depth".

import { conv2d, gradients, type Tensor } from "convgrad";
import { convolve, correlate, draw, error, plane, wide } from "./planes.ts";
import { short, table } from "./print.ts";

/** One plane of [_, _, H, W]. */
const at = (t: Tensor, a: number, b: number) => plane(t.slice([a, b], [a + 1, b + 1]));

export function differentDepths(): void {
  const [x, w, delta] = draw(28, [1, 3, 32, 32], [6, 3, 5, 5], [1, 6, 28, 28]) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const y = conv2d(x, w);
  const [dx, dw] = gradients(y, [x, w], { gradient: delta }) as [Tensor, Tensor];
  console.log("Forward: x 3×32×32 through 6 filters of 3×5×5 gives y 6×28×28; so has δ.");
  console.log("x has depth 3 and δ depth 6: how can one be convolved with the other?\n");
  console.log("Plane by plane. Every pair (filter d, channel c) is a convolution of planes:");
  console.log("  ∂w[d, c] = x[c] ⊗ δ[d]             32×32 with 28×28 gives 5×5, 18 times");
  console.log("  ∂x[c]    = Σ_d δ[d] ∗full w[d, c]  28×28 with 5×5 gives 32×32, summed over d\n");

  const filters = [0, 1, 2, 3, 4, 5];
  const channels = [0, 1, 2];
  const errorOf = (d: number, c: number) =>
    error(at(dw, d, c), correlate(at(x, 0, c), at(delta, 0, d)));
  console.log("The largest difference of each pair from autograd's ∂w:\n");
  const rows = filters.map((d) => [`δ[${d}]`, ...channels.map((c) => short(errorOf(d, c)))]);
  console.log(table([["", ...channels.map((c) => `x[${c}]`)], ...rows]));

  console.log("\nand of each channel from autograd's ∂x:\n");
  const sums = channels.map((c) =>
    filters
      .map((d) => convolve(wide(at(delta, 0, d), at(w, d, c)), at(w, d, c)))
      .reduce((a, b) => a.add(b)),
  );
  const apart = sums.map((sum, c) => short(error(sum, at(dx, 0, c))));
  console.log(table([channels.map((c) => `x[${c}]`), apart]));

  console.log("\nA filter of depth 6 on x itself makes no sense, and is refused:");
  try {
    conv2d(x, draw(1, [6, 6, 5, 5])[0]!);
  } catch (refused) {
    console.log(`  ${(refused as Error).message.replace("; ", ";\n  ")}`);
  }
}
