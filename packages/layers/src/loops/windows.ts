import type { Shape } from "@convgrad/core";
import type { WindowGeometry } from "../geometry.ts";
import { type Axis, at, axis, block, linear, lines, loop, loops, math } from "./write.ts";

/** A window's cells as code: the loops over its taps, and where in the image each of them lies. */
export interface Taps {
  /** The window's place in the output. */
  readonly u: Axis;
  readonly v: Axis;
  /** The tap. */
  readonly i: Axis;
  readonly j: Axis;
  /** The cell under the tap, in the loops and in equations. */
  readonly row: string;
  readonly column: string;
  readonly cell: string;
  /** Whether some tap lies outside the image. */
  readonly leaves: boolean;
  /** From which cells to which an adaptive window goes: top, bottom, left, right. */
  readonly stretch?: string;
  /** Loops over the taps inside the image. */
  over(...body: readonly string[]): string;
}

/**
 * The taps of a window that slides over the last two axes of an image. Bounds are tested only on the sides where
 * some window leaves the image.
 */
export function tapsOf(window: WindowGeometry, image: Shape, mode: Padding = "zeros"): Taps {
  const [rows, columns] = ([0, 1] as const).map((side) => {
    const size = image.at(side - 2)!;
    const [stride, dilation, kernel] = [
      window.stride[side],
      window.dilation[side],
      window.kernel[side],
    ];
    const place = axis("uv"[side]!, window.output[side]);
    const tap = axis("ij"[side]!, kernel);
    const [before] = window.padding[side];
    const sum = linear(
      [
        [stride, at(place)],
        [dilation, at(tap)],
      ],
      -before,
    );
    const last = (place.size - 1) * stride + (kernel - 1) * dilation - before;
    const name = side === 0 ? "row" : "column";
    const tests = [before > 0 && `${name} < 0`, last >= size && `${name} >= ${size}`];
    const test = tests.filter(Boolean).join(" || ");
    const over = (...body: readonly string[]) =>
      test === ""
        ? loops([tap], ...body)
        : loop(
            tap,
            `const ${name} = ${shownAt(mode, sum, size)};`,
            mode === "zeros" && `if (${test}) continue; // outside the image`,
            ...body,
          );
    return { place, tap, sum, cell: test === "" ? sum : name, leaves: test !== "", over };
  }) as [AxisTaps, AxisTaps];
  return {
    u: rows.place,
    v: columns.place,
    i: rows.tap,
    j: columns.tap,
    row: rows.cell,
    column: columns.cell,
    cell: math(`${rows.sum}, ${columns.sum}`),
    leaves: rows.leaves || columns.leaves,
    over: (...body) => rows.over(columns.over(lines(...body))),
  };
}

/** The windows of an adaptive pooling as {@link Taps}: oh×ow of them cover the image evenly, and may share cells. */
export function adaptiveTaps(image: Shape, output: readonly [h: number, w: number]): Taps {
  const [rows, columns] = ([0, 1] as const).map((side) => {
    const [size, count] = [image.at(side - 2)!, output[side]];
    const place = axis("uv"[side]!, count);
    const name = side === 0 ? "row" : "column";
    const [first, last] = side === 0 ? ["top", "bottom"] : ["left", "right"];
    const [from, to] =
      count === 1
        ? ["0", String(size)]
        : [
            `Math.floor((${place.letter} * ${size}) / ${count})`,
            `Math.ceil(((${place.letter} + 1) * ${size}) / ${count})`,
          ];
    return {
      place,
      name,
      stretch: lines(`const ${first} = ${from};`, `const ${last} = ${to};`),
      over: (...body: string[]) =>
        block(`for (let ${name} = ${first}; ${name} < ${last}; ${name}++)`, ...body),
    };
  }) as [AdaptiveAxis, AdaptiveAxis];
  return {
    u: rows.place,
    v: columns.place,
    i: axis(rows.name, 2),
    j: axis(columns.name, 2),
    row: rows.name,
    column: columns.name,
    cell: `${rows.name}, ${columns.name}`,
    leaves: false,
    stretch: lines(rows.stretch, columns.stretch),
    over: (...body) => rows.over(columns.over(lines(...body))),
  };
}

interface AdaptiveAxis {
  readonly place: Axis;
  readonly name: string;
  readonly stretch: string;
  over(...body: readonly string[]): string;
}

/** What the cells around an image show. */
export type Padding = "zeros" | "reflect" | "replicate" | "circular";

/** The cell of an axis that a place on it, or beside it, shows. */
function shownAt(mode: Padding, place: string, size: number): string {
  const last = size - 1;
  if (mode === "reflect") return `${last} - Math.abs(${last} - Math.abs(${place}))`;
  if (mode === "replicate") return `Math.min(Math.max(${place}, 0), ${last})`;
  return mode === "circular" ? `(${place} + ${size}) % ${size}` : place;
}

/** One of the two axes. */
interface AxisTaps {
  readonly place: Axis;
  readonly tap: Axis;
  readonly sum: string;
  readonly cell: string;
  readonly leaves: boolean;
  over(...body: readonly string[]): string;
}
