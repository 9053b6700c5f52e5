// Trains a small net for 10,000 steps on wasm; prints where memory moved, and how far the process grew.
import { memory, scope, setBackend } from "@convgrad/core";
import { createKernels } from "@convgrad/wasm";
import { trainer } from "../trainer.ts";

const STEPS = 10_000;
const collect = (globalThis as unknown as { gc: () => void }).gc;
const residentBytes = () => {
  collect();
  return process.memoryUsage().rss;
};

const kernels = createKernels({ threads: 2 });
await kernels.settle?.();
setBackend(kernels);
const net = trainer({ batch: 4, size: 8 });
const moved = { memory: 0, heap: 0 };
let [live, reserved, warm] = ["", 0, 0];
for (let step = 0; step < STEPS; step++) {
  // The last batch of an epoch is smaller.
  net.step(step % 10 === 9 ? 3 : 4);
  scope(() => net.optimizer.zeroGrad());
  const { tensors, bytes } = memory();
  const now = `${tensors} tensors, ${bytes} bytes`;
  if (step > 0 && now !== live) moved.memory++;
  live = now;
  if (step >= 100 && kernels.engine.heap.reserved !== reserved) moved.heap++;
  if (step >= 99) reserved = kernels.engine.heap.reserved;
  if (step === 1000) warm = residentBytes();
}
const finite = net.parameters.every((w) => w.toTypedArray().every(Number.isFinite));
process.stdout.write(JSON.stringify({ moved, finite, growth: residentBytes() - warm, live }));
