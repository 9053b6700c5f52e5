import { ConvgradError, FormatError, formatValue, MemoryError, ValueError } from "@convgrad/core";
import type { Module } from "@convgrad/layers";
import { type Json, shown } from "../json.ts";
import { DEEPEST, type LayerFormat, type LayerFormats, MOST_LAYERS } from "./description.ts";
import { type Make, type Place, placeOf } from "./fields.ts";
import { layerRows } from "./layers.ts";
import type { LayerRow } from "./row.ts";

/** How an architecture is read. */
export interface ReadingOptions {
  /** The function that the user called. */
  readonly operation: string;
  /** Classes of the user's own. */
  readonly own: LayerFormats;
  /** How messages call the file; absent for a value of the program. */
  readonly file?: string | undefined;
  /** Numbers in parameters and buffers, at most. */
  readonly most: number;
  /** What to say where they are more: `"; raise …"` */
  readonly excess: string;
}

/** An architecture that was read and found good, but not built. */
export interface ReadArchitecture {
  readonly dtype: "float32" | "float64";
  /** How many numbers the parameters and buffers will hold; without those of a user's own classes. */
  readonly numbers: number;
  /** Builds the model, once. */
  readonly make: Make;
  /** Gives the memory of all that was built back at once, not when the collector comes by. */
  readonly discard: () => void;
}

const NAMES = ["format", "version", "dtype", "model"];

/**
 * Reads the whole description before anything is built.
 *
 * @throws {@link FormatError} for anything that is no architecture, with the path of what is wrong.
 */
export function readArchitecture(json: Json, options: ReadingOptions): ReadArchitecture {
  const root = placeOf(options.operation, "the architecture", options.file);
  const { format, version, dtype, model } = record(json, root);
  if (format !== "convgrad architecture") {
    root.refuse(`has the format ${shown(format)}; it must be "convgrad architecture"`);
  }
  if (version !== 1) {
    root.refuse(`has the version ${shown(version)}; this convgrad reads version 1, update it`);
  }
  if (dtype !== "float32" && dtype !== "float64") {
    return root.refuse(`has the dtype ${shown(dtype)}; it must be "float32" or "float64"`);
  }
  const unknown = Object.keys(json as object).find((key) => !NAMES.includes(key));
  if (unknown !== undefined) root.refuse(`has an unknown field ${shown(unknown)}`);
  const reading = new Reading(options);
  const make = reading.layer(model as Json, placeOf(options.operation, "model", options.file), 1);
  return { dtype, numbers: reading.numbers, make, discard: () => reading.discard() };
}

/** The fields of a JSON object. */
function record(value: Json | undefined, place: Place): Readonly<Record<string, Json>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, Json>>;
  }
  return place.refuse(`is ${shown(value)}, no object`);
}

/** What has been read so far of one architecture. */
class Reading {
  /** Numbers in the parameters and buffers of all layers so far. */
  numbers = 0;
  /** How many layers an input would pass: those of a shared layer count wherever it stands. */
  #layers = 0;
  readonly #sizes = new Map<number, number>();
  readonly #rows = layerRows();
  readonly #shared = new Map<number, Module>();
  /** What was built and holds memory, but for a user's own classes. */
  readonly #made: Module[] = [];
  readonly #options: ReadingOptions;

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  /** Checks a layer's description with all that is in it; what comes back builds it. */
  layer(value: Json, place: Place, depth: number): Make {
    const { type, id, ...given } = record(value, place);
    if (depth > DEEPEST) place.refuse(`lies more than ${DEEPEST} layers deep`);
    const before = this.#layers;
    this.#count(1, place);
    if (id !== undefined && !(Number.isSafeInteger(id) && (id as number) >= 1)) {
      place.inner("id").refuse(`is ${shown(id)}; it must be a whole number ≥ 1`);
    }
    if (type === "Shared") return this.#again(id as number | undefined, given, place);
    const name = typeof type === "string" ? type : "";
    const { own } = this.#options;
    let make: Make;
    if (Object.hasOwn(this.#rows, name)) make = this.#known(this.#rows[name]!, given, place, depth);
    else if (Object.hasOwn(own, name)) make = this.#own(own[name]!, name, given, place, depth);
    else return place.refuse(unknownType(type));
    if (id === undefined) return make;
    this.#sizes.set(id as number, this.#layers - before);
    return this.#first(make, id as number, place);
  }

  #count(layers: number, place: Place): void {
    this.#layers += layers;
    if (this.#layers > MOST_LAYERS) place.refuse(`is more than layer ${MOST_LAYERS}`);
  }

  #known(row: LayerRow, given: Readonly<Record<string, Json>>, place: Place, depth: number): Make {
    const read = (value: Json, at: Place) => this.layer(value, at, depth + 1);
    const unknown = Object.keys(given).find((key) => !Object.hasOwn(row.fields, key));
    if (unknown !== undefined) place.refuse(`has an unknown field ${shown(unknown)}`);
    const values: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(row.fields)) {
      if (Object.hasOwn(given, key)) values[key] = field.read(given[key]!, place.inner(key), read);
      else if (!field.optional) place.refuse(`has no ${key}`);
    }
    this.numbers += row.numbers?.(values) ?? 0;
    const { most, excess } = this.#options;
    if (this.numbers > most) {
      place.refuse(`brings the weights to ${this.numbers} numbers, more than ${most}${excess}`);
    }
    return () => {
      const made = this.#built(() => row.build(values), place);
      if (row.numbers) this.#made.push(made);
      return made;
    };
  }

  discard(): void {
    for (const layer of this.#made) {
      for (const { storage } of Object.values(layer.stateDict())) {
        storage.release("released, since the file of its model was refused");
      }
    }
  }

  /** A user's class checks its fields itself. */
  #own(
    format: LayerFormat,
    name: string,
    given: Readonly<Record<string, Json>>,
    place: Place,
    depth: number,
  ): Make {
    const part = (described: Json) =>
      this.layer(described, placeIn(place, given, described), depth + 1)();
    return () => {
      const made: unknown = this.#built(() => format.build(given, part), place);
      if (made instanceof format.class) return made;
      throw new ValueError(
        this.#options.operation,
        `build of layers.${name} gave ${formatValue(made)}; it must return a ${name}`,
      );
    };
  }

  /** What a constructor refuses is wrong in the file. */
  #built(build: Make, place: Place): Module {
    try {
      return build();
    } catch (error) {
      const itself = error instanceof FormatError || error instanceof MemoryError;
      if (itself || !(error instanceof ConvgradError)) throw error;
      return place.refuse(`is refused: ${error.message}`);
    }
  }

  #first(make: Make, id: number, place: Place): Make {
    return () => {
      const made = make();
      if (this.#shared.has(id)) place.inner("id").refuse(`is ${id}, as that of another layer`);
      this.#shared.set(id, made);
      return made;
    };
  }

  #again(id: number | undefined, rest: object, place: Place): Make {
    if (id === undefined) place.refuse("has no id");
    if (Object.keys(rest).length > 0) place.refuse("is Shared and has other fields than its id");
    this.#count((this.#sizes.get(id!) ?? 1) - 1, place);
    return () =>
      this.#shared.get(id!) ?? place.inner("id").refuse(`is ${id}; no layer before has it`);
  }
}

function unknownType(type: Json | undefined): string {
  if (typeof type !== "string") return `has the type ${shown(type)}, no name of a class`;
  return (
    `has the type ${shown(type)}, which convgrad does not have; pass a class of your own as ` +
    "{ layers: { name: { class, describe, build } } }"
  );
}

/** Where in the fields of a user's class a value stands. */
function placeIn(place: Place, fields: Readonly<Record<string, Json>>, value: Json): Place {
  for (const [key, field] of Object.entries(fields)) {
    if (field === value) return place.inner(key);
    const i = Array.isArray(field) ? field.indexOf(value) : -1;
    if (i >= 0) return place.inner(key).inner(i);
  }
  return place.inner("part");
}
