import { checkOptions, checkWhole, formatValue, ValueError } from "@convgrad/core";
import type { Module } from "@convgrad/layers";
import { type Json, parseJson } from "../json.ts";
import { type Architecture, DEEPEST, type LayerFormats } from "./description.ts";
import { placeOf } from "./fields.ts";
import { checkFormats } from "./formats.ts";
import { readArchitecture } from "./reading.ts";

/** Options of {@link modelFromArchitecture}. */
export interface ModelFromArchitectureOptions {
  /** Classes of your own, by the names that they have in the description. */
  readonly layers?: LayerFormats;
  /** Numbers that all parameters and buffers together may hold; default 2²⁸, that is 1 GiB in float32. */
  readonly parameters?: number;
  /** How messages call the text. */
  readonly name?: string;
}

/** Characters of the longest text that is read: {@link MOST_LAYERS} layers with many settings. */
const LONGEST = 2 ** 24;
/** Objects and lists in each other: two per layer, and what a layer's fields need. */
const NESTING = 2 * DEEPEST + 10;
/** Numbers in parameters and buffers, unless the user says otherwise. */
export const MOST_NUMBERS: number = 2 ** 28;

/**
 * A new model as {@link architecture} described it, with the initial weights of a new one, of any shape; in training, as any new
 * model. The description may come from anywhere: all of it is checked, and its weights are counted, before anything is
 * built.
 *
 * @param described what `architecture` gave, or its JSON text
 * @throws {@link FormatError} for anything else, with the path of what is wrong:
 * `modelFromArchitecture: model.layers[3].kernel is "five"; it must be a whole number …`
 *
 * @example
 * const model = modelFromArchitecture(text);
 */
export function modelFromArchitecture(
  described: Architecture | string,
  options: ModelFromArchitectureOptions = {},
): Module {
  checkOptions("modelFromArchitecture", options, ["layers", "parameters", "name"]);
  const { layers = {}, parameters = MOST_NUMBERS, name } = options;
  checkWhole("modelFromArchitecture", "parameters", parameters, 0);
  checkFormats("modelFromArchitecture", layers);
  if (name !== undefined && typeof name !== "string") {
    throw new ValueError(
      "modelFromArchitecture",
      `name is ${formatValue(name)}; it must be a text`,
    );
  }
  const settings = {
    operation: "modelFromArchitecture",
    layers,
    parameters,
    excess: "; raise the option parameters, if you trust where this comes from",
    name,
  };
  return buildModel(described, settings, (model) => model);
}

/**
 * {@link modelFromArchitecture} for callers of their own names, who have checked the options.
 *
 * @param finish what else is to be done with the model; where it throws, the model's memory is given back
 */
export function buildModel(
  described: Architecture | string,
  options: {
    readonly operation: string;
    readonly layers: LayerFormats;
    readonly parameters: number;
    /** What to say where there are more. */
    readonly excess: string;
    readonly name: string | undefined;
  },
  finish: (model: Module) => Module,
): Module {
  const { operation, layers, parameters, excess, name } = options;
  const { refuse } = placeOf(operation, "the architecture", name);
  const json =
    typeof described === "string"
      ? parseJson(described, { refuse, depth: NESTING, length: LONGEST })
      : (described as unknown as Json);
  const { make, dtype, discard } = readArchitecture(json, {
    operation,
    own: layers,
    file: name,
    most: parameters,
    excess,
  });
  try {
    const model = make();
    return finish(dtype === "float32" ? model : model.to(dtype));
  } catch (error) {
    discard();
    throw error;
  }
}
