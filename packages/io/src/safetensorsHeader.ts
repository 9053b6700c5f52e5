import type { DType, Shape } from "@convgrad/core";
import { AGAIN, quoted, type RefuseFile } from "./decode.ts";
import { bytesOf, ELEMENT_TYPES, type ElementType, MOST_AXES } from "./elementTypes.ts";
import { JsonReader } from "./jsonReader.ts";
import { MOST_ENTRIES } from "./tensorsByName.ts";

/** A tensor in a file, by the words of its header. */
export interface Entry {
  readonly name: string;
  /** As the format calls it: `"F32"`. */
  readonly kind: string;
  readonly shape: Shape;
  /** Its bytes, counted from the end of the header. */
  readonly start: number;
  readonly end: number;
}

/** What stands before the data. */
export interface Header {
  /** In the order of their data. */
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Bytes before the data. */
  readonly length: number;
}

/** Tensors of these types are written, those with long elements first, as the reference implementation orders them. */
export const KINDS: Readonly<Record<DType, string>> = {
  float64: "F64",
  float32: "F32",
  int32: "I32",
  uint8: "U8",
};

const TYPES: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
  ["F64", ELEMENT_TYPES.float64],
  ["F32", ELEMENT_TYPES.float32],
  ["I32", ELEMENT_TYPES.int32],
  ["U8", ELEMENT_TYPES.uint8],
  ["F16", ELEMENT_TYPES.float16],
  ["BF16", ELEMENT_TYPES.bfloat16],
  ["BOOL", ELEMENT_TYPES.bool],
  ["I16", ELEMENT_TYPES.int16],
  ["U16", ELEMENT_TYPES.uint16],
  ["U32", ELEMENT_TYPES.uint32],
  ["I64", ELEMENT_TYPES.int64],
  ["U64", ELEMENT_TYPES.uint64],
]);

/** Where the format keeps its texts; no tensor may be called so. */
export const METADATA = "__metadata__";
/** Bytes of the longest header, as in the reference implementation. */
const LONGEST_HEADER = 100_000_000;

/** The type of a tensor's elements. */
export function typeOf({ kind }: Entry): ElementType {
  return TYPES.get(kind)!; // the header was refused otherwise
}

/**
 * The eight bytes of the length and the header, padded with spaces to a multiple of 8.
 *
 * @param metadata texts by name, first in the header and in this order
 */
export function writeHeader(
  entries: readonly Entry[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const members = entries.map(({ name, kind, shape, start, end }) => {
    const entry = { dtype: kind, shape, data_offsets: [start, end] };
    return `${JSON.stringify(name)}:${JSON.stringify(entry)}`;
  });
  if (Object.keys(metadata).length > 0) {
    members.unshift(`${JSON.stringify(METADATA)}:${JSON.stringify(metadata)}`);
  }
  const text = new TextEncoder().encode(`{${members.join(",")}}`);
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  return bytes;
}

/** The header of a file, of which every number has been checked against the file's length. */
export function readHeader(file: Uint8Array, refuse: RefuseFile): Header {
  const length = 8 + headerLength(file, refuse);
  const text = decodeText(file.subarray(8, length), refuse);
  if (!text.startsWith("{")) {
    refuse(`its header begins with ${JSON.stringify(text.slice(0, 8))}, not with "{"; ${AGAIN}`);
  }
  const reader = new JsonReader(text, (what) => refuse(`its header ${what}; ${AGAIN}`));
  const entries: Entry[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  reader.object((name) => {
    if (name === METADATA) metadata = readMetadata(reader, refuse);
    else entries.push(readEntry(reader, name, refuse));
    limit(entries.length, "tensors", refuse);
  });
  reader.end();
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  checkData(entries, file.length - length, refuse);
  return { entries, metadata, length };
}

function headerLength(file: Uint8Array, refuse: RefuseFile): number {
  if (file.length < 10)
    refuse(`has ${file.length} bytes, a safetensors file at least 10; ${AGAIN}`);
  const view = new DataView(file.buffer, file.byteOffset, 8);
  const length = Number(view.getBigUint64(0, true));
  const [most, found] = [LONGEST_HEADER, file.length - 8];
  if (length > Math.min(most, found)) {
    const why = length > most ? `more than ${most}` : `but only ${found} follow`;
    refuse(`announces a header of ${length} bytes, ${why}; it is damaged, or no safetensors file`, {
      length,
      found,
    });
  }
  return length;
}

function decodeText(bytes: Uint8Array, refuse: RefuseFile): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse(`its header is not in UTF-8; ${AGAIN}`);
  }
}

function readMetadata(reader: JsonReader, refuse: RefuseFile): Record<string, string> {
  const texts: [string, string][] = [];
  reader.object((key) => {
    texts.push([key, reader.string()]);
    limit(texts.length, "texts in its metadata", refuse);
  });
  return Object.fromEntries(texts);
}

function limit(count: number, what: string, refuse: RefuseFile): void {
  if (count > MOST_ENTRIES) refuse(`has more than ${MOST_ENTRIES} ${what}; split it`);
}

function readEntry(reader: JsonReader, name: string, refuse: RefuseFile): Entry {
  const found: { dtype?: string; shape?: number[]; data_offsets?: number[] } = {};
  reader.object((key) => {
    if (key === "dtype") found.dtype = reader.string();
    else if (key === "shape") found.shape = wholes(reader, MOST_AXES, name, refuse);
    else if (key === "data_offsets") found.data_offsets = wholes(reader, 2, name, refuse);
    else refuse(`tensor ${quoted(name)} has the unknown key ${quoted(key)}; ${AGAIN}`, { name });
  });
  const { dtype: kind, shape, data_offsets: [start, end] = [] } = found;
  if (kind === undefined || shape === undefined || start === undefined || end === undefined) {
    return refuse(`tensor ${quoted(name)} lacks its dtype, shape or two data_offsets; ${AGAIN}`, {
      name,
    });
  }
  checkEntry({ name, kind, shape, start, end }, refuse);
  return { name, kind, shape, start, end };
}

function wholes(reader: JsonReader, most: number, name: string, refuse: RefuseFile): number[] {
  const list: number[] = [];
  reader.array(() => {
    list.push(reader.whole());
    if (list.length > most)
      refuse(`tensor ${quoted(name)} has a list of more than ${most} numbers`);
  });
  return list;
}

/** Refuses a type that no tensor can hold, and a shape that does not fill its bytes. */
function checkEntry({ name, kind, shape, start, end }: Entry, refuse: RefuseFile): void {
  if (!TYPES.has(kind)) {
    refuse(
      `tensor ${quoted(name)} is of type ${quoted(kind)}; readable are ${[...TYPES.keys()].join(", ")}: ` +
        "convert it where it was made",
      { name, dtype: kind },
    );
  }
  const wanted = bytesOf(shape, TYPES.get(kind)!);
  if (end - start !== wanted) {
    refuse(
      `tensor ${quoted(name)}, ${kind} [${shape.join(", ")}], takes ${wanted} bytes, its data_offsets ` +
        `[${start}, ${end}] give it ${end - start}; ${AGAIN}`,
      { name, shape, expected: wanted, found: end - start },
    );
  }
}

/** Refuses overlaps, holes, and data that are shorter or longer than the header says. */
function checkData(entries: readonly Entry[], found: number, refuse: RefuseFile): void {
  let at = 0;
  for (const { name, start, end } of entries) {
    if (start !== at) {
      const what = start < at ? "overlap those of the tensor before" : "leave a hole before them";
      refuse(
        `the data of ${quoted(name)}, [${start}, ${end}], ${what}, which ends at ${at}; ${AGAIN}`,
        {
          name,
          expected: at,
          found: start,
        },
      );
    }
    at = end;
  }
  if (at !== found) {
    refuse(`its header announces ${at} bytes of data, the file has ${found}; ${AGAIN}`, {
      expected: at,
      found,
    });
  }
}
