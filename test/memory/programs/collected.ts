// Tensors made outside any scope and dropped; prints what memory() says before, during and after their collection.
import { memory, ones, scope, tensor } from "@convgrad/core";

const collect = (globalThis as unknown as { gc: () => void }).gc;

const kept = tensor([1, 2, 3]);
const before = memory();
(() => {
  const w = tensor([1, 2], { requiresGrad: true });
  for (let i = 0; i < 100; i++) ones([1000]).reshape([10, 100]).transpose().add(1);
  w.mul(w).sum().backward();
  // A scope's result joins the ones outside; what the scope released is not given back twice.
  scope(() => [ones([5]), ones([6]).add(1)]);
  scope(() => ones([7]));
})();
const during = memory();
for (let i = 0; i < 100 && memory().tensors > before.tensors; i++) {
  collect();
  await new Promise((resolve) => setTimeout(resolve, 10));
}
const after = memory();
process.stdout.write(JSON.stringify({ before, during, after, kept: kept.toArray() }));
