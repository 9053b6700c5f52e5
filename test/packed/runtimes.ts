import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Another program that runs JavaScript. */
export interface Runtime {
  readonly name: string;
  /** Program and first arguments, or `null` where it is not to be found. */
  readonly command: readonly string[] | null;
}

function find(program: string): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, program)).find(existsSync) ?? null;
}

function runtime(name: string, path: string | null, ...args: string[]): Runtime {
  if (path) return { name, command: [path, ...args] };
  return { name: `${name} (skipped: not found; set ${name.toUpperCase()})`, command: null };
}

const nodes = (process.env["CONVGRAD_NODES"] ?? "").split(delimiter).filter(existsSync);

/** Deno and Bun by DENO, BUN or PATH; other versions of Node by CONVGRAD_NODES, a list like PATH of programs. */
export const RUNTIMES: readonly Runtime[] = [
  { name: `Node ${process.versions.node}`, command: [process.execPath] },
  ...nodes.map((path): Runtime => ({ name: path, command: [path] })),
  ...(nodes.length === 0
    ? [{ name: "another Node (skipped: set CONVGRAD_NODES to programs)", command: null }]
    : []),
  runtime("Deno", process.env["DENO"] ?? find("deno"), "run", "--allow-all"),
  runtime("Bun", process.env["BUN"] ?? find("bun")),
];
