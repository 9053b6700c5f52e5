import type { Shape } from "@convgrad/core";
import type { WindowGeometry } from "../geometry.ts";
import { type Axis, at, axis, linear, lines, loop, loops, math } from "./write.ts";

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
  /** Loops over the taps inside the image. */
  over(...body: readonly string[]): string;
}

/**
 * The taps of a window that slides over the last two axes of an image. Bounds are tested only on the sides where
 * some window leaves the image.
 */
export function tapsOf(window: WindowGeometry, image: Shape): Taps {
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
            `const ${name} = ${sum};`,
            `if (${test}) continue; // outside the image`,
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

/** One of the two axes. */
interface AxisTaps {
  readonly place: Axis;
  readonly tap: Axis;
  readonly sum: string;
  readonly cell: string;
  readonly leaves: boolean;
  over(...body: readonly string[]): string;
}
