import type { DType, Shape } from "@convgrad/core";
import { AGAIN, type RefuseFile } from "./decode.ts";
import { bytesOf, ELEMENT_TYPES, type ElementType, MOST_AXES } from "./elementTypes.ts";

/** What stands before the elements of an array in a file. */
export interface NpyHeader {
  readonly type: ElementType;
  readonly littleEndian: boolean;
  readonly shape: Shape;
  /** Whether the first index runs fastest in the file. */
  readonly fortranOrder: boolean;
  /** Bytes before the elements. */
  readonly length: number;
}

/** The first bytes of every file: 93, N, U, M, P, Y. */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** The longest header that is read, as in NumPy. */
const LONGEST_HEADER = 10_000;

/** Types by NumPy's letter and bytes. */
const TYPES: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
  ["f8", ELEMENT_TYPES.float64],
  ["f4", ELEMENT_TYPES.float32],
  ["i4", ELEMENT_TYPES.int32],
  ["u1", ELEMENT_TYPES.uint8],
  ["f2", ELEMENT_TYPES.float16],
  ["b1", ELEMENT_TYPES.bool],
  ["i2", ELEMENT_TYPES.int16],
  ["u2", ELEMENT_TYPES.uint16],
  ["u4", ELEMENT_TYPES.uint32],
  ["i8", ELEMENT_TYPES.int64],
  ["u8", ELEMENT_TYPES.uint64],
]);
const DESCRIPTIONS: Readonly<Record<DType, string>> = {
  float64: "<f8",
  float32: "<f4",
  int32: "<i4",
  uint8: "|u1",
};

/** The header of a row-major array, padded so that the elements begin at a multiple of 64. */
export function writeNpyHeader(dtype: DType, shape: Shape): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${DESCRIPTIONS[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(length).fill(0x20);
  bytes.set([...MAGIC, 1, 0, (length - 10) & 0xff, (length - 10) >> 8]);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[length - 1] = 0x0a;
  return bytes;
}

/** The header of a file, of which every number has been checked against the file's length. */
export function readNpyHeader(file: Uint8Array, refuse: RefuseFile): NpyHeader {
  if (file.length < 10 || MAGIC.some((byte, i) => file[i] !== byte)) {
    refuse(`does not begin as a npy file does; pass one that numpy.save wrote`);
  }
  const version = file[6]!;
  if (version < 1 || version > 3 || file[7] !== 0) {
    refuse(`is of version ${version}.${file[7]}; readable are 1.0, 2.0 and 3.0`, { version });
  }
  const start = version === 1 ? 10 : 12;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const announced =
    version === 1 ? view.getUint16(8, true) : file.length < 12 ? Infinity : view.getUint32(8, true);
  const length = start + announced;
  if (announced > LONGEST_HEADER || length > file.length) {
    const most = Math.min(LONGEST_HEADER, file.length - start);
    refuse(`announces a header of ${announced} bytes; here it has at most ${most}; ${AGAIN}`);
  }
  const text = new TextDecoder("latin1").decode(file.subarray(start, length));
  const header = { ...parse(text, refuse), length };
  const [expected, found] = [bytesOf(header.shape, header.type), file.length - length];
  if (expected !== found) {
    refuse(
      `its header announces ${expected} bytes of data ([${header.shape.join(", ")}]), ` +
        `the file has ${found}; ${AGAIN}`,
      { expected, found },
    );
  }
  return header;
}

/** Texts, words, numbers, brackets; anything else but spaces is a token of one character, which fits nowhere. */
const TOKEN = /'[^'\\]*'|True|False|\d+L?|[^ \n]/g;

/** Reads Python's notation of the dictionary that NumPy writes, and of nothing else. */
function parse(text: string, refuse: RefuseFile): Omit<NpyHeader, "length"> {
  const wrong = (): never => {
    const near = JSON.stringify(text.slice(0, 90).trim());
    if (/'descr': *\[/.test(text)) {
      refuse(
        `its elements are of a structured type: ${near}; save each field as an array of its own`,
      );
    }
    return refuse(
      `its header is no dictionary of descr, fortran_order and shape: ${near}; ${AGAIN}`,
    );
  };
  const tokens = text.match(TOKEN) ?? [];
  let at = 0;
  const expect = (token: string) => tokens[at++] === token || wrong();
  const tuple = (): string => {
    const from = at++;
    while (tokens[at] !== ")") {
      if (!/^\d+L?$/.test(tokens[at++] ?? "")) wrong();
      // (3) is a number in Python, (3,) a tuple.
      if (tokens[at] !== ")" || at === from + 2) expect(",");
    }
    return tokens.slice(from, ++at).join("");
  };
  const members = new Map<string, string>();
  expect("{");
  while (tokens[at] !== "}") {
    const key = tokens[at++] ?? wrong();
    expect(":");
    const value = tokens[at] === "(" ? tuple() : (tokens[at++] ?? wrong());
    if (members.has(key)) wrong();
    members.set(key, value);
    if (tokens[at] !== "}") expect(",");
  }
  const [descr, order, shape] = ["descr", "fortran_order", "shape"].map((key) =>
    members.get(`'${key}'`),
  );
  const isWhole = members.size === 3 && at === tokens.length - 1;
  if (!isWhole || !descr || !shape || (order !== "True" && order !== "False")) return wrong();
  return {
    ...typeFrom(descr, refuse),
    fortranOrder: order === "True",
    shape: shapeFrom(shape, refuse),
  };
}

function typeFrom(descr: string, refuse: RefuseFile): Pick<NpyHeader, "type" | "littleEndian"> {
  const [, order, code] = /^'([<>|])([a-z]\d)'$/.exec(descr) ?? [];
  const type = TYPES.get(code ?? "");
  if (!type || (order === "|" && type.bytes > 1)) {
    return refuse(
      `its elements are of type ${descr.slice(0, 80)}; readable are ${[...TYPES.keys()].join(", ")}, ` +
        "with < or > before: convert it with .astype",
      { descr },
    );
  }
  return { type, littleEndian: order !== ">" };
}

function shapeFrom(tuple: string, refuse: RefuseFile): number[] {
  const shape = (tuple.match(/\d+/g) ?? []).map(Number);
  if (tuple.startsWith("(") && shape.length <= MOST_AXES && shape.every(Number.isSafeInteger)) {
    return shape;
  }
  return refuse(`its shape is ${tuple.slice(0, 80)}; it must be up to ${MOST_AXES} whole numbers`);
}
