import { tensor } from "../create.ts";
import { checkValue } from "../dtype.ts";
import { checkOptions, formatValue, ShapeError, ValueError } from "../errors.ts";
import * as movement from "../primitives/movement.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { indexSelect } from "./select.ts";

/** What the cells of a padding hold: one value, or cells of the tensor itself. */
export interface PadOptions {
  /**
   * `"constant"` (default): `value`; `"reflect"`: the mirror image, without the edge itself; `"replicate"`: the edge;
   * `"circular"`: the other end. As PyTorch's `pad`, but along any axes.
   */
  readonly mode?: "constant" | "reflect" | "replicate" | "circular";
  /** For mode `"constant"`; default 0. */
  readonly value?: number;
}

/** Counts of cells before and after an axis. */
export type Margin = readonly [before: number, after: number];

/** For the modes that repeat cells: which of n stands at place i, which may lie outside; and the most cells on a side. */
const MODES = {
  reflect: {
    at: (i: number, n: number) => n - 1 - Math.abs(n - 1 - Math.abs(i)),
    most: (n: number) => Math.max(n - 1, 0),
  },
  replicate: {
    at: (i: number, n: number) => Math.min(Math.max(i, 0), n - 1),
    most: (n: number) => (n === 0 ? 0 : Number.POSITIVE_INFINITY),
  },
  circular: { at: (i: number, n: number) => (i + n) % n, most: (n: number) => n },
};

/**
 * Cells around each axis: `[[before, after], …]`, one pair per axis, or pairs for the last axes only.
 *
 * @throws {@link ShapeError} for negative or fractional counts, and for more cells than the mode has;
 * {@link ValueError} for an unknown mode, or a value that is no number or stands beside a mode that has none.
 */
export function pad(
  x: Tensor,
  pairs: readonly Margin[],
  options: number | PadOptions = {},
): Tensor {
  const named = typeof options === "number" ? { value: options } : options;
  checkOptions("pad", named, ["mode", "value"]);
  const { mode = "constant", value } = named;
  const isWhole = (n: number) => Number.isSafeInteger(n) && n >= 0;
  const isPair = (pair: Margin) => Array.isArray(pair) && pair.length === 2 && pair.every(isWhole);
  if (!Array.isArray(pairs) || pairs.length > x.rank || !pairs.every(isPair)) {
    throw new ShapeError(
      "pad",
      `${JSON.stringify(pairs)} must be at most ${x.rank} pairs of whole numbers ≥ 0; slice() takes cells away`,
      { pairs, shape: x.shape },
    );
  }
  const all = [...new Array<Margin>(x.rank - pairs.length).fill([0, 0]), ...pairs];
  return mode === "constant" ? surrounded(x, all, value ?? 0) : continued(x, all, mode, value);
}

function surrounded(x: Tensor, pairs: readonly Margin[], value: number): Tensor {
  if (typeof value !== "number") {
    throw new ValueError("pad", `value is ${formatValue(value)}; it must be a number`, { value });
  }
  checkValue("pad", value, x.dtype);
  if (pairs.every(([before, after]) => before === 0 && after === 0)) return x;
  const [before, after] = [pairs.map((pair) => pair[0]), pairs.map((pair) => pair[1])];
  return movement.pad(x, { before, after, interior: pairs.map(() => 0), value });
}

/** One axis after the other, so that a corner holds what a padded row has there. */
function continued(
  x: Tensor,
  pairs: readonly Margin[],
  mode: keyof typeof MODES,
  value?: number,
): Tensor {
  if (!Object.hasOwn(MODES, mode) || value !== undefined) {
    throw new ValueError(
      "pad",
      `mode is ${formatValue(mode)}, value ${formatValue(value)}; use "reflect", "replicate" or "circular" ` +
        `without a value, or mode "constant"`,
      { mode, value },
    );
  }
  const { at, most } = MODES[mode];
  const far = pairs.findIndex((pair, axis) => Math.max(...pair) > most(x.shape[axis]!));
  if (far >= 0) {
    throw new ShapeError(
      "pad",
      `mode "${mode}" has ${most(x.shape[far]!)} cells at most on a side of axis ${far} of ${formatShape(x.shape)}, ` +
        `not [${pairs[far]}]; pad by less, or use mode "constant"`,
      { pairs, shape: x.shape, axis: far, mode },
    );
  }
  return pairs.reduce((y, [before, after], axis) => {
    if (before === 0 && after === 0) return y;
    const n = x.shape[axis]!;
    const sources = Int32Array.from({ length: before + n + after }, (_, i) => at(i - before, n));
    return indexSelect(y, axis, tensor(sources));
  }, x);
}
