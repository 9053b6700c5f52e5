// A Chromium before 115: its main thread compiles no large module unless it may take its time.

import { backendInfo, init, tensor } from "convgrad";
import { train } from "../../packed/programs/training.ts";

Object.assign((globalThis as unknown as { WebAssembly: object }).WebAssembly, {
  Module: function Module() {
    throw new RangeError("WebAssembly.Compile is disallowed on the main thread");
  },
});

async function run(): Promise<object> {
  const x = tensor([1, 2, 3]);
  const { name, fallbacks } = backendInfo();
  await init({ threads: 2 });
  return { before: { name, fallbacks }, sum: x.sum().item(), after: await train() };
}

Object.assign(globalThis, { result: run() });
