import { ConvgradError } from "@convgrad/core";

/** What the file system refused: `writeFileAtomic: run/a.safetensors: no space left (ENOSPC); …`; `details` has `path` and `code`. */
export class FileError extends ConvgradError {
  override readonly name = "FileError";
}

/** What the codes of the file system mean, and what to do. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on the device; free some, or choose another directory",
  EDQUOT: "the quota of the disk is used up; free some space, or choose another directory",
  EFBIG: "the file is larger than this process may write; raise the limit (ulimit -f)",
  EROFS: "the file system is read-only; choose another directory",
  EACCES: "this process may not; give it the right to, or choose another directory",
  EPERM: "this process may not; give it the right to, or choose another directory",
  ENOENT: "there is no such file or directory; make it first, or correct the path",
  ENOTDIR: "a part of the path is no directory; correct the path",
  EISDIR: "is a directory; pass the path of a file",
  ENAMETOOLONG: "the name is too long; choose a shorter one",
  EMFILE: "too many files are open; close some",
  EIO: "the device failed; check the disk",
};

/** The error of the file system as a sentence with the path, the cause and the remedy; other errors as they are. */
export function fileError(operation: string, path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const meaning = MEANINGS[code] ?? "the file system refuses it";
  const refused = new FileError(operation, `${path}: ${meaning} (${code})`, { path, code });
  refused.cause = error;
  return refused;
}

/** The code of an error of the file system, `ENOENT`, say; `undefined` for any other error. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && "syscall" in error && Object(error).code;
  return typeof code === "string" ? code : undefined;
}
