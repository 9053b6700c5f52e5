import { type Shape, sizeOf, type Tensor } from "@convgrad/core";
import { type Loops, loopPair } from "./loops.ts";
import { type Axis, at, axis, indexOf, lines, loops, zeros } from "./write.ts";

/** The loops of `Dense`. */
export function denseLoops(x: Shape, w: Tensor, b: Tensor | null): Loops {
  const [inputs, outputs] = w.shape as [number, number];
  const rows = sizeOf(x) / inputs;
  const [n, k, o] = [axis("n", rows), axis("k", inputs), axis("o", outputs)];
  const of = (array: string, ...axes: Axis[]) => `${array}[${indexOf(...axes)}]`;
  const named = (array: string, ...axes: Axis[]) => `${array}[${axes.map(at).join(", ")}]`;
  const sum = (a: Axis) => (a.size === 1 ? "" : `Σ_${a.letter} `);
  return loopPair({
    parameters: { w, b },
    equation: [
      `${named("y", n, o)} = ${b ? `${named("b", o)} + ` : ""}${sum(k)}${named("x", n, k)} · ${named("w", k, o)}`,
    ],
    gradients: [
      "g = ∂L/∂y, δ one of its numbers. Each product x · w in a y gives δ · x to its w and δ · w to its x:",
      `${named("gw", k, o)} = ${sum(n)}${named("x", n, k)} · ${named("g", n, o)}`,
      ...(b ? [`${named("gb", o)} = ${sum(n)}${named("g", n, o)}`] : []),
      `${named("gx", n, k)} = ${sum(o)}${named("g", n, o)} · ${named("w", k, o)}`,
    ],
    forward: lines(
      zeros("y", rows * outputs),
      loops(
        [n, o],
        `let sum = ${b ? of("b", o) : 0};`,
        loops([k], `sum += ${of("x", n, k)} * ${of("w", k, o)};`),
        `${of("y", n, o)} = sum;`,
      ),
      "return y;",
    ),
    backward: lines(
      zeros("gx", rows * inputs),
      zeros("gw", inputs * outputs),
      b && zeros("gb", outputs),
      loops(
        [n, o],
        `const delta = ${of("g", n, o)};`,
        b && `${of("gb", o)} += delta;`,
        loops(
          [k],
          `${of("gw", k, o)} += delta * ${of("x", n, k)};`,
          `${of("gx", n, k)} += delta * ${of("w", k, o)};`,
        ),
      ),
      `return { gx, gw${b ? ", gb" : ""} };`,
    ),
  });
}
