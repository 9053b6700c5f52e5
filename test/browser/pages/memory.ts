// Fills far more than the 16 MiB with which the memory begins, and trains while it does.

import * as cg from "convgrad";
import { train } from "../../packed/programs/training.ts";

declare const location: { readonly search: string };

const NUMBERS = 1 << 20;

async function run(): Promise<object> {
  const threads = Number(new URLSearchParams(location.search).get("threads"));
  const early = cg.tensor([1, 2, 3]);
  await cg.init({ threads });
  const before = (await train()).weights;
  // 4 MiB each.
  const blocks = Array.from({ length: 24 }, (_, i) => cg.full([NUMBERS], i));
  // Result, padding and scratch memory: all of it is new, whatever the operation has in its hands by then.
  const wide = cg.ones([64, 8, 64, 64]);
  const means = [3, 5].map((size) =>
    cg
      .conv2d(wide, cg.ones([8, 8, size, size]), null, { padding: "same" })
      .mean()
      .item(),
  );
  const { name, trouble } = cg.backendInfo();
  return {
    name,
    threads: cg.backendInfo().threads,
    trouble,
    means,
    sums: blocks.map((block) => block.sum().item() / NUMBERS),
    early: early.toArray(),
    same: (await train()).weights === before,
    // Another memory takes the place of the grown one.
    relaxed: (await cg.init({ threads, relaxed: true })).fallbacks,
  };
}

Object.assign(globalThis, { result: run() });
