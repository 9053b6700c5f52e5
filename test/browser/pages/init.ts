// Calls of `init` before and after the first use, one after the other and at once.

import * as cg from "convgrad";
import { type Report, train } from "../../packed/programs/training.ts";

async function run(): Promise<readonly Report[]> {
  const reports = [await train()]; // nothing to wait for
  for (const threads of [2, 3, 1, 2]) {
    await cg.init({ threads });
    reports.push(await train());
  }
  await Promise.all([cg.init({ threads: 1 }), cg.init({ threads: 3 })]);
  reports.push(await train());
  await cg.init({ threads: 2, relaxed: true });
  const { weights: _, ...relaxed } = await train();
  await cg.init({ relaxed: false }); // the threads stay
  return [...reports, { ...relaxed, weights: "of the machine" }, await train()];
}

Object.assign(globalThis, { result: run() });
