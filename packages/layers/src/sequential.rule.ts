import type { Fits, Known, Shape, ShapeText, Tensor } from "@convgrad/core";
import type { Module } from "./module.ts";
import type { Batch, Made, Refusal, Sample, ShapeRule, shapeRule } from "./shape.rule.ts";

// What a chain of layers makes of a shape, for the compiler.

/** What a layer makes of a shape; of one of several layers, what those make of it that take it. */
export type After<Layer, S extends Shape> =
  AfterEach<Layer, S> extends infer Y
    ? [Extract<Y, Shape>] extends [never]
      ? Y
      : Extract<Y, Shape>
    : never;

/** By the rule of each layer, or else by the types of its `forward`. */
type AfterEach<Layer, S extends Shape> = Layer extends {
  readonly [shapeRule]: infer Rule extends ShapeRule;
}
  ? (Rule & { readonly input: S })["output"] extends infer Output
    ? unknown extends Output
      ? ByForward<Layer, S>
      : Output
    : never
  : ByForward<Layer, S>;

type ByForward<Layer, S extends Shape> = Layer extends {
  forward(x: Tensor<infer Input>): Tensor<infer Output>;
}
  ? Through<"Module", Input, S, Output>
  : Shape;

/** An output, where a shape fits the input that goes with it. */
type Through<Layer extends string, Input extends Shape, S extends Shape, Output> =
  Fits<S, Input> extends true
    ? Output
    : Refusal<
        Layer,
        `expects ${ShapeText<Sample<Input>>} but receives ${ShapeText<Sample<S>>}`,
        "change the layer before it, or what it expects"
      >;

/** `[N, ...Input] → [N, ...Output]` */
export interface SequentialRule<Input extends Shape, Output extends Shape>
  extends ShapeRule,
    Made<Output> {
  readonly output: this["input"] extends infer S extends Shape
    ? Through<"Sequential", Batch<Input>, S, Batch<Output>>
    : Shape;
}

/** `[N, …] → [N, …]` by a body, of which something is known, and by a shortcut that gives the same shape. */
export interface ResidualRule<Body, Shortcut>
  extends ShapeRule,
    Made<Module extends Body ? [unknown, unknown] : [Body, Shortcut]> {
  readonly output: this["input"] extends infer S extends Shape
    ? Module extends Body
      ? Shape
      : Summed<After<Body, S>, [Shortcut] extends [never] ? S : After<Shortcut, S>>
    : Shape;
}

type Summed<Y, Z> = [Y] extends [Shape]
  ? [Z] extends [Shape]
    ? Fits<Y, Z> extends true
      ? number extends Z["length"]
        ? Y
        : Z
      : Refusal<
          "Residual",
          `the body gives ${ShapeText<Sample<Y>>} and the shortcut ${ShapeText<Sample<Z>>}`,
          "pass a shortcut that changes the shape as the body does"
        >
    : Inside<"shortcut", Z>
  : Inside<"body", Y>;

type Inside<Part extends string, R> =
  R extends Refusal<infer Layer, infer Says, infer Remedy>
    ? Refusal<"Residual", `in the ${Part}, ${Layer} ${Says}`, Remedy>
    : never;

/** The shape after each layer; at a mistake its message, and nothing after it. */
export type Steps<
  Layers extends readonly unknown[],
  S extends Shape,
  Origin extends string = "",
  Done extends readonly unknown[] = [],
> = Layers extends readonly [infer Layer, ...infer Rest]
  ? After<Layer, S> extends infer Y
    ? [Y] extends [Shape]
      ? Steps<Rest, Y, OriginOf<Layer, S, Y, Origin>, [...Done, Y]>
      : [...Done, Message<Done["length"], Y, Origin>]
    : never
  : Layers extends readonly []
    ? Done
    : [...Done, Shape];

type Message<Position extends number, R, Origin extends string> =
  R extends Refusal<infer Layer, infer Says, infer Remedy>
    ? `layer ${Position}, ${Layer}: ${Says}${Origin}; ${Remedy}`
    : never;

/** Where the cells of a flat shape came from, for messages. */
type OriginOf<Layer, S extends Shape, Y extends Shape, Origin extends string> = Layer extends {
  readonly [shapeRule]: { readonly layer: "Flatten" };
}
  ? ` (${ShapeText<Sample<S>>} flattened)`
  : Y extends S
    ? Origin
    : "";

/** The layers as `Sequential.of` takes them: the one that does not fit has its message in its place. */
export type Checked<Input extends Shape, Layers extends readonly unknown[]> = {
  readonly [Index in keyof Layers]: Verdict<Steps<Layers, Batch<Input>>, Index, Layers[Index]>;
};

type Verdict<Trace, Index, Layer> = Index extends keyof Trace
  ? Trace[Index] extends string
    ? Trace[Index]
    : Layer
  : Layer;

/** The shape that the layers make of a shape, both without the batch axis. */
export type OutputOf<Input extends Shape, Layers extends readonly unknown[]> =
  Steps<Layers, Batch<Input>> extends readonly [...unknown[], infer Last]
    ? Last extends Shape
      ? Sample<Last>
      : Shape
    : Known<Input>;
