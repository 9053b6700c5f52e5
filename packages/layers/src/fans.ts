import {
  checkOptions,
  formatShape,
  formatValue,
  requireTensor,
  ShapeError,
  sizeOf,
  type Tensor,
  ValueError,
} from "@convgrad/core";

/** How many numbers meet in one. */
export interface Fans {
  /** Inputs that one output sums. */
  readonly fanIn: number;
  /** Outputs that one input goes into. */
  readonly fanOut: number;
}

/** How the axes of a weight are meant. */
export interface FansOptions {
  /** Whether the weight is that of a transposed convolution, `[C, O / groups, kh, kw]`; default false. */
  readonly transposed?: boolean;
}

/**
 * The fans of a weight: of filters `[O, C / groups, kh, kw]` fanIn = C/groups·kh·kw and fanOut = O·kh·kw, of dense
 * weights `[in, out]` the two sizes. (PyTorch's dense weights are `[out, in]`; the fans are the same.)
 *
 * @param x any weight of rank ≥ 2
 * @throws {@link ShapeError} for vectors and scalars, which have none.
 * Source: PyTorch, `torch.nn.init._calculate_fan_in_and_fan_out`, which counts filters of transposed convolutions as if
 * they were not.
 */
export function fans(x: Tensor, options: FansOptions = {}): Fans {
  requireTensor("fans", "weight", x);
  checkOptions("fans", options, ["transposed"]);
  const { transposed = false } = options;
  if (typeof transposed !== "boolean") {
    throw new ValueError(
      "fans",
      `transposed is ${formatValue(transposed)}; it must be true or false`,
      { transposed },
    );
  }
  const [first, second, ...taps] = x.shape;
  if (first === undefined || second === undefined) {
    throw new ShapeError(
      "fans",
      `a weight has at least 2 axes, not ${formatShape(x.shape)}; fill a bias with fillConstant() or fillUniform()`,
      { shape: x.shape },
    );
  }
  const cells = sizeOf(taps);
  const [a, b] = [first * cells, second * cells];
  const isDense = x.rank === 2;
  return isDense || transposed ? { fanIn: a, fanOut: b } : { fanIn: b, fanOut: a };
}

/** What follows a layer, for {@link calculateGain}. */
export type Nonlinearity = "linear" | "sigmoid" | "tanh" | "relu" | "leakyRelu" | "selu";

const GAINS: Readonly<Record<Nonlinearity, (slope: number) => number>> = {
  linear: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leakyRelu: (slope) => Math.sqrt(2 / (1 + slope * slope)),
  selu: () => 3 / 4,
};

/**
 * By how much weights must be larger for a nonlinearity that follows them, so that signals keep their size.
 *
 * @param parameter the slope of `"leakyRelu"` below 0, default 0.01; others have none
 * @throws {@link ValueError} for an unknown nonlinearity, or a slope that is no finite number.
 * Source: PyTorch, `torch.nn.init.calculate_gain`.
 */
export function calculateGain(nonlinearity: Nonlinearity, parameter = 0.01): number {
  if (!Object.hasOwn(GAINS, nonlinearity)) {
    throw new ValueError(
      "calculateGain",
      `nonlinearity ${formatValue(nonlinearity)} is unknown; use ${Object.keys(GAINS).join(", ")}`,
      { nonlinearity },
    );
  }
  if (!Number.isFinite(parameter)) {
    throw new ValueError(
      "calculateGain",
      `the slope is ${formatValue(parameter)}; it must be a finite number, commonly 0.01`,
      { parameter },
    );
  }
  return GAINS[nonlinearity](parameter);
}
