import { checkOptions, formatValue, scope, type Tensor, ValueError } from "@convgrad/core";
import { checkBytes, type DecodeOptions, nameFrom, type RefuseFile, refuser } from "./decode.ts";
import { bytesOf, bytesOfTensor, ELEMENT_TYPES, tensorOf } from "./elementTypes.ts";
import { LARGEST_FILE, readFileBytes, writeWhole } from "./files.ts";
import {
  type Entry,
  type Header,
  KINDS,
  METADATA,
  readHeader,
  typeOf,
  writeHeader,
} from "./safetensorsHeader.ts";

import { checkTensors, isUnicode, type TensorsByName } from "./tensorsByName.ts";

/** What a safetensors file holds. */
export interface Safetensors {
  /** By name, in the order of the file's data. */
  readonly tensors: Record<string, Tensor>;
  /** The texts beside them. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Options of {@link saveSafetensors}. */
export interface SaveSafetensorsOptions {
  /** Texts to stand beside the tensors, by name. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** float64, float32, int32, uint8: by falling alignment. */
const ORDER = Object.values(KINDS);

/**
 * A safetensors file of tensors: eight bytes of length, a header in JSON, and the elements, little-endian and row-major.
 * Equal tensors give equal bytes.
 *
 * @param tensors by name, of any shapes; `model.stateDict()`, say. All are read before the promise is returned.
 * @param metadata texts to stand beside them
 * @throws {@link ValueError} for what is no tensor, a name that the format reserves, metadata that are no texts, or more
 * than 2 GiB; {@link GraphError} for a released tensor.
 * Source: the safetensors format, https://github.com/huggingface/safetensors.
 *
 * @example
 * const bytes = await encodeSafetensors(model.stateDict(), { format: "pt" });
 */
export async function encodeSafetensors(
  tensors: TensorsByName,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  return encodeFile("encodeSafetensors", tensors, metadata);
}

/** {@link encodeSafetensors} for an operation that messages name instead. */
export async function encodeFile(
  operation: string,
  tensors: TensorsByName,
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  checkTensors(operation, tensors, METADATA);
  checkMetadata(operation, metadata);
  const entries = entriesOf(tensors);
  const header = writeHeader(entries, metadata);
  const total = header.length + (entries.at(-1)?.end ?? 0);
  if (total > LARGEST_FILE) {
    throw new ValueError(
      operation,
      `the file would have ${total} bytes, more than ${LARGEST_FILE}; split it`,
      { total },
    );
  }
  const contents = await Promise.all(entries.map(({ name }) => bytesOfTensor(tensors[name]!)));
  const file = new Uint8Array(total);
  file.set(header);
  entries.forEach(({ start }, i) => {
    file.set(contents[i]!, header.length + start);
  });
  return file;
}

/** The places of the tensors: by type, then by name. */
function entriesOf(tensors: TensorsByName): Entry[] {
  const kinds = Object.entries(tensors).map(([name, x]) => ({ name, x, kind: KINDS[x.dtype] }));
  kinds.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || (a.name < b.name ? -1 : 1));
  let end = 0;
  return kinds.map(({ name, x, kind }) => {
    const start = end;
    end += bytesOf(x.shape, ELEMENT_TYPES[x.dtype]);
    return { name, kind, shape: x.shape, start, end };
  });
}

function checkMetadata(operation: string, metadata: unknown): void {
  const remedy = 'pass texts by name: { format: "pt" }';
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    throw new ValueError(operation, `the metadata are ${formatValue(metadata)}; ${remedy}`);
  }
  for (const [name, text] of Object.entries(metadata)) {
    if (typeof text !== "string" || !isUnicode(text) || !isUnicode(name)) {
      throw new ValueError(
        operation,
        `the metadata ${formatValue(name)} are ${formatValue(text)}; ${remedy}`,
        { name },
      );
    }
  }
}

/**
 * The tensors of a safetensors file, which belong to the present scope, as those of `tensor()` do. Everything that the
 * header says is checked before a tensor is made: lengths, offsets without overlap or hole, keys that are there twice.
 *
 * float64, float32, int32 and uint8 (`F64`, `F32`, `I32`, `U8`) come as they are; `F16` and `BF16` as float32, `BOOL` as
 * uint8, `I16` and `U16` as int32, exactly; `U32`, `I64` and `U64` as int32 if every value fits.
 *
 * @param bytes the file; tensors have any shapes, of up to 32 axes
 * @throws {@link FormatError} for anything else: `decodeSafetensors: a.safetensors: its header announces 4096 bytes of data,
 * the file has 4000; the file is cut short or damaged; …`; {@link ValueError} for what holds no bytes.
 * Source: the safetensors format, https://github.com/huggingface/safetensors.
 *
 * @example
 * const { tensors, metadata } = decodeSafetensors(new Uint8Array(await response.arrayBuffer()));
 */
export function decodeSafetensors(bytes: Uint8Array, options: DecodeOptions = {}): Safetensors {
  const name = nameFrom("decodeSafetensors", options, "the safetensors file");
  return decodeFile("decodeSafetensors", bytes, name);
}

/** {@link decodeSafetensors} for an operation that messages name instead. */
export function decodeFile(operation: string, bytes: Uint8Array, name: string): Safetensors {
  checkBytes(operation, bytes);
  const refuse = refuser(operation, name);
  const header = readHeader(bytes, refuse);
  const tensors = scope(() =>
    Object.fromEntries(
      header.entries.map((entry) => [entry.name, readTensor(bytes, header, entry, refuse)]),
    ),
  );
  return { tensors, metadata: header.metadata };
}

/** One of the tensors that a header announces. */
export function readTensor(
  file: Uint8Array,
  header: Header,
  entry: Entry,
  refuse: RefuseFile,
): Tensor {
  const { name, kind, shape, start, end } = entry;
  const bytes = file.subarray(header.length + start, header.length + end);
  return tensorOf({ bytes, type: typeOf(entry), littleEndian: true }, shape, (at) => {
    const type = typeOf(entry).dtype;
    const why = kind === "BOOL" ? "neither 0 nor 1" : `no ${type}`;
    const remedy = "convert the tensor where it was made";
    return refuse(`element ${at} of ${formatValue(name)} (${kind}) is ${why}; ${remedy}`, {
      name,
      at,
    });
  });
}

/**
 * Writes tensors to a safetensors file, wholly or not at all; see {@link encodeSafetensors}.
 *
 * @param path its directory must exist
 * @param tensors by name, of any shapes
 * @throws as {@link encodeSafetensors} and {@link writeFileAtomic} do; {@link ValueError} for an unknown option.
 * @example
 * await saveSafetensors("weights.safetensors", model.stateDict());
 */
export async function saveSafetensors(
  path: string,
  tensors: TensorsByName,
  options: SaveSafetensorsOptions = {},
): Promise<void> {
  checkOptions("saveSafetensors", options, ["metadata"]);
  const bytes = await encodeFile("saveSafetensors", tensors, options.metadata ?? {});
  await writeWhole("saveSafetensors", path, bytes);
}

/**
 * Reads a safetensors file; see {@link decodeSafetensors}.
 *
 * @returns tensors of the shapes in the file, and its metadata
 * @throws as {@link decodeSafetensors} does; {@link FileError} for a file that is not there.
 * @example
 * model.loadStateDict((await loadSafetensors("weights.safetensors")).tensors);
 */
export async function loadSafetensors(path: string): Promise<Safetensors> {
  return decodeFile("loadSafetensors", await readFileBytes("loadSafetensors", path), path);
}
