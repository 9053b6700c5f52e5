// Rows 31 and 35 of the lessons: the winning unit takes the error, and nobody multiplies it on the way.

import { gradients, maxPool, maxPoolWithIndices, type Tensor, tensor } from "convgrad";
import { error, integers } from "./planes.ts";
import { beside, matrix } from "./print.ts";

export function winningUnit(): void {
  const x = tensor(
    [
      [1, 5, 2, -1],
      [3, 4, 8, 7],
      [-2, -3, 6, 6],
      [-4, -1, 6, 0],
    ],
    { dtype: "float64", requiresGrad: true },
  );
  const { y, indices } = maxPoolWithIndices(x, 2);
  const winners = new Set<number>(indices.toTypedArray());
  const marked = matrix(x, (text, cell) => (winners.has(cell) ? `(${text})` : `${text} `));
  console.log("Each 2×2 block is reduced to its largest: the winning unit, in brackets. Of");
  console.log("equal ones the first in reading order wins; its index is noted.\n");
  console.log(beside("x", marked, " y", y, " index", indices));

  const delta = tensor(
    [
      [10, 20],
      [30, 40],
    ],
    { dtype: "float64" },
  );
  const [dx] = gradients(y, [x], { gradient: delta }) as [Tensor];
  console.log("\nBackward: δ goes to where the maximum came from; the others get 0.\n");
  console.log(beside("δ", delta, "→ ∂x", dx));

  const two = maxPool(x, 2, { stride: 1 });
  const ones = tensor(new Float64Array(9).fill(1), { shape: [3, 3] });
  console.log("\nWhere windows overlap, a unit that wins several collects from each:\n");
  console.log(beside("δ", ones, "→ ∂x", gradients(two, [x], { gradient: ones })[0]!));

  console.log("\nMust δ be multiplied by the activation on its way? No: pooling routes it, and");
  console.log("the ReLU node multiplies it by 0 or 1. They may even change places:\n");
  const [images, deltas] = integers(35, [2000, 1, 4, 4], [2000, 1, 2, 2]) as [Tensor, Tensor];
  const [first, second] = [maxPool(images, 2).relu(), maxPool(images.relu(), 2)];
  const [a, b] = [first, second].map((z) => gradients(z, [images], { gradient: deltas })[0]!);
  console.log("  relu(maxPool(x)) and maxPool(relu(x)) of 2000 planes, ties and all:");
  console.log(`  values apart by ${error(first, second)}, gradients by ${error(a!, b!)}`);
}
