import { type Shape, sizeOf, type Tensor } from "@convgrad/core";
import { type Loops, loopPair } from "./loops.ts";
import { at, axis, block, indexOf, lines, loops, zeros } from "./write.ts";

/** f and its gradient as code of one element: `x[k]`, `g[k]`. */
export interface Elementwise {
  readonly y: string;
  readonly gx: string;
  /** The equations of y and gx. */
  readonly math: readonly [y: string, gx: string];
  /** What both compute first. */
  readonly first?: string;
  /** A function that both call. */
  readonly shared?: string;
}

/** The loops of an activation, which knows no neighbours. */
export function elementwiseLoops(
  x: Shape,
  { y, gx, math, first = "", shared }: Elementwise,
): Loops {
  const size = sizeOf(x);
  const each = (...body: string[]) => block(`for (let k = 0; k < ${size}; k++)`, first, ...body);
  return loopPair({
    ...(shared && { shared }),
    equation: [`y[k] = ${math[0]}`],
    gradients: [`gx[k] = ${math[1]}, g = ∂L/∂y`],
    forward: lines(zeros("y", size), each(`y[k] = ${y};`), "return y;"),
    backward: lines(zeros("gx", size), each(`gx[k] = ${gx};`), "return { gx };"),
  });
}

/** The loops of `Dropout` and `Dropout2D`: a number of the mask for each of so many parts. */
export function dropoutLoops(x: Shape, p: number, draws: Shape): Loops {
  const [k, m] = [axis("k", sizeOf(draws)), axis("m", sizeOf(x) / sizeOf(draws))];
  const cell = indexOf(k, m);
  return loopPair({
    extras: { mask: draws },
    equation: [
      `y = mask · x, one number of the mask per ${m.size === 1 ? "cell" : "channel"}: ` +
        `0 with probability ${p}, else 1 / (1 − ${p})`,
    ],
    gradients: ["gx = mask · g, g = ∂L/∂y"],
    forward: lines(
      zeros("y", sizeOf(x)),
      loops([k, m], `y[${cell}] = mask[${at(k)}] * x[${cell}];`),
      "return y;",
    ),
    backward: lines(
      zeros("gx", sizeOf(x)),
      loops([k, m], `gx[${cell}] = mask[${at(k)}] * g[${cell}];`),
      "return { gx };",
    ),
  });
}

/** The loops of a layer that gives the same numbers another shape. */
export function reshapeLoops(): Loops {
  return loopPair({
    equation: ["The same numbers in the same order, if under another shape."],
    gradients: ["And so their gradients."],
    forward: "return x.slice();",
    backward: lines("const gx = g.slice();", "return { gx };"),
  });
}

/** The loops of `PReLU`: a slope for all, or one per channel. */
export function preluLoops(x: Shape, w: Tensor): Loops {
  const isOne = w.size === 1;
  const n = axis("n", isOne ? 1 : x[0]!);
  const c = axis("c", isOne ? 1 : w.size);
  const k = axis("k", sizeOf(x) / (n.size * c.size));
  const cell = indexOf(n, c, k);
  const slope = `w[${at(c)}]`;
  return loopPair({
    parameters: { w },
    equation: [`y = x where x > 0, else ${slope} · x`],
    gradients: [
      `gx = g where x > 0, else ${slope} · g;  g${slope} = Σ g · x over x ≤ 0;  g = ∂L/∂y`,
    ],
    forward: lines(
      zeros("y", sizeOf(x)),
      loops([n, c, k], `y[${cell}] = x[${cell}] > 0 ? x[${cell}] : ${slope} * x[${cell}];`),
      "return y;",
    ),
    backward: lines(
      zeros("gx", sizeOf(x)),
      zeros("gw", w.size),
      loops(
        [n, c, k],
        `gx[${cell}] = x[${cell}] > 0 ? g[${cell}] : ${slope} * g[${cell}];`,
        `if (x[${cell}] <= 0) g${slope} += g[${cell}] * x[${cell}];`,
      ),
      "return { gx, gw };",
    ),
  });
}
