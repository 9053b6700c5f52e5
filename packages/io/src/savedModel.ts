import {
  checkOptions,
  formatShape,
  randomState,
  sameShape,
  scope,
  setRandomState,
  type Tensor,
  ValueError,
} from "@convgrad/core";
import type { Module } from "@convgrad/layers";
import { describeModel } from "./architecture/architecture.ts";
import type { LayerFormats } from "./architecture/description.ts";
import { checkFormats } from "./architecture/formats.ts";
import { buildModel, MOST_NUMBERS } from "./architecture/modelFromArchitecture.ts";
import { nameFrom, type RefuseFile, refuser } from "./decode.ts";
import { readFileBytes, writeWhole } from "./files.ts";
import { decodeFile, encodeFile, type Safetensors } from "./safetensors.ts";

/** Options of {@link saveModel} and {@link encodeModel}. */
export interface SaveModelOptions {
  /** Texts to stand beside the weights, by name: the classes, say. `loadSafetensors` reads them. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Classes of your own, by the names that they get in the file. */
  readonly layers?: LayerFormats;
}

/** Options of {@link loadModel}. */
export interface LoadModelOptions {
  /** Classes of your own, by the names that they have in the file. */
  readonly layers?: LayerFormats;
}

/** Options of {@link decodeModel}. */
export interface DecodeModelOptions extends LoadModelOptions {
  /** How messages call the file. */
  readonly name?: string;
}

/** Under this name the architecture stands in a file's metadata. */
const ARCHITECTURE = "convgrad.architecture";

/**
 * A model in one safetensors file: its weights under the names of `stateDict()`, of any shape, and its {@link architecture} in
 * the metadata. Other programs read the weights.
 *
 * @throws {@link ValueError} as {@link architecture} and {@link encodeSafetensors} do.
 *
 * @example
 * const bytes = await encodeModel(model);
 */
export async function encodeModel(
  model: Module,
  options: SaveModelOptions = {},
): Promise<Uint8Array> {
  return encode("encodeModel", model, options);
}

async function encode(
  operation: string,
  model: Module,
  options: SaveModelOptions,
): Promise<Uint8Array> {
  checkOptions(operation, options, ["metadata", "layers"]);
  const { metadata = {}, layers = {} } = options;
  checkFormats(operation, layers);
  if (typeof metadata === "object" && metadata !== null && Object.hasOwn(metadata, ARCHITECTURE)) {
    throw new ValueError(operation, `the name ${ARCHITECTURE} in metadata is taken`);
  }
  const text = JSON.stringify(describeModel(operation, model, layers));
  const described = Array.isArray(metadata) ? metadata : { ...metadata, [ARCHITECTURE]: text };
  return encodeFile(operation, model.stateDict(), described as Record<string, string>);
}

/**
 * The model of a file that {@link encodeModel} made: in training, as any new model (call `eval()` to use it), with all weights
 * or not at all. It outlives every scope; the random sequence stays as it was.
 *
 * @param bytes the file, with weights of any shape
 * @throws {@link FormatError} for anything else: no architecture, weights that are missing, left over or of another
 * shape; {@link ValueError} for what holds no bytes, or an unknown option.
 *
 * @example
 * const model = decodeModel(new Uint8Array(await response.arrayBuffer())).eval();
 */
export function decodeModel(bytes: Uint8Array, options: DecodeModelOptions = {}): Module {
  checkOptions("decodeModel", options, ["name", "layers"]);
  const { layers = {}, ...rest } = options;
  return decode("decodeModel", bytes, nameFrom("decodeModel", rest, "the model's file"), layers);
}

function decode(operation: string, bytes: Uint8Array, name: string, layers: LayerFormats): Module {
  checkFormats(operation, layers);
  const random = randomState();
  try {
    return scope(() => {
      return built(operation, decodeFile(operation, bytes, name), name, layers);
    });
  } finally {
    setRandomState(random);
  }
}

/** The model that the file describes, with the very tensors in it. */
function built(
  operation: string,
  { tensors, metadata }: Safetensors,
  name: string,
  layers: LayerFormats,
): Module {
  const refuse = refuser(operation, name);
  const text = metadata[ARCHITECTURE];
  if (text === undefined) {
    refuse(
      "has no architecture, weights only; build the model, and loadStateDict what loadSafetensors reads, " +
        "through fromPyTorch if PyTorch wrote it",
    );
  }
  // The file holds as many numbers as the model may have: no small file makes a large model.
  const held = Object.values(tensors).reduce((sum, { size }) => sum + size, 0);
  const parameters = Math.min(held, MOST_NUMBERS);
  const excess = ", all that the file holds";
  return buildModel(text!, { operation, layers, parameters, excess, name }, (model) => {
    checkWeights(model, tensors, refuse);
    model.loadStateDict(tensors);
    return model;
  });
}

/** That the file has the model's weights, and no others. */
function checkWeights(
  model: Module,
  tensors: Readonly<Record<string, Tensor>>,
  refuse: RefuseFile,
): void {
  const expected = model.stateDict();
  const missing = Object.keys(expected).filter((key) => !Object.hasOwn(tensors, key));
  const unexpected = Object.keys(tensors).filter((key) => !Object.hasOwn(expected, key));
  if (missing.length + unexpected.length > 0) {
    const first = (names: readonly string[]) => names.slice(0, 8).join(", ") || "none";
    refuse(
      `its weights are not those of its architecture: missing ${first(missing)}; unexpected ${first(unexpected)}`,
      { missing, unexpected },
    );
  }
  for (const [key, { shape, dtype }] of Object.entries(expected)) {
    const found = tensors[key]!;
    if (sameShape(found.shape, shape) && found.dtype === dtype) continue;
    refuse(
      `${key} is ${found.dtype} ${formatShape(found.shape)}, its architecture has ${dtype} ${formatShape(shape)}`,
      { key, shape: found.shape, expected: shape },
    );
  }
}

/**
 * Writes a model to one file, wholly or not at all; see {@link encodeModel}.
 *
 * @param path its directory must exist
 * @param model with weights of any shape
 * @throws as {@link encodeModel} and {@link writeFileAtomic} do.
 *
 * @example
 * await saveModel("digits.safetensors", model);
 */
export async function saveModel(
  path: string,
  model: Module,
  options: SaveModelOptions = {},
): Promise<void> {
  await writeWhole("saveModel", path, await encode("saveModel", model, options));
}

/**
 * Reads a model from a file of {@link saveModel}; see {@link decodeModel}.
 *
 * @returns the model, with weights of the shapes in the file
 * @throws as {@link decodeModel} does; {@link FileError} for a file that is not there.
 *
 * @example
 * const model = (await loadModel("digits.safetensors")).eval();
 */
export async function loadModel(path: string, options: LoadModelOptions = {}): Promise<Module> {
  checkOptions("loadModel", options, ["layers"]);
  const bytes = await readFileBytes("loadModel", path);
  return decode("loadModel", bytes, path, options.layers ?? {});
}
