import { checkOptions, formatValue, type Tensor, ValueError } from "@convgrad/core";
import { Module } from "@convgrad/layers";
import type { Json } from "../json.ts";
import {
  type Architecture,
  DEEPEST,
  type LayerArchitecture,
  type LayerFields,
  type LayerFormats,
  MOST_LAYERS,
} from "./description.ts";
import { checkFormats } from "./formats.ts";
import { layerRows } from "./layers.ts";
import { readArchitecture } from "./reading.ts";

/** Options of {@link architecture}. */
export interface ArchitectureOptions {
  /** Classes of your own, by the names that they get in the description. */
  readonly layers?: LayerFormats;
}

/**
 * What a model is made of, as plain JSON: the classes of its layers and their settings; not its weights, of whatever shape,
 * and not what changes in use: whether it trains, what is frozen, which hooks listen. A layer that stands in two places
 * is one layer again when it is built.
 *
 * @throws {@link ValueError} for a module of a class that it does not know, layers that share a weight and not
 * themselves, weights of two types, more than 50,000 layers, or more than 100 in each other:
 * `architecture: layer 2 is a Twice, a class of your own; say how it is described and built: …`
 *
 * @example
 * const text = JSON.stringify(architecture(model));
 */
export function architecture(model: Module, options: ArchitectureOptions = {}): Architecture {
  checkOptions("architecture", options, ["layers"]);
  const { layers = {} } = options;
  checkFormats("architecture", layers);
  return describeModel("architecture", model, layers);
}

/** {@link architecture} for callers of their own names, who have checked the options. */
export function describeModel(operation: string, model: Module, own: LayerFormats): Architecture {
  if (!(model instanceof Module)) {
    throw new ValueError(operation, `the model is ${formatValue(model)}; pass a module`);
  }
  const described: Architecture = {
    format: "convgrad architecture",
    version: 1,
    dtype: dtypeOf(operation, model),
    model: new Describing(operation, own).layer(model, ""),
  };
  checkNumbers(operation, model, described, own);
  return described;
}

/** A model that is built by the description must have the very weights, or they could not be loaded. */
function checkNumbers(
  operation: string,
  model: Module,
  described: Architecture,
  own: LayerFormats,
): void {
  const most = Number.POSITIVE_INFINITY;
  const { numbers } = readArchitecture(described as unknown as Json, {
    operation,
    own,
    most,
    excess: "",
  });
  const present = Object.values(model.stateDict()).reduce((sum, { size }) => sum + size, 0);
  // What a user's own class holds is known to its format alone.
  if (Object.keys(own).length > 0 || numbers === present) return;
  throw new ValueError(
    operation,
    `the weights and buffers hold ${present} numbers, those of a model that is built anew would hold ${numbers}: ` +
      "a layer has a weight that its class does not know; " +
      "make a class of your own of it, and pass { layers: { … } }",
    { present, anew: numbers },
  );
}

function dtypeOf(operation: string, model: Module): "float32" | "float64" {
  const types = new Set(Object.values(model.stateDict()).map(({ dtype }) => dtype));
  if (types.has("float32") && types.has("float64")) {
    throw new ValueError(
      operation,
      'weights of float32 and of float64 in one model; convert it with model.to("float32")',
    );
  }
  return types.has("float64") ? "float64" : "float32";
}

/** A class that can be described: one of convgrad's, or a user's. */
interface Describable {
  readonly class: unknown;
  /** There for one of convgrad's that has parameters. */
  readonly numbers?: unknown;
  describe(layer: Module, part: (layer: Module) => LayerArchitecture): LayerFields;
}

type Draft = { type: string; [field: string]: Json };

/** One walk through a model. */
class Describing {
  readonly #operation: string;
  readonly #classes: readonly (readonly [name: string, Describable])[];
  readonly #found = new Map<Module, Draft | "unfinished">();
  /** The first layer of each parameter. */
  readonly #owners = new Map<Tensor, string>();
  #shared = 0;
  #depth = 0;

  constructor(operation: string, own: LayerFormats) {
    this.#operation = operation;
    this.#classes = [...Object.entries(layerRows()), ...Object.entries(own)];
  }

  layer(layer: Module, name: string): LayerArchitecture {
    const refuse = (message: string): never => {
      const subject = name === "" ? "the model" : `layer ${name}`;
      throw new ValueError(this.#operation, `${subject} ${message}`, { layer: name });
    };
    if (!(layer instanceof Module)) return refuse(`is ${formatValue(layer)}, no module`);
    const before = this.#found.get(layer);
    if (before === "unfinished") return refuse("stands within itself");
    if (before) {
      before["id"] ??= ++this.#shared;
      return { type: "Shared", id: before["id"] };
    }
    if (this.#found.size >= MOST_LAYERS) refuse(`is more than layer ${MOST_LAYERS}`);
    if (this.#depth >= DEEPEST) refuse(`lies more than ${DEEPEST} layers deep`);
    const known = this.#classes.find(([, row]) => row.class === layer.constructor);
    if (!known || isReplaced(layer)) return refuse(foreign(layer));
    const [type, row] = known;
    for (const [key, weight] of row.numbers ? layer.namedParameters() : []) {
      const owner = this.#owners.get(weight);
      if (owner !== undefined) {
        const remedy = "make a class of your own of both, and pass { layers: { … } }";
        refuse(`shares its ${key} with layer ${owner}, which is not the same layer; ${remedy}`);
      }
      this.#owners.set(weight, name);
    }
    this.#found.set(layer, "unfinished");
    this.#depth++;
    const inner = layer.children();
    const fields = row.describe(layer, (part) => {
      const place = inner.find(([, child]) => child === part)?.[0] ?? "part";
      return this.layer(part, name === "" ? place : `${name}.${place}`);
    });
    this.#depth--;
    if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
      refuse(`is described by ${formatValue(fields)}; describe must return fields by name`);
    }
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    const wrong = given.find(([key, value]) => key === "type" || key === "id" || !isJson(value));
    if (wrong) refuse(`has a field ${wrong[0]} that is no plain JSON, or called type or id`);
    const draft: Draft = { type, ...(Object.fromEntries(given) as Record<string, Json>) };
    this.#found.set(layer, draft);
    return draft;
  }
}

/** Whether somebody assigned another forward; hooks define theirs so that nobody lists it. */
export function isReplaced(layer: Module): boolean {
  return Object.keys(layer).includes("forward");
}

function foreign(layer: Module): string {
  const name = layer.constructor.name || "Mine";
  if (isReplaced(layer)) {
    return `is a ${name} whose forward was replaced; make a class of your own of it`;
  }
  return (
    `is a ${name}, a class of your own; say how it is described and built: ` +
    `{ layers: { ${name}: { class: ${name}, describe: (layer) => ({ … }), build: (fields) => new ${name}(…) } } }`
  );
}

function isJson(value: unknown, depth = 0): value is Json {
  if (typeof value === "number") return Number.isFinite(value);
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value !== "object" || depth > 2 * DEEPEST) return false;
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return isPlain && Object.values(value).every((inner) => isJson(inner, depth + 1));
}
