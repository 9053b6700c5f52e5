import { checkOptions, type DType, FormatError, type TypedArray } from "@convgrad/core";
import { bytesOf, checkName } from "./bytes.ts";
import { gunzip, isGzip } from "./gunzip.ts";

/** The contents of an IDX file. */
export interface IdxArray {
  /** Sizes along each axis, outermost first. */
  readonly shape: readonly number[];
  /** Type of the elements. */
  readonly dtype: DType;
  /** The elements in row-major order; bytes may share the memory of the file that was read. */
  readonly data: TypedArray;
}

/** Options of {@link readIdx}. */
export interface ReadIdxOptions {
  /** How messages call the file; default `"the IDX file"`. */
  readonly name?: string;
}

interface Header {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Bytes before the first element. */
  readonly offset: number;
  /** Bytes of the whole file. */
  readonly total: number;
}

interface ElementType {
  readonly dtype: DType;
  readonly bytes: number;
  readonly decode: (view: DataView, count: number) => TypedArray;
}

type Decoder = ElementType["decode"];

const decodeUint8: Decoder = (view, count) =>
  new Uint8Array(view.buffer, view.byteOffset, count) as Uint8Array<ArrayBuffer>;
const decodeInt32: Decoder = (view, count) =>
  new Int32Array(count).map((_, i) => view.getInt32(4 * i));
const decodeFloat32: Decoder = (view, count) =>
  new Float32Array(count).map((_, i) => view.getFloat32(4 * i));
const decodeFloat64: Decoder = (view, count) =>
  new Float64Array(count).map((_, i) => view.getFloat64(8 * i));

const TYPES = new Map<number, ElementType>([
  [0x08, { dtype: "uint8", bytes: 1, decode: decodeUint8 }],
  [0x0c, { dtype: "int32", bytes: 4, decode: decodeInt32 }],
  [0x0d, { dtype: "float32", bytes: 4, decode: decodeFloat32 }],
  [0x0e, { dtype: "float64", bytes: 8, decode: decodeFloat64 }],
]);
const WITHOUT_DTYPE = new Map([
  [0x09, "signed bytes"],
  [0x0b, "16-bit integers"],
]);

/** The largest file that is read, in bytes: 2 GiB. */
const LARGEST = 2 ** 31;
const AGAIN = "the download may be damaged; fetch the file again";

/**
 * Reads an IDX file, the format of MNIST, gzipped or not. Nothing is allocated or decoded before its length is
 * known to be exactly the announced one, and a gzipped file is never inflated beyond that.
 *
 * @param bytes the file; unsigned bytes, int32, float32 or float64 (big-endian, as the format has them)
 * @throws {@link FormatError} for anything else: `readIdx: labels: the header announces 60000 bytes of data
 * ([60000] uint8), the file has 59992; the download may be damaged; fetch the file again`; {@link ValueError} for
 * what holds no bytes, or an unknown option.
 * Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section "the IDX file format".
 *
 * @example
 * const { data, shape } = await readIdx(await (await fetch("t10k-images-idx3-ubyte.gz")).arrayBuffer());
 * const images = tensor(data, { shape });
 */
export async function readIdx(
  bytes: Uint8Array | ArrayBuffer,
  options: ReadIdxOptions = {},
): Promise<IdxArray> {
  checkOptions("readIdx", options, ["name"]);
  const { name = "the IDX file" } = options;
  checkName("readIdx", name);
  const given = bytesOf("readIdx", bytes);
  const file = isGzip(given)
    ? await gunzip(given, name, {
        knows: (start) => start.length >= 4 && start.length >= headerLength(start),
        length: (start) => parseHeader(start, name).total,
      })
    : given;
  const { type, shape, offset, total } = parseHeader(file, name);
  const found = file.length - offset;
  if (file.length !== total) {
    refuse(
      name,
      `the header announces ${total - offset} bytes of data ([${shape.join(", ")}] ${type.dtype}), ` +
        `the file has ${found}; ${AGAIN}`,
      { expected: total - offset, found },
    );
  }
  const view = new DataView(file.buffer, file.byteOffset + offset, found);
  return { shape, dtype: type.dtype, data: type.decode(view, found / type.bytes) };
}

/** Bytes before the first element: the magic number with the rank in its fourth byte, then one size per axis. */
function headerLength(start: Uint8Array): number {
  return 4 + 4 * start[3]!;
}

function parseHeader(file: Uint8Array, name: string): Header {
  if (file.length < 4) {
    refuse(name, `has ${file.length} bytes, an IDX file at least 4; ${AGAIN}`, {
      expected: 4,
      found: file.length,
    });
  }
  const [zero0, zero1, code] = file as unknown as [number, number, number];
  if (zero0 !== 0 || zero1 !== 0) {
    refuse(
      name,
      `begins with the bytes ${hex(zero0)} ${hex(zero1)}, an IDX file with 00 00 (1f 8b when gzipped); ` +
        "pass a file such as train-images-idx3-ubyte",
      { expected: [0, 0], found: [zero0, zero1] },
    );
  }
  const type = elementType(code, name);
  const offset = headerLength(file);
  if (offset === 4) refuse(name, "has no axis; an IDX file has 1 to 255", { rank: 0 });
  if (file.length < offset) {
    refuse(
      name,
      `has ${file.length} bytes, its header of ${file[3]} axes takes ${offset}; ${AGAIN}`,
      {
        expected: offset,
        found: file.length,
      },
    );
  }
  const view = new DataView(file.buffer, file.byteOffset, offset);
  const shape = Array.from({ length: file[3]! }, (_, axis) => view.getUint32(4 + 4 * axis));
  return { type, shape, offset, total: offset + dataLength(shape, type, name) };
}

function elementType(code: number, name: string): ElementType {
  const type = TYPES.get(code);
  if (type) return type;
  const known = WITHOUT_DTYPE.get(code);
  refuse(
    name,
    `holds ${known ?? "elements of an unknown type"} (code ${hex(code)}); ` +
      "readIdx knows 08 = uint8, 0c = int32, 0d = float32, 0e = float64; convert the file to one of them",
    { code },
  );
}

/** Bytes of all elements. Axes of size 0 aside, so that sizes that could never be together are refused as well. */
function dataLength(shape: readonly number[], type: ElementType, name: string): number {
  let bytes = type.bytes;
  for (const n of shape) {
    if (n > 0) bytes *= n;
    if (bytes > LARGEST) {
      refuse(
        name,
        `announces the shape [${shape.join(", ")}] of ${type.dtype}, more than ${LARGEST} bytes; ` +
          "the header is damaged, or the file must be split",
        { shape, limit: LARGEST },
      );
    }
  }
  return shape.includes(0) ? 0 : bytes;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function refuse(name: string, message: string, details: Record<string, unknown>): never {
  throw new FormatError("readIdx", `${name}: ${message}`, { name, ...details });
}
