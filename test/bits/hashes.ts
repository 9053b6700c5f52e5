import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Bits } from "./program.ts";

const run = promisify(execFile);
const program = fileURLToPath(new URL("node.ts", import.meta.url));

/** What a process of its own prints: the hashes, and on how many threads it came to them. */
export async function hashes(threads: number): Promise<Bits & { name: string; threads: number }> {
  const args = ["--conditions=source", "--import", "tsx", program, String(threads)];
  const { stdout } = await run(process.execPath, args);
  return JSON.parse(stdout);
}
