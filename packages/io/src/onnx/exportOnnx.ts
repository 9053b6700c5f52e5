import {
  checkBoolean,
  checkFunction,
  checkOptions,
  checkWhole,
  formatValue,
  noGrad,
  type Shape,
  ShapeError,
  scope,
  ValueError,
} from "@convgrad/core";
import { Module, outputShape } from "@convgrad/layers";
import { isReplaced } from "../architecture/architecture.ts";
import { FLOAT } from "./descriptor.ts";
import { encodeMessage, type Message } from "./encode.ts";
import { GraphWriter, type OnnxGraph, type OnnxValue } from "./graph.ts";
import { type Conversion, conversions } from "./layers.ts";

/** Options of {@link exportOnnx}. */
export interface ExportOnnxOptions {
  /** The graph's name; default `"model"`. */
  readonly name?: string;
  /** A text about the model, for people. */
  readonly description?: string;
  /** Samples per call: any number (`"dynamic"`, the default), or this many. */
  readonly batch?: "dynamic" | number;
  /** Version of ONNX's operators, 17 to 22; default 17, which the most runtimes know. */
  readonly opset?: number;
  /** Default `"input"`. */
  readonly inputName?: string;
  /** Default `"output"`. */
  readonly outputName?: string;
  /** Whether a softmax over the last axis follows, so that logits become probabilities; default false. */
  readonly softmax?: boolean;
  /** Writes layers of your own classes: the name of the output, or `null` for a layer that it leaves to convgrad. */
  readonly convert?: (layer: Module, x: OnnxValue, graph: OnnxGraph) => string | null;
}

const OPTIONS = [
  "name",
  "description",
  "batch",
  "opset",
  "inputName",
  "outputName",
  "softmax",
  "convert",
] as const;

/** The version of the file format by that of the operators, from {@link OLDEST} on. */
const FILE_VERSIONS = [8, 8, 9, 9, 10, 10];
const OLDEST = 17;
/** Protocol Buffers read no more in one message. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * A model as an ONNX file, for onnxruntime and other programs: what it does after `eval()`, that is without dropout and
 * with running statistics and without hooks, whether or not it is in training now. Weights and all arithmetic are float32, also those of a
 * model of float64. The model stays as it is.
 *
 * @param model layers of convgrad, or of classes that `convert` knows
 * @param inputShape of one sample, without the batch axis: `[C, H, W]`, or `[K]` for vectors
 * @throws {@link ValueError} for a module that it cannot write: `exportOnnx: layer 2 is a Twice, a class of your own; …`,
 * a layer that mixes samples, or an option out of range; {@link ShapeError} where the model does not take such samples.
 * Source: ONNX, "Operator Schemas", operators 17; "Open Neural Network Exchange Intermediate Representation".
 *
 * @example
 * await writeFileAtomic("digits.onnx", await exportOnnx(model, [1, 28, 28]));
 */
export async function exportOnnx(
  model: Module,
  inputShape: Shape,
  options: ExportOnnxOptions = {},
): Promise<Uint8Array> {
  const settings = checked(model, inputShape, options);
  return encodeMessage("ModelProto", modelOf(model, [...inputShape], settings));
}

type Settings = Required<Omit<ExportOnnxOptions, "convert" | "description">> &
  Pick<ExportOnnxOptions, "convert" | "description">;

function checked(model: Module, inputShape: Shape, options: ExportOnnxOptions): Settings {
  checkOptions("exportOnnx", options, OPTIONS);
  if (!(model instanceof Module)) {
    throw new ValueError("exportOnnx", `the model is ${formatValue(model)}; pass a module`);
  }
  const isSize = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 1;
  if (!Array.isArray(inputShape) || inputShape.length === 0 || !inputShape.every(isSize)) {
    throw new ShapeError(
      "exportOnnx",
      `${formatValue(inputShape)} is no input; give the shape of one sample, [C, H, W] or [K]`,
      { shape: inputShape },
    );
  }
  const { batch = "dynamic", opset = OLDEST, softmax = false, convert, description } = options;
  const { name = "model", inputName = "input", outputName = "output" } = options;
  for (const [what, text] of Object.entries({ name, inputName, outputName, description })) {
    if (text === undefined && what === "description") continue;
    if (typeof text === "string" && text !== "") continue;
    throw new ValueError("exportOnnx", `${what} is ${formatValue(text)}; it must be a text`);
  }
  if (inputName === outputName) {
    throw new ValueError("exportOnnx", `inputName and outputName are both "${inputName}"`);
  }
  if (batch !== "dynamic") checkWhole("exportOnnx", "batch", batch, 1);
  checkWhole("exportOnnx", "opset", opset, OLDEST, OLDEST + FILE_VERSIONS.length - 1);
  checkBoolean("exportOnnx", "softmax", softmax);
  if (convert !== undefined)
    checkFunction("exportOnnx", "convert", convert, "(layer, x, graph) => …");
  return { name, description, batch, opset, inputName, outputName, softmax, convert };
}

/** The whole file as plain data. */
function modelOf(model: Module, inputShape: Shape, settings: Settings): Message {
  const { name, description, batch, opset, inputName, outputName, softmax, convert } = settings;
  const input: OnnxValue = { name: inputName, shape: inputShape };
  const ways: Ways = { known: conversions(), own: convert ?? (() => null) };
  const graph: GraphWriter = new GraphWriter(opset, inputName, outputName, (layer, x, path) =>
    converted(layer, x, path, graph, ways),
  );
  const output = scope(() =>
    noGrad(() => {
      const y = converted(model, input, "", graph, ways);
      return softmax ? { ...y, name: graph.node("Softmax", [y.name], { axis: -1 }) } : y;
    }),
  );
  if (graph.bytes > MOST_BYTES) {
    const remedy = "an ONNX file holds less than 2 GiB";
    throw new ValueError("exportOnnx", `the weights take ${graph.bytes} bytes; ${remedy}`);
  }
  return {
    ir_version: FILE_VERSIONS[opset - OLDEST]!,
    producer_name: "convgrad",
    doc_string: description,
    opset_import: [{ domain: "", version: opset }],
    graph: {
      name,
      node: graph.finish(output.name, outputName),
      initializer: graph.initializers,
      input: [valueInfo(input, batch)],
      output: [valueInfo({ ...output, name: outputName }, batch)],
    },
  };
}

function valueInfo({ name, shape }: OnnxValue, batch: "dynamic" | number): Message {
  const first = batch === "dynamic" ? { dim_param: "N" } : { dim_value: batch };
  const dim = [first, ...shape.map((n) => ({ dim_value: n }))];
  return { name, type: { tensor_type: { elem_type: FLOAT, shape: { dim } } } };
}

/** How layers are written. */
interface Ways {
  readonly known: readonly Conversion[];
  readonly own: NonNullable<ExportOnnxOptions["convert"]>;
}

/** Adds a layer to the graph. */
function converted(
  layer: Module,
  x: OnnxValue,
  path: string,
  graph: GraphWriter,
  ways: Ways,
): OnnxValue {
  const subject = path === "" ? "the model" : `layer ${path}`;
  const [samples, ...shape] = outputShape(layer, [2, ...x.shape]);
  if (samples !== 2) {
    throw new ValueError("exportOnnx", `${subject}, ${layer}, mixes samples; keep the batch axis`);
  }
  const written: unknown = ways.own(layer, x, graph);
  if (typeof written === "string" && graph.has(written)) return { name: written, shape };
  if (written !== null) {
    const remedy = "return the name of an output, as graph.node gives it, or null";
    throw new ValueError("exportOnnx", `convert gave ${formatValue(written)}; ${remedy}`);
  }
  const known = ways.known.find((each) => each.class === layer.constructor);
  if (known && !isReplaced(layer)) {
    return { name: known.convert(layer, x, graph, shape), shape };
  }
  const type = layer.constructor.name;
  const what = known ? `a ${type} whose forward was replaced` : `a ${type}, a class of your own`;
  throw new ValueError(
    "exportOnnx",
    `${subject} is ${what}; write it in ONNX's operators: ` +
      `{ convert: (layer, x, graph) => layer instanceof ${type || "Mine"} ? graph.node("Relu", [x.name]) : null }`,
    { layer: path },
  );
}
