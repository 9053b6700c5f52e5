import { type Shape, sizeOf } from "@convgrad/core";
import type { Side, WindowGeometry } from "../geometry.ts";
import { type Loops, loopPair } from "./loops.ts";
import type { Taps } from "./windows.ts";
import {
  type Axis,
  at,
  axis,
  block,
  counting,
  index,
  indexOf,
  linear,
  lines,
  loops,
  zeros,
} from "./write.ts";

/** What the loops of all poolings need. */
interface Places {
  /** The axes of y. */
  readonly axes: readonly Axis[];
  /** Indices of x and y in flat arrays. */
  readonly X: string;
  readonly Y: string;
  /** x and y in equations, and the sum over a window. */
  readonly xAt: string;
  readonly yAt: string;
  readonly overTaps: string;
}

function placesOf(x: Shape, taps: Taps): Places {
  const lead = x.slice(0, -2);
  const planes = lead.length === 2 ? lead : [sizeOf(lead)];
  const before = planes.map((size, k) => axis("nc"[k]!, size));
  const axes = [...before, taps.u, taps.v];
  const [H, W] = x.slice(-2) as [number, number];
  const outer = before.map((a) => [at(a), a.size] as const);
  const names = before.map((a) => `${at(a)}, `).join("");
  return {
    axes,
    X: index(...outer, [taps.row, H], [taps.column, W]),
    Y: indexOf(...axes),
    xAt: `x[${names}${taps.cell}]`,
    yAt: `y[${names}${at(taps.u)}, ${at(taps.v)}]`,
    overTaps: counting(taps.i, taps.j) && `_{${counting(taps.i, taps.j)}}`,
  };
}

/** The loops of `MaxPool`: the winning unit's index is noted, and the gradient goes there. */
export function maxPoolLoops(x: Shape, y: Shape, taps: Taps): Loops {
  const { axes, X, Y, xAt, yAt, overTaps } = placesOf(x, taps);
  return loopPair({
    shared: lines(
      "/** The cell of x that wins each window: the first of the largest; NaN counts as larger than all. */",
      block(
        "export function winners(x: Float64Array): Int32Array",
        `const cells = new Int32Array(${sizeOf(y)});`,
        loops(
          axes,
          taps.stretch ?? false,
          "let best = -1;",
          taps.over(
            `const cell = ${X};`,
            "const isFirst = best < 0;",
            "const isLarger = x[cell] > x[best] || (Number.isNaN(x[cell]) && !Number.isNaN(x[best]));",
            "if (isFirst || isLarger) best = cell;",
          ),
          `cells[${Y}] = best;`,
        ),
        "return cells;",
      ),
    ),
    equation: [
      `${yAt} = max${overTaps} ${xAt}`,
      ...(taps.leaves ? ["What lies outside the image never wins."] : []),
    ],
    gradients: ["Each winner takes the whole gradient g = ∂L/∂y of its window; the others get 0."],
    forward: "return Float64Array.from(winners(x), (cell) => x[cell]);",
    backward: lines(
      zeros("gx", sizeOf(x)),
      "winners(x).forEach((cell, k) => {",
      "  gx[cell] += g[k];",
      "});",
      "return { gx };",
    ),
  });
}

/** The loops of `AvgPool` and the like: all cells of a window share evenly. `divisor` is a number, or code. */
export function avgPoolLoops(x: Shape, y: Shape, taps: Taps, divisor: number | string): Loops {
  const { axes, X, Y, xAt, yAt, overTaps } = placesOf(x, taps);
  const isSame = typeof divisor === "number";
  const stretch = taps.stretch ?? "";
  const count = isSame ? "" : `const cells = ${divisor};`;
  const cells = isSame ? String(divisor) : "cells";
  return loopPair({
    equation: [
      `${yAt} = Σ${overTaps} ${xAt} / ${cells}`,
      ...(isSame ? [] : ["cells = how many cells of the window count."]),
    ],
    gradients: [`Each cell of a window gets g / ${cells}, g = ∂L/∂y of its window.`],
    forward: lines(
      zeros("y", sizeOf(y)),
      loops(
        axes,
        stretch,
        "let sum = 0;",
        taps.over(`sum += x[${X}];`),
        count,
        `y[${Y}] = sum / ${cells};`,
      ),
      "return y;",
    ),
    backward: lines(
      zeros("gx", sizeOf(x)),
      loops(
        axes,
        stretch,
        count,
        `const share = g[${Y}] / ${cells};`,
        taps.over(`gx[${X}] += share;`),
      ),
      "return { gx };",
    ),
  });
}

/** How many cells of a window count, those from one place to before another: a number, or code where windows differ. */
export function countedCells(
  window: WindowGeometry,
  counted: readonly [rows: Side, columns: Side],
): number | string {
  const [rows, columns] = [countOf(window, 0, counted[0]), countOf(window, 1, counted[1])];
  if (typeof rows === "number" && typeof columns === "number") return rows * columns;
  return `(${rows}) * (${columns})`;
}

/** How many cells of a window count on an axis: a number, or code where it depends on the window. */
function countOf(window: WindowGeometry, side: 0 | 1, [from, to]: Side): number | string {
  const [places, stride, kernel] = [window.output[side], window.stride[side], window.kernel[side]];
  const first = -window.padding[side][0];
  const isEarly = first < from;
  const isLate = (places - 1) * stride + first + kernel > to;
  if (places === 1) return Math.min(first + kernel, to) - Math.max(first, from);
  if (!isEarly && !isLate) return kernel;
  const start = linear([[stride, "uv"[side]!]], first);
  const end = linear([[stride, "uv"[side]!]], first + kernel);
  return `${isLate ? `Math.min(${end}, ${to})` : end} - ${isEarly ? `Math.max(${start}, ${from})` : `(${start})`}`;
}

/** The loops of `LpPool`: each cell gets in proportion to |x|^(p − 1). */
export function lpPoolLoops(x: Shape, y: Shape, taps: Taps, p: number): Loops {
  const { axes, X, Y, xAt, yAt, overTaps } = placesOf(x, taps);
  const term = (value: string) =>
    p === 1 ? `Math.abs(${value})` : p === 2 ? `${value} ** 2` : `Math.abs(${value}) ** ${p}`;
  const root = p === 1 ? "sum" : p === 2 ? "Math.sqrt(sum)" : `sum ** (1 / ${p})`;
  const sum = lines("let sum = 0;", taps.over(`sum += ${term(`x[${X}]`)};`));
  const share =
    p === 1 ? "g · sign(x)" : p === 2 ? "g · x / y" : `g · sign(x) · (|x| / y)^${p - 1}`;
  const slope =
    p === 1
      ? "Math.sign(x[cell])"
      : p === 2
        ? "(x[cell] / norm)"
        : `Math.sign(x[cell]) * (Math.abs(x[cell]) / norm) ** ${p - 1}`;
  return loopPair({
    equation: [`${yAt} = (Σ${overTaps} |${xAt}|^${p})^(1/${p})`],
    gradients: [`Each cell of a window gets ${share}, g = ∂L/∂y; where y is 0 it gets 0.`],
    forward: lines(zeros("y", sizeOf(y)), loops(axes, sum, `y[${Y}] = ${root};`), "return y;"),
    backward: lines(
      zeros("gx", sizeOf(x)),
      loops(
        axes,
        sum,
        p !== 1 && `const norm = ${root};`,
        block(
          `if (${p === 1 ? "sum" : "norm"} !== 0)`,
          taps.over(`const cell = ${X};`, `gx[cell] += g[${Y}] * ${slope};`),
        ),
      ),
      "return { gx };",
    ),
  });
}
