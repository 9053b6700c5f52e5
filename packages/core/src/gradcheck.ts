import { gradients } from "./autograd.ts";
import { requireTensor, requireTensors } from "./construct.ts";
import { tensor } from "./create.ts";
import { isFloat } from "./dtype.ts";
import {
  checkBoolean,
  checkFunction,
  checkOptions,
  checkWhole,
  formatValue,
  GraphError,
  ValueError,
} from "./errors.ts";
import { noGrad } from "./graph.ts";
import { randomBlock } from "./philox.ts";
import { scope } from "./scopes.ts";
import { formatShape, sizeOf, unravelIndex } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** How {@link gradcheck} compares. */
export interface GradcheckOptions {
  /** Half the distance of the two points of a central difference; default 1e-6. */
  readonly eps?: number;
  /** Allowed |analytic − numeric| beyond `rtol·|numeric|`; default 1e-6. */
  readonly atol?: number;
  /** Allowed relative difference; default 1e-4. */
  readonly rtol?: number;
  /** 1 checks the gradients, 2 also the gradients of the gradients; default 1. */
  readonly order?: 1 | 2;
  /** Chooses the random weights of outputs with several elements; default 0. */
  readonly seed?: number;
  /** Whether a failure throws; with `false` the report says `ok: false`. Default true. */
  readonly throws?: boolean;
}

/** One element of one input, with both values of its derivative. */
export interface GradcheckElement {
  /** Which input. */
  readonly input: number;
  /** Which element of it. */
  readonly index: readonly number[];
  /** What backward says. */
  readonly analytic: number;
  /** What the central difference says. */
  readonly numeric: number;
  /** |analytic − numeric| / (atol + rtol·|numeric|); above 1 fails. */
  readonly error: number;
}

/** What {@link gradcheck} found. */
export interface GradcheckReport {
  readonly ok: boolean;
  /** The order at which it failed, or the highest one checked. */
  readonly order: 1 | 2;
  /** How many derivatives were compared. */
  readonly checked: number;
  /** Elements that sit on a kink (relu at 0, a tie of maxima), where any slope between the one-sided ones passes. */
  readonly kinks: readonly GradcheckElement[];
  /** The element with the largest error; `null` when there is nothing to compare. */
  readonly worst: GradcheckElement | null;
  /** The verdict in a sentence. */
  readonly message: string;
}

type Fn = (...inputs: Tensor[]) => Tensor;
type Settings = Required<GradcheckOptions>;

/**
 * Compares the gradients of `fn` with central differences (f(x + ε) − f(x − ε)) / 2ε in float64, element by element.
 * An output with several elements is weighted with fixed random numbers and summed. At a kink of `fn` the difference
 * has no limit; there any value between the two one-sided slopes passes, and the report lists the element.
 *
 * @param fn a deterministic function made of tensor operations; it must not modify its inputs
 * @param inputs its arguments, of any shapes; float inputs are copied to float64 and checked, others are passed on as they are
 * @throws {@link GraphError} naming the worst element with both numbers, unless `throws` is false; {@link ValueError} for an option
 * out of range, an `fn` that is no function or gives no tensor, and inputs without a float.
 * @example
 * gradcheck((x, w) => conv2d(x, w, undefined, { stride: 2 }), [x, w], { order: 2 });
 */
export function gradcheck(
  fn: Fn,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): GradcheckReport {
  checkFunction("gradcheck", "fn", fn, "(x, w) => …");
  checkOptions("gradcheck", options, ["eps", "atol", "rtol", "order", "seed", "throws"]);
  const { eps = 1e-6, atol = 1e-6, rtol = 1e-4, order = 1, seed = 0, throws = true } = options;
  const settings: Settings = { eps, atol, rtol, order, seed, throws };
  for (const name of ["eps", "atol", "rtol"] as const) {
    if (!(settings[name] > 0 && Number.isFinite(settings[name]))) {
      throw new ValueError(
        "gradcheck",
        `${name} is ${formatValue(settings[name])}; use a small number > 0`,
      );
    }
  }
  if (order !== 1 && order !== 2) {
    throw new ValueError("gradcheck", `order is ${formatValue(order)}; it must be 1 or 2`);
  }
  checkWhole("gradcheck", "seed", seed, 0);
  checkBoolean("gradcheck", "throws", throws);
  requireTensors("gradcheck", "inputs", inputs);
  if (!inputs.some((x) => isFloat(x.dtype))) {
    throw new ValueError("gradcheck", "there is no float input to differentiate by; pass some");
  }
  const report = scope(() => check(fn, inputs, settings));
  if (!report.ok && throws) throw new GraphError("gradcheck", report.message, { ...report });
  return report;
}

function check(fn: Fn, inputs: readonly Tensor[], settings: Settings): GradcheckReport {
  const points = inputs.map((x) => (isFloat(x.dtype) ? x.detach().to("float64").clone() : x));
  const first = compare(weighted(fn, settings.seed), points, settings, 1);
  if (settings.order === 1 || !first.ok) return first;
  const second = compare(weightedGradients(fn, settings.seed), points, settings, 2);
  return {
    ...second,
    checked: first.checked + second.checked,
    kinks: [...first.kinks, ...second.kinks],
    message: second.ok ? `${first.checked} gradients and ${second.message}` : second.message,
  };
}

/** Σ v·f with fixed random weights v, so that no output is blind to a difference; f itself if it is one number. */
function weighted(fn: Fn, seed: number): Fn {
  return (...inputs) => {
    const result = fn(...inputs);
    requireTensor("gradcheck", "result of fn", result);
    const y = result.to("float64");
    return y.size === 1 ? y.sum() : y.mul(weightsLike(y, seed, 1)).sum();
  };
}

/** Σ u·∂(Σ v·f)/∂x over all inputs: its gradients are the second derivatives of f. */
function weightedGradients(fn: Fn, seed: number): Fn {
  const scalar = weighted(fn, seed);
  return (...inputs) => {
    const xs = inputs.filter((x) => x.requiresGrad);
    const y = scalar(...inputs);
    if (!y.requiresGrad) return y.mul(0); // without a recorded path all its gradients are 0
    const gs = gradients(y, xs, { createGraph: true });
    return gs
      .map((g, i) => g.mul(weightsLike(g, seed, 2 + i)).sum())
      .reduce((total, term) => total.add(term));
  };
}

/** Numbers in [½, 1½) that depend on seed, stream and position alone. */
function weightsLike(y: Tensor, seed: number, stream: number): Tensor {
  const words = new Uint32Array(4);
  const values = Float64Array.from({ length: y.size }, (_, i) => {
    randomBlock(seed, stream, i, words);
    return 0.5 + words[0]! / 2 ** 32;
  });
  return tensor(values, { shape: y.shape });
}

function compare(
  fn: Fn,
  points: readonly Tensor[],
  settings: Settings,
  order: 1 | 2,
): GradcheckReport {
  const checked = points.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
  const leaves = () => {
    const xs = points.map((x) => (isFloat(x.dtype) ? x.clone() : x));
    for (const i of checked) xs[i]!.requiresGrad = true;
    return xs;
  };
  /** f at the points with one element moved. */
  const value = (input: number, element: number, step: number): number =>
    scope(() => {
      const xs = order === 1 ? [...points] : leaves();
      const moved = Float64Array.from(points[input]!.toTypedArray());
      moved[element] = moved[element]! + step;
      xs[input] = tensor(moved, { shape: points[input]!.shape, requiresGrad: order === 2 });
      return (order === 1 ? noGrad(() => fn(...xs)) : fn(...xs)).item();
    });

  const xs = leaves();
  const y = fn(...xs);
  requireDeterminism(y.item(), fn(...leaves()).item());
  const analytic = analyticGradients(
    y,
    checked.map((i) => xs[i]!),
  );

  const elements: GradcheckElement[] = [];
  const kinks: GradcheckElement[] = [];
  checked.forEach((input, k) => {
    const { shape } = points[input]!;
    for (let element = 0; element < sizeOf(shape); element++) {
      const at = (step: number) => value(input, element, step);
      const one = compareElement(at, analytic[k]![element]!, settings, {
        input,
        index: unravelIndex(element, shape),
      });
      if (one.error > 1 && isKink(at, one, settings)) kinks.push(one);
      else elements.push(one);
    }
  });
  return report(elements, kinks, order);
}

function analyticGradients(y: Tensor, xs: readonly Tensor[]): ArrayLike<number>[] {
  if (!y.requiresGrad) {
    // A function without a recorded path claims that all its derivatives are 0; the differences decide. A gradient
    // that is constant (order 2) has no path either, and rightly.
    return xs.map((x) => new Float64Array(x.size));
  }
  return gradients(y, xs).map((g) => g.toTypedArray());
}

function compareElement(
  at: (step: number) => number,
  analytic: number,
  { eps, atol, rtol }: Settings,
  place: { input: number; index: readonly number[] },
): GradcheckElement {
  const numeric = (at(eps) - at(-eps)) / (2 * eps);
  const difference = Math.abs(analytic - numeric);
  const allowed = atol + rtol * Math.abs(numeric);
  // Two equal infinities have no difference; NaN agrees with nothing.
  const ratio = analytic === numeric ? 0 : difference / allowed;
  const error = Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
  return { ...place, analytic, numeric, error };
}

/**
 * Whether the point is a kink (the slopes left and right of it differ, however near) or a jump (so do the values: the
 * gradient of a kinked function is one). The analytic value then has to lie between the two slopes.
 */
function isKink(
  at: (step: number) => number,
  element: GradcheckElement,
  { eps, atol, rtol }: Settings,
): boolean {
  const near = eps / 8;
  // Measured beside the point, so that the height of a jump does not enter.
  const slopes = (step: number) => {
    const rise = (7 / 8) * step;
    return [(at(-step / 8) - at(-step)) / rise, (at(step) - at(step / 8)) / rise] as const;
  };
  const [left, right] = slopes(eps);
  const [nearLeft, nearRight] = slopes(near);
  const bend = Math.abs(right - left);
  const gap = Math.abs(at(near) - at(-near));
  const tolerance = 2 * (atol + rtol * Math.max(Math.abs(left), Math.abs(right)));
  const bends = bend > tolerance && Math.abs(nearRight - nearLeft) > bend / 2;
  const jumps = gap > tolerance && gap > Math.abs(at(eps) - at(-eps)) / 2;
  const [low, high] = nearLeft < nearRight ? [nearLeft, nearRight] : [nearRight, nearLeft];
  const between = element.analytic >= low - tolerance && element.analytic <= high + tolerance;
  return (bends || jumps) && between;
}

function requireDeterminism(first: number, second: number): void {
  if (!Object.is(first, second)) {
    throw new GraphError(
      "gradcheck",
      `fn gave ${first} and then ${second} for the same inputs; make it deterministic (seed or remove its randomness)`,
    );
  }
}

function report(
  elements: readonly GradcheckElement[],
  kinks: readonly GradcheckElement[],
  order: 1 | 2,
): GradcheckReport {
  const worst = elements.reduce<GradcheckElement | null>(
    (top, e) => (top && top.error >= e.error ? top : e),
    null,
  );
  const ok = worst === null || worst.error <= 1;
  const checked = elements.length + kinks.length;
  const derivative = order === 1 ? "gradient" : "second derivative";
  const message = ok
    ? `${checked} ${order === 1 ? "gradients" : "second derivatives"} agree with central differences` +
      (kinks.length > 0 ? `, ${kinks.length} of them at kinks` : "")
    : `the ${derivative} of input ${worst.input} at ${formatShape(worst.index)} is ${worst.analytic} by backward ` +
      `but ${worst.numeric} by central differences; ` +
      `${elements.filter((e) => e.error > 1).length} of ${checked} elements fail`;
  return { ok, order, checked, kinks, worst, message };
}
