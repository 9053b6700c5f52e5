import { FormatError, ValueError } from "@convgrad/core";
import type { NodeModules } from "./nodeModules.ts";

/** Node reads no larger file at once, in bytes. */
const LARGEST = 2 ** 31;

/**
 * The bytes of a file, which is only opened when it is one and not too long; `null` when there is none.
 *
 * @param what how messages call its kind: `"an IDX file"`
 * @param most bytes that it may have
 * @throws {@link FormatError} for a directory, a device, or more bytes; {@link ValueError} for a file that may not be read.
 */
export async function readFile(
  operation: string,
  { fs }: NodeModules,
  path: string,
  what: string,
  most: number = LARGEST - 1,
): Promise<Uint8Array | null> {
  const absent = (error: unknown) => nullIfAbsent(operation, path, error);
  const found = await fs.stat(path).catch(absent);
  if (!found) return null;
  if (found.isFile() && found.size <= most) return fs.readFile(path).catch(absent);
  throw new FormatError(
    operation,
    `${path} is ${found.isFile() ? `${found.size} bytes long` : "no file"}; ` +
      `it must be ${what} of less than ${most + 1} bytes`,
    { path, size: found.size },
  );
}

/** @throws {@link ValueError} for what keeps a file that is there from being read. */
function nullIfAbsent(operation: string, path: string, error: unknown): null {
  const code: unknown = Object(error).code;
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return null;
  const cause = error instanceof Error ? error.message : String(error);
  throw new ValueError(
    operation,
    `cannot read ${path} (${cause}); give this process the right to, or pass another file`,
    { path, code },
  );
}
