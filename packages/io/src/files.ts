import { FormatError, ValueError } from "@convgrad/core";

type FileSystem = typeof import("node:fs/promises");

/** Files larger than this are refused before they are read: 2 GiB, the most that Node reads at once. */
const LARGEST = 2 ** 31 - 1;

/**
 * Node's file system; asked for at run time, so that bundlers for browsers meet no `node:` import.
 *
 * @throws {@link ValueError} where there is none.
 */
function fileSystem(operation: string): FileSystem {
  const found =
    typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:fs/promises");
  if (found) return found;
  throw new ValueError(
    operation,
    "this runtime has no files; encode to bytes, or decode bytes, instead",
  );
}

/**
 * Writes a file wholly or not at all: into a draft beside it, flushed to the disk, which is then renamed. Whoever reads
 * `path` at any moment, also after a crash, finds the former file or the new one.
 *
 * @param path its directory must exist
 * @throws what the file system says: no space, a read-only directory; the former file is intact then, the draft gone.
 */
export async function writeFileAtomic(path: string, contents: Uint8Array | string): Promise<void> {
  const fs = fileSystem("writeFileAtomic");
  const draft = `${path}.${process.pid}.tmp`;
  try {
    const file = await fs.open(draft, "w");
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(draft, path);
  } catch (error) {
    await fs.rm(draft, { force: true }).catch(() => {}); // the error below says what is wrong
    throw error;
  }
}

/**
 * The bytes of a file.
 *
 * @throws {@link ValueError} when there is none; {@link FormatError} for what is no file, or one of 2 GiB or more.
 */
export async function readFileBytes(operation: string, path: string): Promise<Uint8Array> {
  const fs = fileSystem(operation);
  const found = await fs.stat(path).catch(() => null);
  if (!found) throw new ValueError(operation, `${path} does not exist`, { path });
  if (!found.isFile() || found.size > LARGEST) {
    const what = found.isFile() ? `${found.size} bytes long, more than ${LARGEST}` : "no file";
    throw new FormatError(operation, `${path} is ${what}`, { path, size: found.size });
  }
  return fs.readFile(path);
}
