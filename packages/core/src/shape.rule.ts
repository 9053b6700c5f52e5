import type { Shape } from "./shape.ts";
import type { Multiply } from "./sizes.rule.ts";
import type { Tensor } from "./tensor.ts";

// What the compiler knows of shapes. A size that it does not know is `number`, a rank that it does not know makes the
// whole shape `Shape`; both fit everything.

/** Where a tensor carries its shape, for the compiler alone. */
export declare const sizes: unique symbol;

/** Nothing that is known. */
type Open = Record<never, never>;

/** An axis: the property is not there where the size is not known, and optional, so that it fits where it is not there. */
type Axis<Size> = number extends Size ? Open : { readonly size?: Size };

/** A shape as tensors carry it: axis by axis; nothing where the rank is not known. */
export type Carried<S extends Shape> =
  IsUnknownRank<S> extends true
    ? Open
    : { readonly axes?: { readonly [Index in keyof S]: Axis<S[Index]> } };

/** Whether a tensor of shape A is taken where one of shape B is expected. */
export type Fits<A extends Shape, B extends Shape> = Carried<A> extends Carried<B> ? true : false;

/** A shape that was inferred from a list: its sizes, or `Shape` for a list of unknown length. */
export type Known<S extends Shape> = IsUnknownRank<S> extends true ? Shape : [...S];

/** Whether the compiler does not know how many axes there are. */
export type IsUnknownRank<S extends Shape> = number extends S["length"] ? true : false;

/** Whether two sizes may be equal. */
export type MayEqual<A, B> = [A & B] extends [never] ? false : true;

/** The number of elements of a shape; 1 for a scalar. */
export type Elements<S extends Shape, Count extends number = 1> = S extends readonly [
  infer N extends number,
  ...infer Rest extends Shape,
]
  ? Elements<Rest, Multiply<Count, N>>
  : S extends readonly []
    ? Count
    : number;

/** A size in a message, `"?"` where it is not known. */
export type SizeText<N extends number> = number extends N ? "?" : `${N}`;

/** `"[16, 5, 5]"` */
export type ShapeText<S extends Shape> = `[${ListText<S>}]`;

type ListText<S extends Shape> = S extends readonly [infer N extends number]
  ? SizeText<N>
  : S extends readonly [infer N extends number, ...infer Rest extends Shape]
    ? `${SizeText<N>}, ${ListText<Rest>}`
    : S extends readonly []
      ? ""
      : "…";

/** A shape that a rule gives; `Shape` in place of a message. */
export type Result<Rule> = Rule extends Shape ? Rule : Shape;

/** An argument, or in its place the message of a rule that refuses it. */
export type Refusing<Rule, Argument> = [Rule] extends [string] ? Rule : Argument;

/** The shape of a tensor or a number, also of one of several. */
export type ShapeOf<T> = T extends Tensor<infer S> ? S : T extends number ? [] : Shape;

/** The shapes of tensors. */
export type ShapesOf<T extends readonly Tensor[]> = {
  readonly [Index in keyof T]: T[Index] extends Tensor<infer S> ? S : Shape;
};
