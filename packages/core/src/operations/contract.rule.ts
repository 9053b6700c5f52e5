import type { IsUnknownRank, MayEqual, ShapeText, SizeText } from "../shape.rule.ts";
import type { Shape } from "../shape.ts";
import type { Broadcast } from "./arithmetic.rule.ts";

/** The shape of `matmul(a, b)`, for the compiler, or a message. */
export type MatMul<A extends Shape, B extends Shape> =
  IsUnknownRank<A> extends true
    ? Shape
    : IsUnknownRank<B> extends true
      ? Shape
      : Product<A, B, Left<A>, Right<B>>;

/** The axes before, the rows if there are any, and the inner size. */
type Left<A extends Shape> = A extends readonly [
  ...infer Lead extends Shape,
  infer M extends number,
  infer K extends number,
]
  ? [Lead, [M], K]
  : A extends readonly [infer K extends number]
    ? [[], [], K]
    : never;

/** The axes before, the columns if there are any, and the inner size. */
type Right<B extends Shape> = B extends readonly [
  ...infer Lead extends Shape,
  infer K extends number,
  infer N extends number,
]
  ? [Lead, [N], K]
  : B extends readonly [infer K extends number]
    ? [[], [], K]
    : never;

type Product<A extends Shape, B extends Shape, P, Q> = [P, Q] extends [
  [infer Lead extends Shape, infer M extends Shape, infer K extends number],
  [infer Others extends Shape, infer N extends Shape, infer L extends number],
]
  ? [K] extends [never]
    ? "a scalar has no inner size; use mul"
    : [L] extends [never]
      ? "a scalar has no inner size; use mul"
      : MayEqual<K, L> extends true
        ? Broadcast<Lead, Others> extends infer Batch
          ? Batch extends Shape
            ? [...Batch, ...M, ...N]
            : Batch
          : never
        : `inner sizes differ: ${ShapeText<A>} × ${ShapeText<B>} (${SizeText<K>} ≠ ${SizeText<L>}); transpose one operand?`
  : never;
