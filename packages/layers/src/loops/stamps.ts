import { type Shape, sizeOf, type Tensor } from "@convgrad/core";
import type { WindowGeometry } from "../geometry.ts";
import { type Loops, loopPair } from "./loops.ts";
import { tapsOf } from "./windows.ts";
import { at, axis, index, indexOf, linear, lines, loops, math, zeros } from "./write.ts";

/** What a transposed convolution's loops depend on besides the shapes. */
export interface StampSettings {
  /** Its places are the cells of x, its image is y. */
  readonly window: WindowGeometry;
  readonly w: Tensor;
  readonly b: Tensor | null;
  readonly groups: number;
}

/** The loops of `ConvTranspose2D`: every cell of x stamps its filters into y. */
export function stampLoops(x: Shape, y: Shape, { window, w, b, groups }: StampSettings): Loops {
  const [N, O, oh, ow] = y as [number, number, number, number];
  const taps = tapsOf(window, y);
  const { u, v, i, j } = taps;
  const [n, c, o] = [axis("n", N), axis("c", x[1]!), axis("o", O / groups)];
  const perGroup = c.size / groups;
  const group = groups === 1 ? "0" : perGroup === 1 ? at(c) : "k";
  const channel = linear([
    [o.size, group],
    [1, at(o)],
  ]);
  const X = `x[${indexOf(n, c, u, v)}]`;
  const filter = `w[${indexOf(c, o, i, j)}]`;
  const Y = index([at(n), N], [channel, O], [taps.row, oh], [taps.column, ow]);
  const [wAt, xAt] = [
    [c, o, i, j],
    [n, c, u, v],
  ].map((axes) => axes.map(at).join(", "));
  const yAt = `[${at(n)}, ${math(channel)}, ${taps.cell}]`;
  const [all, p] = [axis("o", O), axis("p", oh * ow)];
  const bias = (code: string) => loops([n, all, p], code);
  const over = (first: string, body: string, after: string) =>
    loops(
      [n, c, u, v],
      group === "k" && `const k = Math.floor(c / ${perGroup}); // the group of c`,
      first,
      loops([o], taps.over(body)),
      after,
    );
  return loopPair({
    parameters: { w, b },
    equation: [
      `y${yAt} gets w[${wAt}] · x[${xAt}] from every cell of x and tap of w`,
      ...(b ? ["and each channel of y its b."] : []),
      ...(taps.leaves ? ["What falls outside of y is lost."] : []),
    ],
    gradients: ["g = ∂L/∂y. Each product w · x in a y gives g · x to its w and g · w to its x."],
    forward: lines(
      zeros("y", sizeOf(y)),
      b && bias(`y[${indexOf(n, all, p)}] = b[${at(all)}];`),
      over(`const value = ${X};`, `y[${Y}] += ${filter} * value;`, ""),
      "return y;",
    ),
    backward: lines(
      zeros("gx", sizeOf(x)),
      zeros("gw", w.size),
      b && zeros("gb", O),
      b && bias(`gb[${at(all)}] += g[${indexOf(n, all, p)}];`),
      over(
        "let sum = 0;",
        lines(`sum += g[${Y}] * ${filter};`, `g${filter} += g[${Y}] * ${X};`),
        `g${X} = sum;`,
      ),
      `return { gx, gw${b ? ", gb" : ""} };`,
    ),
  });
}
