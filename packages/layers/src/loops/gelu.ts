import type { Shape } from "@convgrad/core";
import { elementwiseLoops } from "./elementwise.ts";
import type { Loops } from "./loops.ts";
import { block, lines } from "./write.ts";

/** JavaScript has no erf; all terms of this series have one sign, so nothing cancels. */
const ERF = lines(
  "/** erf(x) = 2/√π · exp(−x²) · Σ_n 2ⁿ x^(2n + 1) / (2n + 1)!! */",
  block(
    "export function erf(x: number): number",
    "if (Math.abs(x) > 6) return Math.sign(x);",
    "let [term, sum] = [x, x];",
    block(
      "for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++)",
      "term *= (2 * x * x) / (2 * n + 1);",
      "sum += term;",
    ),
    "return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;",
  ),
);

/** The loops of `GELU`. */
export function geluLoops(x: Shape, isApproximate: boolean): Loops {
  if (isApproximate) {
    return elementwiseLoops(x, {
      math: [
        "x[k] · ½(1 + tanh u), u = √(2/π) · (x[k] + 0.044715 · x[k]³)",
        "g[k] · ½(1 + tanh u + x[k] · (1 − tanh² u) · u′)",
      ],
      first: lines(
        "const c = Math.sqrt(2 / Math.PI);",
        "const t = Math.tanh(c * (x[k] + 0.044715 * x[k] ** 3));",
      ),
      y: "(x[k] * (1 + t)) / 2",
      gx: "(g[k] * (1 + t + x[k] * (1 - t * t) * c * (1 + 0.134145 * x[k] ** 2))) / 2",
    });
  }
  return elementwiseLoops(x, {
    shared: ERF,
    math: [
      "x[k] · Φ, Φ = ½(1 + erf(x[k] / √2))",
      "g[k] · (Φ + x[k] · φ), φ = exp(−x[k]² / 2) / √(2π)",
    ],
    first: "const below = (1 + erf(x[k] / Math.SQRT2)) / 2;",
    y: "x[k] * below",
    gx: "g[k] * (below + (x[k] * Math.exp(-x[k] * x[k] / 2)) / Math.sqrt(2 * Math.PI))",
  });
}
