import type {
  IsUnknownRank,
  MayEqual,
  Refusing,
  Result,
  ShapeOf,
  ShapeText,
} from "../shape.rule.ts";
import type { Shape } from "../shape.ts";
import type { Subtract } from "../sizes.rule.ts";

/** What `broadcastShapes` gives, for the compiler: the common shape, or a message. */
export type Broadcast<A extends Shape, B extends Shape> =
  IsUnknownRank<A> extends true
    ? Shape
    : IsUnknownRank<B> extends true
      ? Shape
      : Aligned<A, B, A, B>;

/** The shape of an operation of two; a number leaves the other as it is, also where its shape is a type parameter. */
export type Together<A extends Shape, B extends Shape> = B extends readonly []
  ? A
  : Result<Broadcast<A, B>>;

/** What an operation of two takes beside a tensor T: a number, a tensor that broadcasts, or in its place the message. */
export type Taken<T, B> = [B] extends [number] ? B : Refusing<Broadcast<ShapeOf<T>, ShapeOf<B>>, B>;

/** Aligned at the right; `From` and `With` are the whole shapes, for the message. */
type Aligned<
  A extends Shape,
  B extends Shape,
  From extends Shape,
  With extends Shape,
  Done extends Shape = [],
> = A extends readonly [...infer As extends Shape, infer P extends number]
  ? B extends readonly [...infer Bs extends Shape, infer Q extends number]
    ? Common<P, Q> extends infer N extends number
      ? [N] extends [never]
        ? `shapes ${ShapeText<From>} and ${ShapeText<With>} do not broadcast (${P} ≠ ${Q} at axis -${Subtract<From["length"], As["length"]>}); reshape or unsqueeze one of them`
        : Aligned<As, Bs, From, With, [N, ...Done]>
      : never
    : [...A, ...Done]
  : [...B, ...Done];

/** The size of two that are equal or 1; `never` where they are neither. */
type Common<P extends number, Q extends number> = P extends 1
  ? Q
  : Q extends 1
    ? P
    : number extends P
      ? Q
      : number extends Q
        ? P
        : MayEqual<P, Q> extends true
          ? P & Q
          : never;
