// Rows 11, 12 and 21 of the lessons: convolution, cross-correlation, and who has to be turned when.

import { conv2d, crossEntropy, dense, gradients, SGD, steps, type Tensor, tensor } from "convgrad";
import { convolve, correlate, draw, error, integers, wide } from "./planes.ts";
import { beside, table } from "./print.ts";

const rot180 = (k: Tensor) => k.flip();

/** The four identities of backpropagation, each compared with what the library finds. */
function fourCases(): string[][] {
  const [o, w, delta] = integers(21, [6, 6], [3, 3], [4, 4]) as [Tensor, Tensor, Tensor];
  const found = (y: Tensor) => gradients(y, [w, o], { gradient: delta }) as [Tensor, Tensor];
  const [dw, dx] = found(correlate(o, w));
  const [dwFlipped, dxFlipped] = found(convolve(o, w));
  const row = (forward: string, of: string, is: string, a: Tensor, b: Tensor) => [
    forward,
    of,
    is,
    `error ${error(a, b)}`,
  ];
  return [
    row("x ⊗ w", "∂w", "x ⊗ δ        ", dw, correlate(o, delta)),
    row("x ⊗ w", "∂x", "δ ∗full w    ", dx, convolve(wide(delta, w), w)),
    row("x ∗ w", "∂w", "rot180{x ⊗ δ}", dwFlipped, rot180(correlate(o, delta))),
    row("x ∗ w", "∂x", "δ ⊗full w    ", dxFlipped, correlate(wide(delta, w), w)),
  ];
}

/** A small net that flips its filters or does not; its losses, and the filters it ends with. */
function train(flip: boolean): { losses: number[]; filters: Tensor } {
  const [x, k, head] = draw(12, [3, 1, 5, 5], [2, 1, 3, 3], [18, 3]) as [Tensor, Tensor, Tensor];
  const labels = tensor([0, 1, 2], { dtype: "int32" });
  const w = (flip ? k.flip([2, 3]) : k).detach().clone();
  w.requiresGrad = true;
  const optimizer = new SGD([w, head], { lr: 0.05, momentum: 0.9 });
  const losses: number[] = [];
  for (const _ of steps(200)) {
    const features = conv2d(x, w, null, { flip }).relu().flatten(1);
    const loss = crossEntropy(dense(features, head), labels);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    losses.push(loss.item());
  }
  return { losses, filters: flip ? w.flip([2, 3]) : w };
}

export function flipOrNoFlip(): void {
  const [x, k] = integers(11, [4, 4], [3, 3]) as [Tensor, Tensor];
  console.log("⊗ slides the kernel as it is, ∗ turns it by 180° first: x ∗ k = x ⊗ rot180 k.\n");
  console.log(beside(x, "⊗", k, "=", correlate(x, k)));
  console.log(`\n${beside(x, "∗", k, "=", convolve(x, k), "= x ⊗", rot180(k))}`);
  console.log("\nWho is turned on the way back depends on the way forward:\n");
  console.log(table(fourCases()));
  const [plain, flipped] = [train(false), train(true)];
  const same = plain.losses.every((loss, step) => loss === flipped.losses[step]);
  console.log("\nTwo nets, one flipping, the other starting with turned filters, 200 steps:");
  console.log(`  losses from ${plain.losses[0]} to ${plain.losses[199]}`);
  console.log(`  the same at every step, to the bit: ${same}`);
  console.log(
    `  filters still each other's mirror image: error ${error(plain.filters, flipped.filters)}`,
  );
  console.log("\nSo flipping is not necessary, and this library does not unless asked.");
}
