import { formatValue, scope, Tensor, ValueError } from "@convgrad/core";
import { checkBytes, type DecodeOptions, nameFrom, type RefuseFile, refuser } from "./decode.ts";
import { JsonReader, MOST_CONTAINERS } from "./jsonReader.ts";
import { encodeFile, readTensor } from "./safetensors.ts";
import { METADATA, readHeader } from "./safetensorsHeader.ts";

/** Plain data with tensors in it, as `stateDict()` of models and optimisers give. */
export type StateTree =
  | null
  | boolean
  | number
  | string
  | Tensor
  | readonly StateTree[]
  | { readonly [key: string]: StateTree };

const VERSION = "1";
/** Arrays and objects in each other, at most. */
const DEEPEST = 64;
/** Every file begins so, eight bytes of length before: the hash stands at a fixed place, and covers all behind it. */
const PREFIX = `{"${METADATA}":{"sha256":"`;
const HASH_START = 8 + PREFIX.length;
const HASH_END = HASH_START + 64;

/** Numbers that JSON does not have. */
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

/**
 * A tree of plain data and tensors as one safetensors file. Tensors are named by their place in the tree
 * (`model.0.weight`), so that other programs find the weights; the tree itself is JSON in the file's metadata. Numbers
 * come back to the bit, NaN and −0 too. A SHA-256 in the file covers all of it.
 *
 * @param tree tensors of any shapes, numbers, texts, booleans and null, in arrays and plain objects, up to 64 deep.
 * Properties that are undefined are left out. All tensors are read before the promise is returned.
 * @throws {@link ValueError} for anything else, with its place: `encodeState: optimizer.lr is a function; …`;
 * {@link GraphError} for a released tensor.
 *
 * @example
 * const bytes = await encodeState({ model: model.stateDict(), optimizer: optimizer.stateDict(), epoch: 3 });
 */
export async function encodeState(tree: StateTree | object): Promise<Uint8Array> {
  return encodeTree("encodeState", tree);
}

/** {@link encodeState} for an operation that messages name instead. */
export async function encodeTree(operation: string, tree: StateTree | object): Promise<Uint8Array> {
  const writer = new TreeWriter(operation);
  const text = writer.write(tree, "", 0);
  const blank = "0".repeat(64);
  const metadata = { sha256: blank, format: "convgrad state", version: VERSION, tree: text };
  const file = await encodeFile(operation, Object.fromEntries(writer.tensors), metadata);
  file.set(new TextEncoder().encode(await hashOf(file)), HASH_START);
  return file;
}

/** Writes the JSON of a tree and collects its tensors under names of their own. */
class TreeWriter {
  readonly tensors: Map<string, Tensor> = new Map();
  readonly #operation: string;
  #containers = 0;

  constructor(operation: string) {
    this.#operation = operation;
  }

  write(value: unknown, place: string, depth: number): string {
    if (value instanceof Tensor) return tagged("tensor", this.#add(value, place));
    if (typeof value === "number") {
      const special = Object.is(value, -0) ? "-0" : String(value);
      return SPECIAL.has(special) ? tagged("number", special) : special;
    }
    if (value === null || typeof value === "string" || typeof value === "boolean") {
      return JSON.stringify(value);
    }
    if (typeof value !== "object" || !isPlain(value)) this.#refuse(value, place);
    if (depth === DEEPEST) {
      const why = `arrays and objects stand more than ${DEEPEST} deep in each other, or in themselves`;
      throw new ValueError(this.#operation, `${why}; flatten the tree`, { place });
    }
    if (++this.#containers > MOST_CONTAINERS) {
      const why = `the tree has more than ${MOST_CONTAINERS} arrays and objects`;
      throw new ValueError(this.#operation, `${why}; make a tensor of the numbers`);
    }
    const inner = (item: unknown, key: string | number) =>
      this.write(item, place === "" ? String(key) : `${place}.${key}`, depth + 1);
    if (Array.isArray(value)) return `[${Array.from(value, inner).join(",")}]`;
    const members = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{${members.map(([key, item]) => `${JSON.stringify(escaped(key))}:${inner(item, key)}`).join(",")}}`;
  }

  /** The tensor's name: its place, made another where that is taken or no name. */
  #add(x: Tensor, place: string): string {
    const wanted = place.replaceAll(/\p{Surrogate}/gu, "\ufffd") || "tensor";
    let name = wanted;
    for (let n = 2; this.tensors.has(name) || name === METADATA; n++) name = `${wanted}~${n}`;
    this.tensors.set(name, x);
    return name;
  }

  #refuse(value: unknown, place: string): never {
    const made = Object(value).constructor?.name;
    const what = typeof value === "object" && made ? `a ${made}` : formatValue(value);
    throw new ValueError(
      this.#operation,
      `${place || "the tree"} is ${what}; a state holds tensors, numbers, texts, booleans and null, in arrays and plain objects`,
      { place },
    );
  }
}

/** What JSON has no word for; keys of the user's that look like this are escaped. */
function tagged(tag: "tensor" | "number", text: string): string {
  return `{"$${tag}":${JSON.stringify(text)}}`;
}

function escaped(key: string): string {
  return key.startsWith("$") ? `$${key}` : key;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

/**
 * The tree that {@link encodeState} wrote, wholly or not at all: a single wrong bit is noticed. Its tensors belong to
 * the present scope.
 *
 * @param bytes the file; tensors have any shapes
 * @throws {@link FormatError} for a damaged file, one of a later version, or another: `decodeState:
 * step-00000100.safetensors: the checkpoint is damaged: its contents are not those that were written; …`;
 * {@link ValueError} for what holds no bytes.
 *
 * @example
 * const state = await decodeState(bytes);
 */
export async function decodeState(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Promise<StateTree> {
  const name = nameFrom("decodeState", options, "the state");
  return decodeTree("decodeState", bytes, name);
}

/** {@link decodeState} for an operation that messages name instead. */
export async function decodeTree(
  operation: string,
  bytes: Uint8Array,
  name: string,
): Promise<StateTree> {
  const refuse = refuser(operation, name);
  await checkWholeState(operation, bytes, refuse);
  const header = readHeader(bytes, refuse);
  const { version, tree } = header.metadata;
  if (version !== VERSION || tree === undefined) {
    refuse(
      `it is of version ${formatValue(version)}, this program reads version "${VERSION}"; use a newer convgrad`,
      { expected: VERSION, actual: version },
    );
  }
  const entries = new Map(header.entries.map((entry) => [entry.name, entry]));
  const reader = new JsonReader(tree!, (what) => refuse(`its tree ${what}`));
  const take = (tensor: string): Tensor => {
    const entry = entries.get(tensor);
    if (!entry) return refuse(`its tree lacks the tensor ${formatValue(tensor)}, or has it twice`);
    entries.delete(tensor); // a second copy would take memory that the file does not account for
    return readTensor(bytes, header, entry, refuse);
  };
  return scope(() => {
    const state = readTree(reader, take, refuse, 0);
    reader.end();
    return state;
  });
}

/** Refuses bytes whose hash is not the one in them. */
export async function checkWholeState(
  operation: string,
  bytes: Uint8Array,
  refuse: RefuseFile,
): Promise<void> {
  checkBytes(operation, bytes);
  const text = new TextDecoder("latin1").decode(bytes.subarray(8, HASH_END));
  if (!text.startsWith(PREFIX)) {
    refuse("it does not begin as a checkpoint does: it is damaged, or another file; take another");
  }
  const found = await hashOf(bytes);
  const expected = text.slice(PREFIX.length);
  if (found !== expected) {
    refuse(
      "the checkpoint is damaged: its contents are not those that were written; take an earlier one",
      { expected, found },
    );
  }
}

/** The SHA-256 of everything behind the place of the hash, as 64 hexadecimal digits. */
async function hashOf(file: Uint8Array): Promise<string> {
  const contents = file.subarray(HASH_END);
  // Memory that threads share is not hashed where it is.
  const own = contents.buffer instanceof ArrayBuffer ? contents : new Uint8Array(contents);
  const sum = await crypto.subtle.digest("SHA-256", own as Uint8Array<ArrayBuffer>);
  const digest = new Uint8Array(sum);
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function readTree(
  reader: JsonReader,
  take: (tensor: string) => Tensor,
  refuse: RefuseFile,
  depth: number,
): StateTree {
  const next = reader.peek();
  if (next === '"') return reader.string();
  if (next !== "{" && next !== "[") return /[-\d]/.test(next) ? reader.number() : reader.word();
  if (depth === DEEPEST) refuse(`its tree is more than ${DEEPEST} deep`);
  const inner = () => readTree(reader, take, refuse, depth + 1);
  if (next === "[") {
    const items: StateTree[] = [];
    reader.array(() => items.push(inner()));
    return items;
  }
  const members: [string, StateTree][] = [];
  let special: Tensor | number | undefined;
  let keys = 0;
  reader.object((key) => {
    keys++;
    if (key === "$tensor") special = take(reader.string());
    else if (key === "$number") special = specialNumber(reader.string(), refuse);
    else if (/^\$(?!\$)/.test(key)) refuse(`its tree has the unknown tag ${formatValue(key)}`);
    else members.push([key.startsWith("$") ? key.slice(1) : key, inner()]);
  });
  if (special === undefined) return Object.fromEntries(members);
  if (keys > 1) refuse("its tree has a tensor or number with other keys beside it");
  return special;
}

function specialNumber(text: string, refuse: RefuseFile): number {
  return SPECIAL.get(text) ?? refuse(`its tree has the number ${formatValue(text)}, which is none`);
}
