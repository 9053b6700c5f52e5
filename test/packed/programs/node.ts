// Trains in Node, Deno or Bun, or in a thread of theirs: `node node.js [THREADS]` prints the report.

import { init } from "convgrad";
import { train } from "./training.ts";

async function run(): Promise<void> {
  const threads = process.argv[2];
  if (threads !== undefined) await init({ threads: Number(threads) });
  console.log(JSON.stringify(await train()));
}

run();
