import type { IsUnknownRank } from "../shape.rule.ts";
import type { Shape } from "../shape.ts";
import type { ResolvedAxis, SameRank } from "./shape.rule.ts";

/** The shape that a reduction over axes leaves, for the compiler. */
export type Reduced<S extends Shape, Over, Keep> = Over extends undefined
  ? Keep extends false
    ? []
    : Kept<S, number extends S["length"] ? number : S["length"], Keep>
  : IsUnknownRank<S> extends true
    ? Shape
    : Over extends number
      ? Kept<S, ResolvedAxis<Over, S["length"]>, Keep>
      : Over extends Shape
        ? Kept<S, EachOf<Over, S["length"]>[number], Keep>
        : Shape;

type EachOf<Over extends Shape, Rank extends number> = {
  [Index in keyof Over]: ResolvedAxis<Over[Index], Rank>;
};

type Kept<S extends Shape, Axes, Keep> = boolean extends Keep
  ? Shape
  : number extends Axes
    ? Keep extends true
      ? SameRank<S>
      : Shape
    : Without<S, Axes, Keep extends true ? [1] : []>;

/** With `Rest` in the place of each of the axes. */
type Without<
  S extends Shape,
  Axes,
  Rest extends Shape,
  Done extends Shape = [],
  Seen extends Shape = [],
> = S extends readonly [infer N extends number, ...infer More extends Shape]
  ? Without<
      More,
      Axes,
      Rest,
      [...Done, ...(Seen["length"] extends Axes ? Rest : [N])],
      [...Seen, N]
    >
  : Done;
