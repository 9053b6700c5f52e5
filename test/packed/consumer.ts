// A user's TypeScript program: learns to tell vertical from horizontal stripes.
import * as cg from "convgrad";

cg.manualSeed(1);
const label = (i: number): number => i % 2;
const pixel = (i: number, y: number, x: number): number =>
  ((label(i) ? x : y) + i) % 4 < 2 ? 1 : 0;
const cells = Float32Array.from({ length: 64 * 64 }, (_, k) => pixel(k >> 6, (k >> 3) & 7, k & 7));
const images: cg.Tensor = cg.tensor(cells, { shape: [64, 1, 8, 8] });
const labels = cg.tensor(Int32Array.from({ length: 64 }, (_, i) => label(i)));

const model = new cg.Sequential(
  new cg.Conv2D(1, 4, 3, { padding: "same" }),
  new cg.ReLU(),
  new cg.MaxPool(2),
  new cg.Flatten(),
  new cg.Dense(4 * 4 * 4, 2),
);
const optimizer = new cg.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
for (const _step of cg.steps(30)) {
  optimizer.zeroGrad();
  cg.crossEntropy(model.forward(images), labels).backward();
  optimizer.step();
}
const accuracy: number = cg.accuracy(model.forward(images), labels);
if (accuracy < 1) throw new Error(`accuracy ${accuracy}`);
console.log(`convgrad: learned the stripes, accuracy ${accuracy}`);
