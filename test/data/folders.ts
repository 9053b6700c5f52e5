import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Files of a data set by their names, which may have folders in them. */
export type Files = Record<string, Uint8Array>;

/** Folders for data sets that tests write, which `remove` deletes. */
export async function temporaryFolders(
  name: string,
): Promise<{ write: (files: Files) => Promise<string>; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), `convgrad-${name}-`));
  let folders = 0;
  return {
    async write(files) {
      const directory = join(folder, String(folders++));
      await mkdir(directory);
      for (const [file, bytes] of Object.entries(files)) {
        await mkdir(join(directory, dirname(file)), { recursive: true });
        await writeFile(join(directory, file), bytes);
      }
      return directory;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** An IDX file of unsigned bytes. */
export function idxFile(shape: readonly number[], data: readonly number[]): Uint8Array {
  const sizes = shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
  return Uint8Array.of(0, 0, 8, shape.length, ...sizes, ...data);
}

/** Records of CIFAR: the label bytes of each image, whose red, green and blue are i, i + 1 and i + 2. */
export function cifarFile(labels: readonly (readonly number[])[]): Uint8Array {
  const plane = (value: number) => new Array<number>(32 * 32).fill(value % 256);
  return Uint8Array.from(
    labels.flatMap((label, i) => [...label, ...plane(i), ...plane(i + 1), ...plane(i + 2)]),
  );
}
