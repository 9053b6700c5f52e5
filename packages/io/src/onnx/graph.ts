import { formatValue, requireTensor, type Shape, type Tensor, ValueError } from "@convgrad/core";
import type { Module } from "@convgrad/layers";
import { ATTRIBUTE_TYPES, FLOAT, INT64 } from "./descriptor.ts";
import type { Message } from "./encode.ts";

/** What flows through an ONNX graph: a tensor of float32. */
export interface OnnxValue {
  readonly name: string;
  /** Without the batch axis, which comes first. */
  readonly shape: Shape;
}

/** The attributes of an ONNX operator: a number, or a list, is written as whole numbers, `{ float: 2 }` as a float. */
export type OnnxAttributes = Readonly<
  Record<string, number | string | readonly number[] | OnnxFloat>
>;

/** A float attribute, whole or not. */
export interface OnnxFloat {
  readonly float: number;
}

/** Marks a number as a float attribute. */
export function float(value: number): OnnxFloat {
  return { float: value };
}

/** An ONNX graph while it is written. */
export interface OnnxGraph {
  /** The version of ONNX's operators. */
  readonly opset: number;
  /**
   * Adds an operator with one output.
   *
   * @param inputs names of values, weights or integers; `""` for one that is left out
   * @returns the name of its output
   * @throws {@link ValueError} for a name that is not there, or an attribute of another kind.
   */
  node(type: string, inputs: readonly string[], attributes?: OnnxAttributes): string;
  /**
   * Adds a tensor of weights, as float32; the same parameter again is not written again.
   *
   * @param name within the layer: `"weight"`
   * @returns its name in the graph
   * @throws {@link ValueError} for what is no tensor.
   */
  weights(name: string, values: Tensor): string;
  /**
   * Adds a list of whole numbers, as int64: shapes, axes, pads.
   *
   * @returns its name in the graph
   * @throws {@link ValueError} for anything else.
   */
  integers(name: string, values: readonly number[]): string;
  /**
   * Adds a layer within the layer.
   *
   * @param name as `namedParameters()` calls it
   */
  layer(layer: Module, name: string, x: OnnxValue): OnnxValue;
}

/** Collects the nodes and the weights of a graph, under names that are not taken yet. */
export class GraphWriter implements OnnxGraph {
  readonly opset: number;
  readonly nodes: Message[] = [];
  readonly initializers: Message[] = [];
  /** Bytes of all weights. */
  bytes = 0;
  readonly #convert: (layer: Module, x: OnnxValue, path: string) => OnnxValue;
  readonly #taken = new Set<string>();
  /** What operators can take: the input, their outputs, weights and lists. */
  readonly #values = new Set<string>();
  readonly #written = new Map<Tensor, string>();
  #path: readonly string[] = [];

  constructor(
    opset: number,
    inputName: string,
    outputName: string,
    convert: (layer: Module, x: OnnxValue, path: string) => OnnxValue,
  ) {
    this.opset = opset;
    this.#convert = convert;
    this.#taken.add(inputName).add(outputName);
    this.#values.add(inputName);
  }

  /** Whether an operator can take this. */
  has(value: string): boolean {
    return this.#values.has(value);
  }

  node(type: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string {
    checkName("the type of an operator", type);
    const isList = Array.isArray(inputs);
    const strange = isList ? inputs.find((name) => name !== "" && !this.has(name)) : inputs;
    if (!isList || strange !== undefined) {
      const remedy = "pass a list of what node, weights, integers and layer gave";
      refuse(`an input of ${type} is ${formatValue(strange)}, which this graph has not; ${remedy}`);
    }
    const name = this.#free(["", ...this.#path, type].join("/"));
    const attribute = Object.entries(attributes).map(([key, value]) => {
      return attributeOf(type, key, value);
    });
    const output = this.#free(`${name}_output`);
    this.#values.add(output);
    this.nodes.push({ input: inputs, output: [output], name, op_type: type, attribute });
    return output;
  }

  weights(name: string, values: Tensor): string {
    checkName("the name of weights", name);
    requireTensor("exportOnnx", `weights ${name}`, values);
    const before = this.#written.get(values);
    if (before !== undefined) return before;
    const numbers = values.toTypedArray();
    const data = new DataView(new ArrayBuffer(4 * numbers.length));
    for (let i = 0; i < numbers.length; i++) data.setFloat32(4 * i, numbers[i]!, true);
    const written = this.#initializer(name, values.shape, FLOAT, data);
    this.#written.set(values, written);
    return written;
  }

  integers(name: string, values: readonly number[]): string {
    checkName("the name of integers", name);
    if (!isWholes(values)) {
      refuse(`integers ${name} are ${formatValue(values)}; pass a list of whole numbers`);
    }
    const data = new DataView(new ArrayBuffer(8 * values.length));
    values.forEach((value, i) => {
      data.setBigInt64(8 * i, BigInt(value), true);
    });
    return this.#initializer(name, [values.length], INT64, data);
  }

  layer(layer: Module, name: string, x: OnnxValue): OnnxValue {
    const outside = this.#path;
    this.#path = [...outside, name];
    try {
      return this.#convert(layer, x, this.#path.join("."));
    } finally {
      this.#path = outside;
    }
  }

  /** All nodes, where the graph's output is called `outputName` in place of `last`. */
  finish(last: string, outputName: string): readonly Message[] {
    const isMade = this.nodes.some(({ output }) => (output as readonly string[]).includes(last));
    if (!isMade) {
      return [...this.nodes, { input: [last], output: [outputName], op_type: "Identity" }];
    }
    const renamed = (names: unknown) =>
      (names as readonly string[]).map((name) => (name === last ? outputName : name));
    return this.nodes.map((node) => ({
      ...node,
      input: renamed(node["input"]),
      output: renamed(node["output"]),
    }));
  }

  #initializer(name: string, dims: readonly number[], type: number, data: DataView): string {
    const full = this.#free([...this.#path, name].join("."));
    this.bytes += data.byteLength;
    const raw = new Uint8Array(data.buffer);
    this.initializers.push({ dims, data_type: type, name: full, raw_data: raw });
    this.#values.add(full);
    return full;
  }

  #free(name: string): string {
    let free = name;
    for (let i = 1; this.#taken.has(free); i++) free = `${name}_${i}`;
    this.#taken.add(free);
    return free;
  }
}

function attributeOf(type: string, name: string, value: OnnxAttributes[string]): Message {
  if (typeof value === "string") return { name, s: value, type: ATTRIBUTE_TYPES.s };
  if (Number.isSafeInteger(value)) return { name, i: value as number, type: ATTRIBUTE_TYPES.i };
  if (isWholes(value)) return { name, ints: value, type: ATTRIBUTE_TYPES.ints };
  const float: unknown = (value as Partial<OnnxFloat> | null)?.float;
  if (typeof float === "number") return { name, f: float, type: ATTRIBUTE_TYPES.f };
  return refuse(
    `${name} of ${type} is ${formatValue(value)}; it must be a text, a whole number, a list of whole numbers, ` +
      "or { float: 0.1 }",
  );
}

function isWholes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(Number.isSafeInteger);
}

function checkName(what: string, name: unknown): void {
  if (typeof name === "string" && name !== "") return;
  refuse(`${what} is ${formatValue(name)}; it must be a text`);
}

function refuse(message: string): never {
  throw new ValueError("exportOnnx", message);
}
