import { type Shape, sizeOf } from "@convgrad/core";
import { type Loops, loopPair } from "./loops.ts";
import { type Axis, at, axis, index, indexOf, linear, lines, loops, zeros } from "./write.ts";

/** One axis of an image that changes its size. */
export interface Resized {
  readonly size: number;
  readonly output: number;
  /** Input cells from one output cell to the next. */
  readonly step: number;
}

/** The loops of `Upsample` with mode "nearest": every output cell repeats one input cell. */
export function nearestLoops(x: Shape, y: Shape, axes: readonly [Resized, Resized]): Loops {
  const [n, c, u, v] = axesOf(y);
  const source = ({ size, output, step }: Resized, place: Axis) => {
    if (place.size === 1) return "0";
    if (size === output) return place.letter;
    // The library multiplies in float32, as PyTorch does.
    const scaled = Number.isInteger(1 / step)
      ? `${place.letter} / ${1 / step}`
      : `Math.fround(${place.letter} * ${Math.fround(step)})`;
    return `Math.min(Math.floor(${scaled}), ${size - 1})`;
  };
  const X = `x[${index([at(n), n.size], [at(c), c.size], ["row", x[2]!], ["column", x[3]!])}]`;
  const Y = indexOf(n, c, u, v);
  const find = lines(`const row = ${source(axes[0], u)};`, `const column = ${source(axes[1], v)};`);
  return loopPair({
    equation: [`y[${[n, c, u, v].map(at).join(", ")}] = x[${at(n)}, ${at(c)}, row, column]`],
    gradients: ["Each cell of x gets the sum of the g = ∂L/∂y where it was repeated."],
    forward: lines(
      zeros("y", sizeOf(y)),
      loops([n, c, u, v], find, `y[${Y}] = ${X};`),
      "return y;",
    ),
    backward: lines(
      zeros("gx", sizeOf(x)),
      loops([n, c, u, v], find, `g${X} += g[${Y}];`),
      "return { gx };",
    ),
  });
}

/** The loops of `Upsample` with mode "bilinear": every output cell blends four input cells. */
export function bilinearLoops(
  x: Shape,
  y: Shape,
  axes: readonly [Resized, Resized],
  alignCorners: boolean,
): Loops {
  const [n, c, u, v] = axesOf(y);
  const Y = indexOf(n, c, u, v);
  const find = (
    { size, output, step }: Resized,
    place: Axis,
    [low, high]: string[],
    share: string,
  ) => {
    const between = output > 1 ? (size - 1) / (output - 1) : 0;
    const where = alignCorners
      ? `${at(place)} * ${between}`
      : `Math.max((${at(place)} + 0.5) * ${step} - 0.5, 0)`;
    const name = share === "down" ? "vertical" : "horizontal";
    return lines(
      `const ${name} = ${where};`,
      `const ${low} = Math.min(Math.floor(${name}), ${size - 1});`,
      `const ${high} = Math.min(${low} + 1, ${size - 1});`,
      `const ${share} = Math.min(${name} - ${low}, 1);`,
    );
  };
  const both = lines(
    find(axes[0], u, ["top", "bottom"], "down"),
    find(axes[1], v, ["left", "right"], "across"),
  );
  const corners = [
    ["top", "left", "(1 - down) * (1 - across)"],
    ["top", "right", "(1 - down) * across"],
    ["bottom", "left", "down * (1 - across)"],
    ["bottom", "right", "down * across"],
  ].map(([row, column, share]) => ({
    X: `x[${index([at(n), n.size], [at(c), c.size], [row!, x[2]!], [column!, x[3]!])}]`,
    share,
  }));
  return loopPair({
    equation: ["y blends the four cells of x around its place, by their nearness."],
    gradients: ["Each cell of x gets from every g = ∂L/∂y the share that it gave."],
    forward: lines(
      zeros("y", sizeOf(y)),
      loops(
        [n, c, u, v],
        both,
        "let sum = 0;",
        ...corners.map(({ X, share }) => `sum += ${share} * ${X};`),
        `y[${Y}] = sum;`,
      ),
      "return y;",
    ),
    backward: lines(
      zeros("gx", sizeOf(x)),
      loops([n, c, u, v], both, ...corners.map(({ X, share }) => `g${X} += ${share} * g[${Y}];`)),
      "return { gx };",
    ),
  });
}

/** The loops of a residual network's parameter-free shortcut: every second cell, its channels between zeros. */
export function subsampleLoops(x: Shape, y: Shape, before: number): Loops {
  const [n, , u, v] = axesOf(y);
  const c = axis("c", x[1]!);
  const cell = ([place, output]: [Axis, number]) => [linear([[2, at(place)]]), output] as const;
  const X = index([at(n), n.size], [at(c), c.size], cell([u, x[2]!]), cell([v, x[3]!]));
  const channel = linear([[1, at(c)]], before);
  const Y = index([at(n), n.size], [channel, y[1]!], [at(u), u.size], [at(v), v.size]);
  return loopPair({
    equation: ["Every second cell of x; the channels before and after its own stay 0."],
    gradients: ["The cells that were taken get their g = ∂L/∂y, the others 0."],
    forward: lines(zeros("y", sizeOf(y)), loops([n, c, u, v], `y[${Y}] = x[${X}];`), "return y;"),
    backward: lines(
      zeros("gx", sizeOf(x)),
      loops([n, c, u, v], `gx[${X}] = g[${Y}];`),
      "return { gx };",
    ),
  });
}

function axesOf([N, C, oh, ow]: Shape): [Axis, Axis, Axis, Axis] {
  return [axis("n", N!), axis("c", C!), axis("u", oh!), axis("v", ow!)];
}
