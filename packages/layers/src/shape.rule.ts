import type { IsUnknownRank, MayEqual, Shape } from "@convgrad/core";

/** Where the class of a layer says, to the compiler alone, what shape it makes of a shape: a {@link ShapeRule}. */
export declare const shapeRule: unique symbol;

/**
 * What a layer makes of a shape `[N, …]`, as a function that the compiler calls: it puts the shape in the place of
 * `input`, and reads `output`. An output that is `unknown` stands for any shape.
 *
 * @example
 * interface Doubled extends ShapeRule {
 *   readonly output: this["input"] extends readonly [infer N, infer K extends number]
 *     ? [N, Multiply<K, 2>]
 *     : Shape;
 * }
 * class Double extends Module {
 *   declare readonly [shapeRule]: Doubled;
 *   …
 * }
 */
export interface ShapeRule {
  readonly input: unknown;
  /** A shape, or a {@link Refusal}. */
  readonly output: unknown;
}

/**
 * The settings of a layer with which its rule reckons: layers of unlike settings are unlike to the compiler, also in a list.
 * A setting that is not known is like any.
 */
export interface Made<Settings extends readonly unknown[]> {
  readonly made: { readonly [Index in keyof Settings]: Setting<Settings[Index]> };
}

/**
 * As the sizes of tensors: the property is not there where the setting is not known, and optional. That the key is reckoned
 * makes the compiler look at the settings, and not at how its type parameters are used.
 */
type Setting<Value> = { readonly [Key in IfKnown<Value>]?: Value };

type IfKnown<Value> = unknown extends Value
  ? never
  : number extends Value
    ? never
    : boolean extends Value
      ? never
      : "value";

/** The shape that a rule gives; `Shape` where it refuses or knows nothing, and for an input of which nothing is known. */
export type Given<Rule, S extends Shape> = number extends S["length"] ? Shape : ByRule<Rule, S>;

type ByRule<Rule, S> = Rule extends ShapeRule
  ? (Rule & { readonly input: S })["output"] extends infer Output extends Shape
    ? Output
    : Shape
  : Shape;

/** In place of a shape: what a layer expects and what it gets, and how to mend it. */
export interface Refusal<Layer extends string, Says extends string, Remedy extends string> {
  readonly layer: Layer;
  readonly says: Says;
  readonly remedy: Remedy;
}

/** The rule of layers that work on each cell: any shape remains as it is. */
export interface SameShape extends ShapeRule {
  readonly output: this["input"];
}

/** The rule of layers that keep `[N, channels, …]` as it is. */
export interface SameChannels<Layer extends string, Channels extends number>
  extends ShapeRule,
    Made<[Channels]> {
  readonly output: this["input"] extends readonly [number, infer C extends number, ...Shape]
    ? MayEqual<C, Channels> extends true
      ? this["input"]
      : Refusal<
          Layer,
          `expects ${Channels} channels but receives ${C}`,
          `write new ${Layer}(${Layer extends "GroupNorm" ? "groups, " : ""}${C})`
        >
    : this["input"];
}

/** A size of a shape, `number` where it is not known or there is none. */
export type SizeAt<S extends Shape, Axis extends number> =
  IsUnknownRank<S> extends true
    ? number
    : `${Axis}` extends keyof S
      ? Extract<S[`${Axis}`], number>
      : number;

/** A shape without its batch axis. */
export type Sample<S> = S extends readonly [number, ...infer Rest extends Shape] ? Rest : Shape;

/** A shape with an unknown number of samples in front. */
export type Batch<S extends Shape> = IsUnknownRank<S> extends true ? Shape : [number, ...S];

/** An option of a layer: as given, its default where it is absent, both where it may be; of one of several options, each. */
export type Option<Options, Key extends PropertyKey, Default> = Options extends undefined
  ? Default
  : OptionOf<Options, Key, Default>;

type OptionOf<Options, Key extends PropertyKey, Default> = Key extends keyof Options
  ? Defaults extends Pick<Options, Key>
    ? Default | Exclude<Options[Key], undefined>
    : [Extract<Options[Key], undefined>] extends [never] // which is so without strict null checks, too
      ? Options[Key]
      : Default | Exclude<Options[Key], undefined>
  : Default;

/**
 * Options of a layer, whose names the compiler checks although it infers their type. From a condition it infers all of
 * several, and `undefined` too, which it drops for a parameter that may be left out: the signature without options stands
 * apart. A class that extends a layer may pass on `undefined`.
 */
export type Exactly<Options, Known> = [KeyOf<Options>] extends [never]
  ? Known | undefined
  : [KeyOf<Options>] extends [keyof Known]
    ? Options
    : Options & { readonly [Key in Exclude<KeyOf<Options>, keyof Known>]: never };

type KeyOf<Options> = Options extends unknown ? keyof Options : never;

/** The options of a layer that was made without any. */
export type Defaults = Record<never, never>;
