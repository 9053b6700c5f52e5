// A training loop of 10,000 steps; prints what memory() says at two of them, and how far the process grew.
import { memory, noGrad, randn, steps, tensor } from "@convgrad/core";

const collect = (globalThis as unknown as { gc: () => void }).gc;
const residentBytes = () => {
  collect();
  return process.memoryUsage().rss;
};

const x = randn([8, 4]);
const target = randn([8, 3]);
const w = randn([4, 3], { requiresGrad: true });
const velocity = tensor(new Float32Array(12), { shape: [4, 3] });
const seen: unknown[] = [];
let warm = 0;
for (const step of steps(10_001)) {
  const error = x.matmul(w).sub(target);
  const loss = error.mul(error).mean();
  w.grad = null;
  loss.backward();
  noGrad(() => {
    velocity.assign(velocity.mul(0.9).add(w.grad!));
    w.assign(w.sub(velocity.mul(0.01)));
  });
  if (step === 100 || step === 10_000) {
    const { tensors, bytes } = memory();
    seen.push({ tensors, bytes });
  }
  if (step === 1000) warm = residentBytes();
}
process.stdout.write(JSON.stringify({ seen, growth: residentBytes() - warm }));
