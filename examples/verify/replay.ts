import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as cg from "convgrad";

const examples = fileURLToPath(new URL("..", import.meta.url));

/** Options that say where a run writes or goes on: a replay begins anew, elsewhere. */
const PLACES = ["directory", "json", "resume"];
/** Options whose value is a word; others have numbers, or nothing. */
const WORDS = ["backend", "model", "optimizer", "schedule"];
/** Options whose value is a folder that is read. */
const FOLDERS = ["data", "images"];

/** A program of this repository with its arguments. */
export interface Command {
  readonly script: string;
  readonly options: readonly string[];
}

/**
 * How to run the program of a receipt again. A receipt comes from anywhere, so nothing of it is run: its program is one
 * of the examples here, by name, and its arguments are numbers, and words for options that are known to take them.
 *
 * @throws ValueError for another program or another argument.
 */
export async function commandOf({ program }: cg.RunReceipt): Promise<Command> {
  const names = await programs();
  const name = names.find((each) => program?.script === `examples/${each}/main.ts`);
  if (!program || name === undefined) {
    throw new cg.ValueError(
      "verify",
      `the run is of ${JSON.stringify(program?.script)}; only the examples here are replayed: ${names.join(", ")}`,
    );
  }
  return { script: join(examples, name, "main.ts"), options: optionsOf(program.arguments) };
}

/** The examples that have a main file, without this one. */
async function programs(): Promise<string[]> {
  const entries = await readdir(examples, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== "verify");
  const found = await Promise.all(
    folders.map(async ({ name }) => {
      const files = await readdir(join(examples, name));
      return files.includes("main.ts") ? [name] : [];
    }),
  );
  return found.flat();
}

function optionsOf(given: readonly string[]): string[] {
  const words = given.flatMap((word) => word.split(/(?<=^--[a-z][a-z-]*)=/));
  const options: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const [word, next] = [words[i]!, words[i + 1]];
    const name = /^--([a-z][a-z0-9]*(?:-[a-z0-9]+)*)$/.exec(word)?.[1];
    const value = next !== undefined && !next.startsWith("--") ? next : null;
    if (name === undefined || !(value === null || isAllowed(name, value))) {
      throw new cg.ValueError(
        "verify",
        `the run has the argument ${JSON.stringify(value === null ? word : `${word} ${value}`)}, ` +
          "which is not passed on; run the program yourself",
      );
    }
    if (value !== null) i++;
    if (!PLACES.includes(name)) options.push(word, ...(value === null ? [] : [value]));
  }
  return options;
}

function isAllowed(name: string, value: string): boolean {
  if (PLACES.includes(name)) return true; // left out
  if (FOLDERS.includes(name)) return true;
  if (WORDS.includes(name)) return /^[A-Za-z][A-Za-z0-9-]*$/.test(value);
  return value.trim() !== "" && Number.isFinite(Number(value));
}

/**
 * Runs the program again in a folder of its own, to its end or until it has done so many epochs.
 *
 * @param part the folder of the run inside the program's folder, where that trains more than once
 * @throws ValueError when it ends without a receipt.
 */
export async function replay(command: Command, epochs: number, part = ""): Promise<cg.RunReceipt> {
  const folder = await mkdtemp(join(tmpdir(), "convgrad-verify-"));
  try {
    return await receiptOf(command, epochs, folder, [folder, join(folder, part)]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function receiptOf(
  { script, options }: Command,
  epochs: number,
  folder: string,
  places: readonly string[],
): Promise<cg.RunReceipt> {
  const node = [
    "--conditions=source",
    "--import",
    "tsx",
    script,
    ...options,
    "--directory",
    folder,
  ];
  const child = spawn(process.execPath, node, {
    cwd: join(examples, ".."),
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  const done = ended.then(() => true);
  const read = async () => {
    for (const place of places) {
      const text = await readFile(join(place, "run.json"), "utf8").catch(() => null);
      if (text !== null) return cg.readReceipt(text, { name: "the replay's run.json" });
    }
    return null;
  };
  try {
    while (!(await Promise.race([done, after(200)]))) {
      const now = await read();
      if (now && now.epochs.length >= epochs) return now;
    }
    const [code, last] = [await ended, await read()];
    if (code === 0 && last) return last;
    throw new cg.ValueError("verify", `${script} ended with ${code} and without a receipt`);
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

function after(milliseconds: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), milliseconds));
}
