import { codeOf } from "./fileError.ts";

/** Node's functions for files, as far as they are used here. */
type FileSystem = Pick<typeof import("node:fs/promises"), "readdir" | "rm" | "stat">;

/** How the names of drafts end: the number of the program that writes, and one of its own. */
const ENDING = /\.(\d+)-\d+\.tmp$/;

/** Drafts of this program have numbers, so that two of one file differ. */
let drafts = 0;

/** The path of a new draft. */
export function draftOf(path: string): string {
  return `${path}.${process.pid}-${++drafts}.tmp`;
}

/** The file that a draft is to become, if it is one. */
export function finishedName(draft: string): string | null {
  return ENDING.test(draft) ? draft.replace(ENDING, "") : null;
}

/** Drafts that stood in a directory when this program first wrote there. */
const former = new Map<string, Promise<readonly string[]>>();

/** Removes what killed programs left unfinished of a file. */
export async function removeFormerDrafts(
  fs: FileSystem,
  directory: string,
  name: string,
): Promise<void> {
  const list = async () => (await fs.readdir(directory || ".")).filter(finishedName);
  const found = former.get(directory) ?? list().catch(() => []);
  former.set(directory, found);
  for (const draft of await found) {
    if (finishedName(draft) === name) await removeIfDead(fs, `${directory}${draft}`);
  }
}

/** Removes a draft whose program is no more. */
export async function removeIfDead(fs: FileSystem, draft: string): Promise<void> {
  const writer = Number(ENDING.exec(draft)?.[1]);
  if (await isDead(fs, writer, draft)) await fs.rm(draft, { force: true });
}

/** Whether the process that wrote a draft has ended. */
async function isDead(fs: FileSystem, writer: number, draft: string): Promise<boolean> {
  if (writer === process.pid) {
    // Of this process, or of an earlier one with its number, as in containers: then it is older than this process.
    const began = Date.now() - process.uptime() * 1000;
    return (await fs.stat(draft)).mtimeMs < began - 1000;
  }
  try {
    process.kill(writer, 0); // asks, and sends nothing
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}
