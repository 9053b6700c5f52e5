// Asks for relaxed SIMD and prints what came of it.

import { init } from "convgrad";
import { train } from "./training.ts";

async function run(): Promise<void> {
  await init({ threads: 2, relaxed: true });
  console.log(JSON.stringify(await train()));
}

run();
