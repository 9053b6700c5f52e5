import type { Module } from "@convgrad/layers";
import type { LayerArchitecture, LayerClass, LayerFields } from "./description.ts";
import type { Field } from "./fields.ts";

type Fields = Readonly<Record<string, Field<unknown>>>;
type ValueOf<F> = F extends Field<infer T> ? T : never;
type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends { readonly optional: true } ? K : never;
}[keyof F];
type Values<F extends Fields> = {
  [K in Exclude<keyof F, OptionalKeys<F>>]: ValueOf<F[K]>;
} & { [K in OptionalKeys<F>]?: ValueOf<F[K]> };

/** How the layers of one class are written and read. */
export interface LayerRow<M extends Module = Module, F extends Fields = Fields> {
  readonly class: LayerClass<M>;
  readonly fields: F;
  describe(layer: M, part: (layer: Module) => LayerArchitecture): LayerFields;
  build(values: Values<F>): M;
  /** How many numbers its parameters and buffers hold; absent: none. */
  numbers?(values: Values<F>): number;
}

/** Checks a row's types, and forgets them. */
export function row<C extends LayerClass, F extends Fields>(
  given: { readonly class: C } & LayerRow<InstanceType<C>, F>,
): LayerRow {
  return given as unknown as LayerRow;
}

/** A class without settings. */
export function plain(type: new () => Module): LayerRow {
  return row({ class: type, fields: {}, describe: () => ({}), build: () => new type() });
}

/** A setting, unless it is the usual one. */
export function given(value: number, usual: number): number | undefined {
  return value === usual ? undefined : value;
}

/** A switch that is usually on. */
export function unless(on: unknown): false | undefined {
  return on ? undefined : false;
}
