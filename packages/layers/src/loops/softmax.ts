import { type Shape, sizeOf } from "@convgrad/core";
import { type Loops, loopPair } from "./loops.ts";
import { axis, indexOf, lines, loop, loops, zeros } from "./write.ts";

/** The loops of `Softmax` and, with `log`, of `LogSoftmax` along an axis; n counts what is before it, m what is after. */
export function softmaxLoops(x: Shape, along: number, log: boolean): Loops {
  const dim = along < 0 ? along + x.length : along;
  const n = axis("n", sizeOf(x.slice(0, dim)));
  const k = axis("k", x[dim]!);
  const m = axis("m", sizeOf(x.slice(dim + 1)));
  const cell = k.size === 1 ? indexOf(n, m) : indexOf(n, k, m);
  const each = (...body: string[]) => loop(k, ...body);
  return loopPair({
    equation: [
      log ? "y[k] = x[k] − ln Σ_k exp(x[k])" : "y[k] = exp(x[k]) / Σ_k exp(x[k])",
      "The largest x is taken off first, so that no exp overflows.",
    ],
    gradients: [
      log
        ? "gx[k] = g[k] − exp(y[k]) · Σ_k g[k], g = ∂L/∂y"
        : "gx[k] = y[k] · (g[k] − Σ_k g[k] · y[k]), g = ∂L/∂y",
    ],
    forward: lines(
      zeros("y", sizeOf(x)),
      loops(
        [n, m],
        "let largest = -Infinity;",
        each(`largest = Math.max(largest, x[${cell}]);`),
        "let sum = 0;",
        each(`sum += Math.exp(x[${cell}] - largest);`),
        log && "const shift = largest + Math.log(sum);",
        each(
          log
            ? `y[${cell}] = x[${cell}] - shift;`
            : `y[${cell}] = Math.exp(x[${cell}] - largest) / sum;`,
        ),
      ),
      "return y;",
    ),
    backward: lines(
      "const y = forward(x);",
      zeros("gx", sizeOf(x)),
      loops(
        [n, m],
        "let sum = 0;",
        each(`sum += g[${cell}]${log ? "" : ` * y[${cell}]`};`),
        each(
          log
            ? `gx[${cell}] = g[${cell}] - Math.exp(y[${cell}]) * sum;`
            : `gx[${cell}] = y[${cell}] * (g[${cell}] - sum);`,
        ),
      ),
      "return { gx };",
    ),
  });
}
