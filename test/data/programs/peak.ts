// Reads the files named after the reader; prints by how much the process grew at its peak, and which it could read.
import { readFileSync } from "node:fs";
import { FormatError } from "@convgrad/core";
import { readCifar, readIdx } from "@convgrad/data";

const [reader, ...paths] = process.argv.slice(2);
const read = (bytes: Uint8Array) =>
  reader === "idx" ? readIdx(bytes) : readCifar(bytes, { classes: 10 });
await readIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7)); // so that its code is there

const before = process.memoryUsage.rss();
const outcomes: boolean[] = [];
for (const path of paths) {
  try {
    await read(readFileSync(path));
    outcomes.push(true);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    outcomes.push(false);
  }
}
// Of this program alone: resourceUsage() begins with what its parent had. Only Linux says so.
const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))!;
const growth = 1024 * Number(peak) - before;
process.stdout.write(JSON.stringify({ growth, read: outcomes }));
