import type { Elements, IsUnknownRank, MayEqual, ShapeText } from "../shape.rule.ts";
import type { Shape } from "../shape.ts";
import type { Add, Divide, Subtract } from "../sizes.rule.ts";

// Shapes of the operations beside, for the compiler: a shape, `Shape` where too little is known, or a message.

/** The axis counted from the front; `number` where it is not known or one of several, `never` where there is none. */
export type ResolvedAxis<Axis extends number, Rank extends number> = number extends Axis | Rank
  ? number
  : IsOneOfSeveral<Axis> extends true
    ? number
    : FromFront<Axis, Rank>;

/** Whether a literal is a union, of which run time takes one. */
type IsOneOfSeveral<N extends number, All extends number = N> = N extends All
  ? [All] extends [N]
    ? false
    : true
  : false;

type FromFront<
  Axis extends number,
  Rank extends number,
> = `${Axis}` extends `-${infer Back extends number}`
  ? Subtract<Rank, Back>
  : [Subtract<Subtract<Rank, 1>, Axis>] extends [never]
    ? never
    : Axis;

/** The entry of a list at an index that may be no index of it. */
type At<List extends Shape, Index> = `${Index & number}` extends keyof List
  ? List[`${Index & number}` & keyof List] & number
  : number;

/** The shape of `x.reshape(to)`. */
export type Reshaped<S extends Shape, To extends Shape> =
  IsUnknownRank<To> extends true
    ? Shape
    : Elements<S> extends infer All extends number
      ? Filled<To, All, Elements<Without<To>>> extends infer Result
        ? number extends All | Elements<Without<To>>
          ? Result
          : Result extends Shape
            ? Elements<Result> extends All
              ? Result
              : `${ShapeText<S>} has ${All} elements, ${ShapeText<To>} wants ${-1 extends To[number] ? "a multiple of " : ""}${Elements<Without<To>>}`
            : Result
        : never
      : never;

/** Without the size that stands for whatever is left. */
type Without<To extends Shape, Rest extends Shape = []> = To extends readonly [
  infer N extends number,
  ...infer More extends Shape,
]
  ? Without<More, N extends -1 ? Rest : [...Rest, N]>
  : Rest;

type Filled<To extends Shape, All extends number, Others extends number> = {
  -readonly [Index in keyof To]: To[Index] extends -1 ? Divide<All, Others> : To[Index];
};

/** The shape of `x.flatten(start)`. */
export type Flattened<S extends Shape, Start extends number> =
  IsUnknownRank<S> extends true
    ? Start extends 0
      ? [number]
      : Shape
    : S extends readonly []
      ? [1]
      : FlattenedFrom<S, ResolvedAxis<Start, S["length"]>>;

type FlattenedFrom<S extends Shape, Start, Lead extends Shape = []> = [Start] extends [never]
  ? `axis does not exist in a tensor of shape ${ShapeText<S>}`
  : number extends Start
    ? Shape
    : Lead["length"] extends Start
      ? [...Lead, Elements<S>]
      : S extends readonly [infer N extends number, ...infer Rest extends Shape]
        ? FlattenedFrom<Rest, Start, [...Lead, N]>
        : Shape;

/** The shape of `x.permute(order)`. */
export type Permuted<S extends Shape, Order extends Shape> =
  IsUnknownRank<Order> extends true
    ? Shape
    : IsUnknownRank<S> extends true
      ? { -readonly [Index in keyof Order]: number }
      : S["length"] extends Order["length"]
        ? { -readonly [Index in keyof Order]: At<S, ResolvedAxis<Order[Index], S["length"]>> }
        : `${ShapeText<Order>} is no order of the ${S["length"]} axes of ${ShapeText<S>}; name each axis once`;

/** The shape of `x.transpose(axis0, axis1)`. */
export type Transposed<S extends Shape, P extends number, Q extends number> =
  IsUnknownRank<S> extends true
    ? Shape
    : Exchanged<S, ResolvedAxis<P, S["length"]>, ResolvedAxis<Q, S["length"]>>;

type Exchanged<S extends Shape, P extends number, Q extends number> = [P] extends [never]
  ? `an axis does not exist in a tensor of shape ${ShapeText<S>}`
  : [Q] extends [never]
    ? `an axis does not exist in a tensor of shape ${ShapeText<S>}`
    : {
        -readonly [Index in keyof S]: number extends P | Q
          ? number
          : Index extends `${P}`
            ? At<S, Q>
            : Index extends `${Q}`
              ? At<S, P>
              : S[Index];
      };

/** The shape of `x.unsqueeze(axis)`. */
export type Unsqueezed<S extends Shape, Axis extends number> =
  IsUnknownRank<S> extends true ? Shape : Inserted<S, ResolvedAxis<Axis, Add<S["length"], 1>>>;

type Inserted<S extends Shape, At, Lead extends Shape = []> = [At] extends [never]
  ? `the axis does not exist in a tensor of one axis more than ${ShapeText<S>}`
  : number extends At
    ? Shape
    : Lead["length"] extends At
      ? [...Lead, 1, ...S]
      : S extends readonly [infer N extends number, ...infer Rest extends Shape]
        ? Inserted<Rest, At, [...Lead, N]>
        : Shape;

/** A shape of the same rank whose sizes are not known. */
export type SameRank<S extends Shape> =
  IsUnknownRank<S> extends true ? Shape : { -readonly [Index in keyof S]: number };

/** The shape of `concat(tensors, axis)`, of the shapes of the tensors. */
export type Concatenated<
  Shapes extends readonly unknown[],
  Axis extends number,
> = Shapes extends readonly [infer First extends Shape, ...infer Rest]
  ? IsUnknownRank<First> extends true
    ? Shape
    : Joined<First, Rest, ResolvedAxis<Axis, First["length"]>>
  : Shape;

type Joined<S, Rest extends readonly unknown[], Axis> = S extends Shape
  ? [Axis] extends [never]
    ? `the axis does not exist in a tensor of shape ${ShapeText<S>}`
    : number extends Axis
      ? SameRank<S>
      : Rest extends readonly [infer Next extends Shape, ...infer More]
        ? IsUnknownRank<Next> extends true
          ? Shape
          : Joined<SideBySide<S, Next, Axis & number>, More, Axis>
        : Rest extends readonly []
          ? S
          : SameRank<S>
  : S;

type SideBySide<A extends Shape, B extends Shape, Axis extends number> =
  Differs<A, B, Axis> extends true
    ? `${ShapeText<A>} and ${ShapeText<B>} differ on an axis other than ${Axis}`
    : {
        -readonly [Index in keyof A]: Index extends `${Axis}`
          ? Add<A[Index], B[Index & keyof B] & number>
          : number extends A[Index]
            ? B[Index & keyof B]
            : A[Index];
      };

/** Whether two shapes surely differ on an axis other than one. */
type Differs<
  A extends Shape,
  B extends Shape,
  Axis extends number,
> = A["length"] extends B["length"]
  ? true extends {
      [Index in keyof A]: Index extends `${Axis}`
        ? false
        : MayEqual<A[Index], B[Index & keyof B]> extends true
          ? false
          : true;
    }[number]
    ? true
    : false
  : true;

/** The shape of `stack(tensors, axis)`. */
export type Stacked<
  Shapes extends readonly unknown[],
  Axis extends number,
> = Shapes extends readonly [infer First extends Shape, ...unknown[]]
  ? IsUnknownRank<First> extends true
    ? Shape
    : Stretched<Unsqueezed<First, Axis>, First["length"], Axis, Shapes["length"]>
  : Shape;

type Stretched<S, Rank extends number, Axis extends number, Count extends number> = S extends Shape
  ? {
      -readonly [Index in keyof S]: Index extends `${ResolvedAxis<Axis, Add<Rank, 1>>}`
        ? Count
        : S[Index];
    }
  : S;
