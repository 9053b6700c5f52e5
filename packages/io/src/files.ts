import { FormatError, formatValue, ValueError } from "@convgrad/core";
import { draftOf, removeFormerDrafts } from "./drafts.ts";
import { codeOf, fileError } from "./fileError.ts";

/** Node's functions for files. */
export type FileSystem = typeof import("node:fs/promises");
type FileHandle = Awaited<ReturnType<FileSystem["open"]>>;

/** Files larger than this are neither read nor written: 2 GiB, the most that Node reads at once. */
export const LARGEST_FILE = 2 ** 31 - 1;

/**
 * Node's file system; asked for at run time, so that bundlers for browsers meet no `node:` import.
 *
 * @throws {@link ValueError} where there is none.
 */
export function fileSystem(operation: string): FileSystem {
  const found =
    typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:fs/promises");
  if (found) return found;
  throw new ValueError(
    operation,
    "this runtime has no files; encode to bytes, or decode bytes, instead",
  );
}

/** @throws {@link ValueError} for what is no path. */
export function checkPath(operation: string, path: unknown): asserts path is string {
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return;
  throw new ValueError(operation, `the path is ${formatValue(path)}; it must be a text`, { path });
}

/**
 * Writes a file wholly or not at all: into a draft beside it, flushed to the disk, which is then renamed. Whoever reads
 * `path` at any moment, also after a crash, finds the former file or the new one. What
 * a killed program left of its draft of this file is removed.
 *
 * @param path its directory must exist
 * @throws {@link FileError} for what the file system refuses (no space, a read-only directory): the former file is intact
 * then, the draft gone; {@link ValueError} for a path or contents of another type.
 */
export async function writeFileAtomic(path: string, contents: Uint8Array | string): Promise<void> {
  await writeWhole("writeFileAtomic", path, contents);
}

/** {@link writeFileAtomic} for an operation that messages name instead. */
export async function writeWhole(
  operation: string,
  path: string,
  contents: Uint8Array | string,
): Promise<void> {
  checkPath(operation, path);
  if (typeof contents !== "string" && !(contents instanceof Uint8Array)) {
    const remedy = "they must be a Uint8Array or a text";
    throw new ValueError(operation, `the contents are ${formatValue(contents)}; ${remedy}`);
  }
  const fs = fileSystem(operation);
  const directory = path.replace(/[^/\\]*$/, "");
  await removeFormerDrafts(fs, directory, path.slice(directory.length)).catch(() => {});
  const { draft, file } = await openDraft(operation, fs, path);
  try {
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(draft, path);
  } catch (error) {
    await fs.rm(draft, { force: true }).catch(() => {}); // the error below says what is wrong
    throw fileError(operation, path, error);
  }
  await flushDirectory(fs, directory || ".");
}

/**
 * A draft that nobody else has: one with the number of this process may be there, of another thread, or of a program that
 * was killed and had the same number, as the first of every container has.
 */
async function openDraft(
  operation: string,
  fs: FileSystem,
  path: string,
): Promise<{ draft: string; file: FileHandle }> {
  for (;;) {
    const draft = draftOf(path);
    try {
      return { draft, file: await fs.open(draft, "wx") };
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw fileError(operation, path, error);
    }
  }
}

/** The rename itself reaches the disk; some systems cannot flush a directory, and do not need to. */
async function flushDirectory(fs: FileSystem, directory: string): Promise<void> {
  const opened = await fs.open(directory, "r").catch(() => null);
  await opened?.sync().catch(() => {});
  await opened?.close();
}

/**
 * The bytes of a file.
 *
 * @throws {@link FileError} when there is none, or it may not be read; {@link FormatError} for what is no file, or one of
 * 2 GiB or more; {@link ValueError} for what is no path.
 */
export async function readFileBytes(operation: string, path: string): Promise<Uint8Array> {
  checkPath(operation, path);
  const fs = fileSystem(operation);
  try {
    const found = await fs.stat(path);
    if (!found.isFile() || found.size > LARGEST_FILE) {
      const what = found.isFile()
        ? `${found.size} bytes long, more than ${LARGEST_FILE}; split it`
        : "no file; pass the path of one";
      throw new FormatError(operation, `${path} is ${what}`, { path, size: found.size });
    }
    return await fs.readFile(path);
  } catch (error) {
    throw fileError(operation, path, error);
  }
}
