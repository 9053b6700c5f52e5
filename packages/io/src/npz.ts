import { checkBoolean, checkOptions, scope, type Tensor, ValueError } from "@convgrad/core";
import { checkBytes, type DecodeOptions, nameFrom, quoted, refuser } from "./decode.ts";
import { bytesOf, ELEMENT_TYPES } from "./elementTypes.ts";
import { LARGEST_FILE, readFileBytes, writeWhole } from "./files.ts";
import { npyOf, readNpy } from "./npy.ts";
import { checkTensors, type TensorsByName } from "./tensorsByName.ts";
import { unpacker, zipEntries } from "./zip.ts";

/** Options of {@link encodeNpz} and {@link saveNpz}. */
export interface NpzOptions {
  /** Whether the arrays are deflated, as `numpy.savez_compressed` does; default no. */
  readonly compress?: boolean;
}

/** Bytes of a name in a zip archive. */
const LONGEST_NAME = 2 ** 16 - 1;
/** Every file in an archive is of this time, so that equal tensors give equal bytes. */
const LONG_AGO = [1980, 0, 1] as const;

/**
 * A npz file of tensors, as `numpy.savez` writes it: a zip archive of npy files.
 *
 * @param tensors by name, of any shapes. All are read before the promise is returned.
 * @throws {@link ValueError} for what is no tensor, a name that is no Unicode, an unknown option, or more than 2 GiB;
 * {@link GraphError} for a released tensor.
 * Source: NumPy, `numpy.savez`.
 *
 * @example
 * const bytes = await encodeNpz({ images, labels }, { compress: true });
 */
export async function encodeNpz(
  tensors: TensorsByName,
  options: NpzOptions = {},
): Promise<Uint8Array> {
  return encodeArchive("encodeNpz", tensors, options);
}

async function encodeArchive(
  operation: string,
  tensors: TensorsByName,
  options: NpzOptions,
): Promise<Uint8Array> {
  checkOptions(operation, options, ["compress"]);
  const { compress = false } = options;
  checkBoolean(operation, "compress", compress);
  checkTensors(operation, tensors);
  for (const name of Object.keys(tensors)) {
    const { length } = new TextEncoder().encode(`${name}.npy`);
    if (length <= LONGEST_NAME) continue;
    const why = `a name has ${length} bytes, more than ${LONGEST_NAME}; choose a shorter one`;
    throw new ValueError(operation, why, { name });
  }
  const sizes = Object.values(tensors).map((x) => bytesOf(x.shape, ELEMENT_TYPES[x.dtype]));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes > LARGEST_FILE) {
    const why = `the tensors take ${bytes} bytes, more than ${LARGEST_FILE}; split them`;
    throw new ValueError(operation, why, { bytes });
  }
  const named = Object.entries(tensors).map(async ([name, x]) => {
    return [`${name}.npy`, await npyOf(operation, x)] as const;
  });
  const files = Object.fromEntries(await Promise.all(named));
  const { zipSync } = await import("fflate");
  return zipSync(files, { level: compress ? 6 : 0, mtime: new Date(...LONG_AGO) });
}

/**
 * The tensors of a npz file, which belong to the present scope; each as {@link decodeNpy} gives it. A file in it is
 * inflated no further than the archive's directory says, and checked by its CRC.
 *
 * @param bytes the file, its arrays deflated or not; any shapes
 * @returns the tensors by name, without `.npy`
 * @throws {@link FormatError} for anything else: `decodeNpz: data.npz: the contents of "x.npy" are not those that were
 * packed; …`; {@link ValueError} for what holds no bytes.
 *
 * @example
 * const { images, labels } = await decodeNpz(bytes);
 */
export async function decodeNpz(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Promise<Record<string, Tensor>> {
  const name = nameFrom("decodeNpz", options, "the npz file");
  return decodeArchive("decodeNpz", bytes, name);
}

async function decodeArchive(
  operation: string,
  bytes: Uint8Array,
  name: string,
): Promise<Record<string, Tensor>> {
  checkBytes(operation, bytes);
  const refuse = refuser(operation, name);
  const entries = zipEntries(bytes, refuse);
  const other = entries.find((entry) => !entry.name.endsWith(".npy"));
  if (other) {
    refuse(`holds ${quoted(other.name)}, which is no npy file; take it out`, {
      entry: other.name,
    });
  }
  const unpack = await unpacker(refuse);
  return scope(() => {
    const tensors = entries.map((entry) => {
      const inside = refuser(operation, `${entry.name.slice(0, 80)} in ${name}`);
      return [entry.name.slice(0, -4), readNpy(unpack(entry), inside)] as const;
    });
    return Object.fromEntries(tensors);
  });
}

/**
 * Writes tensors to a npz file, wholly or not at all; see {@link encodeNpz}.
 *
 * @param path its directory must exist
 * @param tensors by name, of any shapes
 * @throws as {@link encodeNpz} and {@link writeFileAtomic} do.
 * @example
 * await saveNpz("features.npz", { features, labels });
 */
export async function saveNpz(
  path: string,
  tensors: TensorsByName,
  options: NpzOptions = {},
): Promise<void> {
  await writeWhole("saveNpz", path, await encodeArchive("saveNpz", tensors, options));
}

/**
 * Reads a npz file; see {@link decodeNpz}.
 *
 * @returns tensors of the shapes in the file, by name
 * @throws as {@link decodeNpz} does; {@link FileError} for a file that is not there.
 * @example
 * const { features, labels } = await loadNpz("features.npz");
 */
export async function loadNpz(path: string): Promise<Record<string, Tensor>> {
  return decodeArchive("loadNpz", await readFileBytes("loadNpz", path), path);
}
