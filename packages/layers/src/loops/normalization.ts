import { type Shape, sizeOf, type Tensor } from "@convgrad/core";
import { type Loops, loopPair } from "./loops.ts";
import {
  type Axis,
  at,
  axis,
  block,
  index,
  type Line,
  linear,
  lines,
  loops,
  zeros,
} from "./write.ts";

/** What the loops of a normalisation depend on besides the shape. */
export interface NormalizationSettings {
  readonly w: Tensor | null;
  readonly b: Tensor | null;
  readonly epsilon: number;
  /** Channels that are normalised together, image by image; `null`: each channel over the whole batch. */
  readonly groups: number | null;
  /** The statistics of each channel, where they are given. */
  readonly means?: Tensor;
  readonly variances?: Tensor;
}

/** The loops of `BatchNorm2D` and `GroupNorm`: parts of x, each with its mean μ and variance σ². */
export function normalizationLoops(x: Shape, settings: NormalizationSettings): Loops {
  const { w, b, epsilon, groups, means, variances } = settings;
  const isGiven = means !== undefined && variances !== undefined;
  const [N, C] = x as [number, number];
  const perGroup = groups === null ? 1 : C / groups;
  const [n, c, p] = [
    axis("n", N),
    axis("c", groups === null ? C : perGroup),
    axis("p", sizeOf(x.slice(2))),
  ];
  const k = axis("k", groups ?? 1);
  const [parts, cells]: [Axis[], Axis[]] =
    groups === null
      ? [[c], [n, p]]
      : [
          [n, k],
          [c, p],
        ];
  const channel = linear([
    [perGroup, at(k)],
    [1, at(c)],
  ]);
  const place = index([at(n), N], [channel, C], [at(p), p.size]);
  const times = w ? `w[${channel}] * ` : "";
  const count = cells.reduce((size, a) => size * a.size, 1);
  /** Loops over the cells of a part; a single cell has a block of its own for its names. */
  const each = (...body: readonly Line[]) => {
    const named = [`const cell = ${place};`, ...body];
    return count === 1 ? block("", ...named).trimStart() : loops(cells, ...named);
  };
  const scale = (variance: string) => `const scale = 1 / Math.sqrt(${variance} + ${epsilon});`;
  const statistics = isGiven
    ? lines(`const mean = means[${channel}];`, scale(`variances[${channel}]`))
    : lines(
        "let mean = 0;",
        loops(cells, `mean += x[${place}] / ${count};`),
        "let variance = 0;",
        loops(cells, `variance += (x[${place}] - mean) ** 2 / ${count};`),
        scale("variance"),
      );
  const normal = "const normal = (x[cell] - mean) * scale;";
  const delta = `const d = ${times}g[cell];`;
  const parameterGradients = lines(
    w && `gw[${channel}] += g[cell] * normal;`,
    b && `gb[${channel}] += g[cell];`,
  );
  const wNamed = w ? "w · " : "";
  return loopPair({
    parameters: { w, b },
    extras: isGiven ? { means, variances } : {},
    equation: [
      `y = ${wNamed}(x − μ) / √(σ² + ${epsilon})${b ? " + b" : ""}`,
      isGiven
        ? "μ and σ² were gathered in training: a mean and a variance per channel."
        : `μ and σ² are those of the ${count} cells ${groups === null ? "of a channel" : "of a group of channels"}.`,
    ],
    gradients: [
      ...(w || b
        ? [
            `${w ? "gw = Σ g · x̂, " : ""}${b ? "gb = Σ g, " : ""}g = ∂L/∂y, x̂ = (x − μ) / √(σ² + ${epsilon})`,
          ]
        : ["g = ∂L/∂y"]),
      isGiven
        ? `gx = ${wNamed}g / √(σ² + ${epsilon})`
        : `gx = (d − mean d − x̂ · mean(d · x̂)) / √(σ² + ${epsilon}), d = ${wNamed}g: μ and σ² depend on x too`,
    ],
    forward: lines(
      zeros("y", sizeOf(x)),
      loops(
        parts,
        statistics,
        each(`y[cell] = ${times}(x[cell] - mean) * scale${b ? ` + b[${channel}]` : ""};`),
      ),
      "return y;",
    ),
    backward: lines(
      zeros("gx", sizeOf(x)),
      w && zeros("gw", C),
      b && zeros("gb", C),
      loops(
        parts,
        statistics,
        isGiven
          ? each(w && normal, parameterGradients, `gx[cell] = ${times}g[cell] * scale;`)
          : lines(
              "let mean1 = 0; // of d",
              "let mean2 = 0; // of d · x̂",
              each(
                normal,
                delta,
                parameterGradients,
                `mean1 += d / ${count};`,
                `mean2 += (d * normal) / ${count};`,
              ),
              each(normal, delta, "gx[cell] = (d - mean1 - normal * mean2) * scale;"),
            ),
      ),
      `return { gx${w ? ", gw" : ""}${b ? ", gb" : ""} };`,
    ),
  });
}
