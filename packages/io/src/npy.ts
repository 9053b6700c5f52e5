import { requireTensor, scope, type Tensor, ValueError } from "@convgrad/core";
import { checkBytes, type DecodeOptions, nameFrom, type RefuseFile, refuser } from "./decode.ts";
import { bytesOfTensor, tensorOf } from "./elementTypes.ts";
import { LARGEST_FILE, readFileBytes, writeWhole } from "./files.ts";
import { readNpyHeader, writeNpyHeader } from "./npyHeader.ts";

/**
 * A npy file of a tensor, as `numpy.save` writes it: version 1.0, row-major, little-endian.
 *
 * @param x any shape
 * @throws {@link ValueError} for what is no tensor, or more than 2 GiB; {@link GraphError} for a released one.
 * Source: NumPy, `numpy.lib.format`.
 *
 * @example
 * const bytes = await encodeNpy(images);
 */
export async function encodeNpy(x: Tensor): Promise<Uint8Array> {
  requireTensor("encodeNpy", "argument", x);
  return npyOf("encodeNpy", x);
}

/** {@link encodeNpy} of what is known to be a tensor. */
export async function npyOf(operation: string, x: Tensor): Promise<Uint8Array> {
  const contents = await bytesOfTensor(x);
  const header = writeNpyHeader(x.dtype, x.shape);
  const total = header.length + contents.length;
  if (total > LARGEST_FILE) {
    const why = `the file would have ${total} bytes, more than ${LARGEST_FILE}; split the tensor`;
    throw new ValueError(operation, why, { total });
  }
  const file = new Uint8Array(total);
  file.set(header);
  file.set(contents, header.length);
  return file;
}

/**
 * The tensor of a npy file, which belongs to the present scope, as those of `tensor()` do.
 *
 * float64, float32, int32 and uint8 come as they are; float16 as float32, bool as uint8, int16 and uint16 as int32,
 * exactly; uint32, int64 and uint64 as int32 if every value fits. Either byte order; arrays in Fortran order become
 * views.
 *
 * @param bytes the file, of version 1.0, 2.0 or 3.0; any shape of up to 32 axes
 * @throws {@link FormatError} for anything else: `decodeNpy: x.npy: its header announces 96 bytes of data ([4, 6]), the file
 * has 90; the file is cut short or damaged; …`; {@link ValueError} for what holds no bytes.
 * Source: NumPy, `numpy.lib.format`.
 *
 * @example
 * const x = decodeNpy(bytes, { name: "x.npy" });
 */
export function decodeNpy(bytes: Uint8Array, options: DecodeOptions = {}): Tensor {
  const name = nameFrom("decodeNpy", options, "the npy file");
  checkBytes("decodeNpy", bytes);
  return readNpy(bytes, refuser("decodeNpy", name));
}

/** {@link decodeNpy} with a refusal of its caller's. */
export function readNpy(bytes: Uint8Array, refuse: RefuseFile): Tensor {
  const { type, littleEndian, shape, fortranOrder, length } = readNpyHeader(bytes, refuse);
  const elements = { bytes: bytes.subarray(length), type, littleEndian };
  const stored = fortranOrder ? shape.toReversed() : shape;
  return scope(() => {
    const x = tensorOf(elements, stored, (at) => {
      const remedy = "convert the array with .astype";
      return refuse(`element ${at} is no ${type.dtype}; ${remedy}`, { at });
    });
    return fortranOrder ? x.permute(shape.map((_, axis) => shape.length - 1 - axis)) : x;
  });
}

/**
 * Writes a tensor to a npy file, wholly or not at all; see {@link encodeNpy}.
 *
 * @param path its directory must exist
 * @param x any shape
 * @throws as {@link encodeNpy} and {@link writeFileAtomic} do.
 */
export async function saveNpy(path: string, x: Tensor): Promise<void> {
  requireTensor("saveNpy", "second argument", x);
  await writeWhole("saveNpy", path, await npyOf("saveNpy", x));
}

/**
 * Reads a npy file; see {@link decodeNpy}.
 *
 * @returns a tensor of the shape in the file
 * @throws as {@link decodeNpy} does; {@link FileError} for a file that is not there.
 */
export async function loadNpy(path: string): Promise<Tensor> {
  return readNpy(await readFileBytes("loadNpy", path), refuser("loadNpy", path));
}
