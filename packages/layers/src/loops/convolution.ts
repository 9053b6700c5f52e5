import { type Shape, sizeOf, type Tensor } from "@convgrad/core";
import type { WindowGeometry } from "../geometry.ts";
import { type Loops, loopPair } from "./loops.ts";
import { type Padding, tapsOf } from "./windows.ts";
import { at, axis, counting, index, indexOf, linear, lines, loops, math, zeros } from "./write.ts";

/** What a convolution's loops depend on besides the shapes. */
export interface ConvolutionSettings {
  readonly window: WindowGeometry;
  readonly w: Tensor;
  readonly b: Tensor | null;
  readonly groups: number;
  readonly flip: boolean;
  readonly padding: Padding;
}

const SHOWN: Readonly<Record<Padding, string>> = {
  zeros: "counts as 0",
  reflect: "is its mirror image, the edge cell being the mirror",
  replicate: "is its nearest cell",
  circular: "begins again from the other side",
};

/** The loops of `Conv2D`: each product w·x in a y gives g·x to its w and g·w to its x. */
export function convolutionLoops(x: Shape, y: Shape, settings: ConvolutionSettings): Loops {
  const { window, w, b, groups, flip, padding } = settings;
  const [N, C, H, W] = x as [number, number, number, number];
  const taps = tapsOf(window, x, padding);
  const { u, v, i, j } = taps;
  const [n, o, c] = [axis("n", N), axis("o", y[1]!), axis("c", C / groups)];
  const perGroup = o.size / groups;
  const group = groups === 1 ? "0" : perGroup === 1 ? at(o) : "k";
  const findGroup = group === "k" && `const k = Math.floor(o / ${perGroup}); // the group of o`;
  const channel = linear([
    [c.size, group],
    [1, at(c)],
  ]);
  // A flipped filter is read from its end.
  const [m, l] = [i, j].map((tap) =>
    flip && tap.size > 1 ? `${tap.size - 1} - ${tap.letter}` : at(tap),
  ) as [string, string];
  const X = `x[${index([at(n), N], [channel, C], [taps.row, H], [taps.column, W])}]`;
  const filter = `w[${index([at(o), o.size], [at(c), c.size], [m, i.size], [l, j.size])}]`;
  const Y = indexOf(n, o, u, v);
  const over = (...body: string[]) => loops([c], taps.over(...body));

  const yAt = `y[${[n, o, u, v].map(at).join(", ")}]`;
  const gAt = yAt.replace("y", "g");
  const wAt = math(`w[${at(o)}, ${at(c)}, ${m}, ${l}]`);
  const xAt = `x[${at(n)}, ${math(channel)}, ${taps.cell}]`;
  const summed = counting(c, i, j);
  const sum = summed === "" ? "" : `Σ_{${summed}} `;
  const all = counting(n, u, v);
  const overAll = all === "" ? "" : `Σ_{${all}} `;
  return loopPair({
    parameters: { w, b },
    equation: [
      `${yAt} = ${b ? `b[${at(o)}] + ` : ""}${sum}${wAt} · ${xAt}` +
        (group === "k" ? `, k = ⌊o / ${perGroup}⌋` : ""),
      ...(taps.leaves ? [`Outside the image x ${SHOWN[padding]}.`] : []),
    ],
    gradients: [
      "g = ∂L/∂y, δ one of its numbers. Each product w · x in a y gives δ · x to its w and δ · w to its x:",
      `g${wAt} = ${overAll}${gAt} · ${xAt}`,
      ...(b ? [`gb[${at(o)}] = ${overAll}${gAt}`] : []),
      `g${xAt} = the sum of all ${gAt} · ${wAt} that meet there`,
    ],
    forward: lines(
      zeros("y", sizeOf(y)),
      loops(
        [n, o, u, v],
        findGroup,
        `let sum = ${b ? `b[${at(o)}]` : 0};`,
        over(`sum += ${filter} * ${X};`),
        `y[${Y}] = sum;`,
      ),
      "return y;",
    ),
    backward: lines(
      zeros("gx", sizeOf(x)),
      zeros("gw", w.size),
      b && zeros("gb", b.size),
      loops(
        [n, o, u, v],
        findGroup,
        `const delta = g[${Y}];`,
        b && `gb[${at(o)}] += delta;`,
        over(`g${filter} += delta * ${X};`, `g${X} += delta * ${filter};`),
      ),
      `return { gx, gw${b ? ", gb" : ""} };`,
    ),
  });
}
