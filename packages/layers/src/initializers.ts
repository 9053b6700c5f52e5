import {
  checkOptions,
  DTypeError,
  formatValue,
  noGrad,
  rand,
  randn,
  requireTensor,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  ValueError,
} from "@convgrad/core";
import { calculateGain, type Fans, type FansOptions, fans, type Nonlinearity } from "./fans.ts";

// Each fills a tensor in place, a parameter too, and returns it. Draws are from the sequence of `manualSeed`.

/**
 * Fills a tensor with one value.
 *
 * @throws {@link ValueError} unless the value is a finite number.
 * @example
 * fillConstant(layer.bias, 0);
 */
export function fillConstant<T extends Tensor>(x: T, value: number): T {
  checkFinite("fillConstant", "value", value);
  return filled("fillConstant", x, () => value);
}

/**
 * Fills a tensor with independent draws, uniform in [low, high).
 *
 * @throws {@link ValueError} unless low ≤ high are finite; {@link DTypeError} for integers.
 */
export function fillUniform<T extends Tensor>(x: T, low = 0, high = 1): T {
  checkFinite("fillUniform", "low", low);
  checkFinite("fillUniform", "high", high);
  if (low > high) {
    throw new ValueError("fillUniform", `low ${low} is above high ${high}; exchange them`, {
      low,
      high,
    });
  }
  return drawUniform("fillUniform", x, low, high);
}

/**
 * Fills a tensor with independent draws from a normal distribution.
 *
 * @param deviation standard deviation, ≥ 0
 * @throws {@link ValueError} for others; {@link DTypeError} for integers.
 */
export function fillNormal<T extends Tensor>(x: T, mean = 0, deviation = 1): T {
  checkFinite("fillNormal", "mean", mean);
  checkAtLeast0("fillNormal", "deviation", deviation);
  return drawNormal("fillNormal", x, mean, deviation);
}

/**
 * Fills a tensor with independent draws from a normal distribution without its tails: a draw that lies more than `limit`
 * deviations from the mean is drawn again.
 *
 * @param deviation standard deviation of the whole distribution, ≥ 0; what remains has 0.88 of it with limit 2
 * @param limit a number ≥ 0.1, default 2
 * @throws {@link ValueError} for others; {@link DTypeError} for integers.
 * Source: PyTorch, `torch.nn.init.trunc_normal_`, with bounds of mean ± limit·deviation.
 */
export function fillTruncatedNormal<T extends Tensor>(x: T, mean = 0, deviation = 1, limit = 2): T {
  checkFinite("fillTruncatedNormal", "mean", mean);
  checkAtLeast0("fillTruncatedNormal", "deviation", deviation);
  if (!(Number.isFinite(limit) && limit >= 0.1)) {
    throw new ValueError(
      "fillTruncatedNormal",
      `limit is ${formatValue(limit)}; it must be a number ≥ 0.1, commonly 2`,
      { limit },
    );
  }
  return filled("fillTruncatedNormal", x, () => {
    const draws = normals(x.size);
    for (let again = outside(draws, limit); again.length > 0; again = outside(draws, limit)) {
      const others = normals(again.length);
      again.forEach((place, i) => {
        draws[place] = others[i]!;
      });
    }
    return tensor(draws, { shape: x.shape }).mul(deviation).add(mean).to(x.dtype);
  });
}

function outside(draws: Float64Array, limit: number): number[] {
  const places = Array.from(draws, (draw, i) => (Math.abs(draw) > limit ? i : -1));
  return places.filter((i) => i >= 0);
}

/** Standard normal draws, of float32 because those are the same on every engine where the backend's own are. */
function normals(count: number): Float64Array {
  return Float64Array.from(randn([count]).toTypedArray());
}

/** How {@link kaimingUniform} and {@link kaimingNormal} count. */
export interface KaimingOptions extends FansOptions {
  /** What follows the layer; default `"leakyRelu"`, which with a = 0 is relu. */
  readonly nonlinearity?: Nonlinearity;
  /** Slope of a leaky relu below 0; default 0. */
  readonly a?: number;
  /** Keep the size of signals on their way forward (`"fanIn"`, default) or of gradients on theirs (`"fanOut"`). */
  readonly mode?: "fanIn" | "fanOut";
}

/**
 * Fills a weight with draws uniform in ±bound, bound = gain·√(3 / fan); see {@link fans} and {@link calculateGain}.
 *
 * @throws {@link ShapeError} for rank < 2; {@link ValueError} for unknown options; {@link DTypeError} for integers.
 * Source: He et al., "Delving deep into rectifiers", 2015; PyTorch, `torch.nn.init.kaiming_uniform_`.
 */
export function kaimingUniform<T extends Tensor>(x: T, options: KaimingOptions = {}): T {
  const bound = Math.sqrt(3) * kaimingDeviation("kaimingUniform", x, options);
  return drawUniform("kaimingUniform", x, -bound, bound);
}

/**
 * Fills a weight with normal draws of deviation gain / √fan; see {@link fans} and {@link calculateGain}.
 *
 * @throws as {@link kaimingUniform}. Source: as there; PyTorch, `torch.nn.init.kaiming_normal_`.
 */
export function kaimingNormal<T extends Tensor>(x: T, options: KaimingOptions = {}): T {
  return drawNormal("kaimingNormal", x, 0, kaimingDeviation("kaimingNormal", x, options));
}

function kaimingDeviation(operation: string, x: Tensor, options: KaimingOptions): number {
  checkOptions(operation, options, ["nonlinearity", "a", "mode", "transposed"]);
  const { nonlinearity = "leakyRelu", a = 0, mode = "fanIn", transposed = false } = options;
  if (mode !== "fanIn" && mode !== "fanOut") {
    throw new ValueError(
      operation,
      `mode ${formatValue(mode)} is unknown; use "fanIn" or "fanOut"`,
      { mode },
    );
  }
  return calculateGain(nonlinearity, a) / Math.sqrt(fansOf(operation, x, { transposed })[mode]);
}

/** How {@link xavierUniform} and {@link xavierNormal} count. */
export interface XavierOptions extends FansOptions {
  /** Commonly that of {@link calculateGain}; ≥ 0, default 1. */
  readonly gain?: number;
}

/**
 * Fills a weight with draws uniform in ±bound, bound = gain·√(6 / (fanIn + fanOut)).
 *
 * @throws as {@link kaimingUniform}.
 * Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010; PyTorch,
 * `torch.nn.init.xavier_uniform_`.
 */
export function xavierUniform<T extends Tensor>(x: T, options: XavierOptions = {}): T {
  const bound = Math.sqrt(3) * xavierDeviation("xavierUniform", x, options);
  return drawUniform("xavierUniform", x, -bound, bound);
}

/**
 * Fills a weight with normal draws of deviation gain·√(2 / (fanIn + fanOut)).
 *
 * @throws as {@link kaimingUniform}. Source: as {@link xavierUniform}; PyTorch, `torch.nn.init.xavier_normal_`.
 */
export function xavierNormal<T extends Tensor>(x: T, options: XavierOptions = {}): T {
  return drawNormal("xavierNormal", x, 0, xavierDeviation("xavierNormal", x, options));
}

function xavierDeviation(operation: string, x: Tensor, options: XavierOptions): number {
  checkOptions(operation, options, ["gain", "transposed"]);
  const { gain = 1, transposed = false } = options;
  checkAtLeast0(operation, "gain", gain);
  const { fanIn, fanOut } = fansOf(operation, x, { transposed });
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

/** @throws {@link ShapeError} where there are none, or where they are 0. */
function fansOf(operation: string, x: Tensor, options: FansOptions): Fans {
  const found = fans(x, options);
  if (found.fanIn > 0 && found.fanOut > 0) return found;
  throw new ShapeError(operation, `a weight without cells has no deviation: ${x.shape.join("×")}`, {
    shape: x.shape,
  });
}

/**
 * Fills a weight, seen as a matrix of its first axis by all others, with orthonormal rows or columns, whichever are
 * fewer, times the gain: a rotation, which keeps the lengths of signals.
 *
 * @param gain ≥ 0, default 1
 * @throws {@link ShapeError} for rank < 2; {@link ValueError} for another gain; {@link DTypeError} for integers.
 * It takes rows·columns·min(rows, columns) multiply-adds on one thread.
 * Source: Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2013;
 * PyTorch, `torch.nn.init.orthogonal_`.
 */
export function orthogonal<T extends Tensor>(x: T, gain = 1): T {
  checkAtLeast0("orthogonal", "gain", gain);
  fansOf("orthogonal", x, {});
  return filled("orthogonal", x, () => {
    const rows = x.shape[0]!;
    const columns = x.size / rows;
    const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
    const draws = normals(count * length);
    const vectors = Array.from({ length: count }, (_, i) =>
      draws.subarray(i * length, (i + 1) * length),
    );
    vectors.forEach((v, i) => {
      // Twice, because once leaves what rounding made of nearly parallel vectors.
      for (let pass = 0; pass < 2; pass++)
        for (const u of vectors.slice(0, i)) addScaled(v, -dot(u, v), u);
      const norm = Math.sqrt(dot(v, v));
      v.forEach((value, k) => {
        v[k] = value / norm;
      });
    });
    const matrix = tensor(draws, { shape: [count, length] }).mul(gain);
    return (rows < columns ? matrix : matrix.transpose()).reshape(x.shape).to(x.dtype);
  });
}

function dot(u: Float64Array, v: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < u.length; i++) sum += u[i]! * v[i]!;
  return sum;
}

/** v ← v + scale·u */
function addScaled(v: Float64Array, scale: number, u: Float64Array): void {
  for (let i = 0; i < v.length; i++) v[i]! += scale * u[i]!;
}

function drawUniform<T extends Tensor>(operation: string, x: T, low: number, high: number): T {
  return filled(operation, x, () =>
    rand(x.shape, { dtype: x.dtype })
      .mul(high - low)
      .add(low),
  );
}

function drawNormal<T extends Tensor>(operation: string, x: T, mean: number, deviation: number): T {
  return filled(operation, x, () => randn(x.shape, { dtype: x.dtype }).mul(deviation).add(mean));
}

/** Overwrites x, also where it requires a gradient, once the values are there. */
function filled<T extends Tensor>(operation: string, x: T, values: () => Tensor | number): T {
  requireTensor(operation, "first argument", x);
  if (x.dtype !== "float32" && x.dtype !== "float64") {
    throw new DTypeError(operation, `fills floats, not ${x.dtype}; convert with .to("float32")`, {
      dtype: x.dtype,
    });
  }
  noGrad(() => scope(() => void x.assign(values())));
  return x;
}

function checkFinite(operation: string, name: string, value: number): void {
  if (Number.isFinite(value)) return;
  throw new ValueError(operation, `${name} is ${formatValue(value)}; it must be a finite number`, {
    [name]: value,
  });
}

function checkAtLeast0(operation: string, name: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new ValueError(operation, `${name} is ${formatValue(value)}; it must be a number ≥ 0`, {
    [name]: value,
  });
}
