import {
  checkOptions,
  requireTensor,
  type Shape,
  type ShapeOf,
  type Tensor,
  tensor,
  where,
} from "@convgrad/core";
import { elementwiseLoops } from "./loops/elementwise.ts";
import { geluLoops } from "./loops/gelu.ts";
import type { Loops } from "./loops/loops.ts";
import { Module } from "./module.ts";
import { annotate } from "./note.ts";
import { requireFloats } from "./operands.ts";
import { checkChoice, checkNumber } from "./options.ts";
import type { Given, SameShape, shapeRule } from "./shape.rule.ts";

/**
 * y = max(0, x), any shape.  ∂x = g where x > 0, else 0: relu'(0) = 0, as PyTorch.
 *
 * @throws {@link DTypeError} for integers.
 */
export function relu<T extends Tensor>(x: T): Tensor<ShapeOf<T>> {
  requireTensor("relu", "input x", x);
  return x.relu();
}

/**
 * y = x where x > 0, else slope·x, any shape.  ∂x = g or slope·g; at 0 it is slope·g, as PyTorch.
 *
 * @param slope of the left half; default 0.01
 * @throws {@link DTypeError} for integers; {@link ValueError} for a slope that is no finite number.
 */
export function leakyRelu<T extends Tensor>(x: T, slope?: number): Tensor<ShapeOf<T>>;
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  requireFloats("leakyRelu", x);
  checkNumber("leakyRelu", "slope", slope);
  return annotate(x.mul(where(x.greater(0), tensor(1, { dtype: x.dtype }), slope)), {
    operation: "leakyRelu",
    equation: "y = x where x > 0, else slope · x",
    inputs: [x],
    options: { slope },
  });
}

/**
 * y = x where x > 0, else α·(eˣ − 1), any shape: smooth at 0 for α = 1.
 * ∂x = g or g·α·eˣ; at 0 it is α·g, as PyTorch.
 *
 * @param alpha y approaches −α on the left; default 1
 * @throws {@link DTypeError} for integers; {@link ValueError} for an alpha that is no finite number.
 * Source: Clevert et al. 2016.
 */
export function elu<T extends Tensor>(x: T, alpha?: number): Tensor<ShapeOf<T>>;
export function elu(x: Tensor, alpha = 1): Tensor {
  requireFloats("elu", x);
  checkNumber("elu", "alpha", alpha);
  // Masked before the exponential: a masked infinity would still make 0·∞ of the gradient.
  const left = where(x.greater(0), 0, x);
  return annotate(x.relu().add(left.expm1().mul(alpha)), {
    operation: "elu",
    equation: "y = x where x > 0, else α(eˣ − 1)",
    inputs: [x],
    options: { alpha },
  });
}

/**
 * y = x·σ(x), any shape; also called swish.  ∂x = g·σ(x)·(1 + x·(1 − σ(x)))
 *
 * @throws {@link DTypeError} for integers.
 * Source: Elfwing et al. 2018.
 */
export function silu<T extends Tensor>(x: T): Tensor<ShapeOf<T>>;
export function silu(x: Tensor): Tensor {
  requireFloats("silu", x);
  const y = x.mul(x.sigmoid());
  return annotate(y, { operation: "silu", equation: "y = x · σ(x)", inputs: [x] });
}

/** How {@link gelu} computes Φ. */
export interface GELUOptions {
  /** `"none"` for Φ itself, `"tanh"` for the approximation of the paper; default `"none"`. */
  readonly approximate?: "none" | "tanh";
}

/**
 * y = x·Φ(x) with the normal distribution Φ, any shape.  ∂x = g·(Φ(x) + x·φ(x)) with its density φ
 *
 *     Φ(x) = ½(1 + erf(x/√2)),   approximately ½(1 + tanh u) = σ(2u) with u = √(2/π)·(x + 0.044715·x³)
 *
 * @throws {@link DTypeError} for integers; {@link ValueError} for another approximation.
 * Source: Hendrycks and Gimpel 2016.
 */
export function gelu<T extends Tensor>(x: T, options?: GELUOptions): Tensor<ShapeOf<T>>;
export function gelu(x: Tensor, options: GELUOptions = {}): Tensor {
  checkOptions("gelu", options, ["approximate"]);
  const { approximate = "none" } = options;
  requireFloats("gelu", x);
  checkChoice("gelu", "approximate", approximate, APPROXIMATIONS);
  const y = approximate === "none" ? x.mul(normal(x)) : x.mul(nearlyNormal(x));
  return annotate(y, { operation: "gelu", equation: "y = x · Φ(x)", inputs: [x], options });
}

/** Φ(x) */
function normal(x: Tensor): Tensor {
  return x.div(Math.SQRT2).erf().add(1).mul(0.5);
}

/** Almost Φ(x). */
function nearlyNormal(x: Tensor): Tensor {
  // Beyond ±30 the sigmoid is 0 or 1 to the last bit; there x³ could overflow, and its slope times 0 would be NaN.
  const near = x.clamp(-30, 30);
  const cubic = near.mul(near.square().mul(0.044715).add(1));
  return cubic.mul(2 * Math.sqrt(2 / Math.PI)).sigmoid();
}

const APPROXIMATIONS = ["none", "tanh"] as const;

/**
 * y = 1 / (1 + e⁻ˣ), any shape; without overflow.  ∂x = g·y·(1 − y)
 *
 * @throws {@link DTypeError} for integers.
 */
export function sigmoid<T extends Tensor>(x: T): Tensor<ShapeOf<T>> {
  requireTensor("sigmoid", "input x", x);
  return x.sigmoid();
}

/**
 * y = tanh x, any shape.  ∂x = g·(1 − y²)
 *
 * @throws {@link DTypeError} for integers.
 */
export function tanh<T extends Tensor>(x: T): Tensor<ShapeOf<T>> {
  requireTensor("tanh", "input x", x);
  return x.tanh();
}

/** A layer without parameters that works on each cell by itself. */
export abstract class Cellwise extends Module {
  declare readonly [shapeRule]: SameShape;
  override reach(): "cell" {
    return "cell";
  }
}

/** The layer of {@link relu}; any shape. */
export class ReLU extends Cellwise {
  forward<T extends Tensor>(x: T): Tensor<ShapeOf<T>> {
    return relu(x);
  }
  override loops(x: Shape): Loops {
    return elementwiseLoops(x, {
      math: ["max(0, x[k])", "g[k] where x[k] > 0, else 0"],
      y: "Math.max(0, x[k])",
      gx: "x[k] > 0 ? g[k] : 0",
    });
  }
  override toString(): string {
    return "ReLU";
  }
}

/** The layer of {@link leakyRelu}; any shape. */
export class LeakyReLU extends Cellwise {
  readonly slope: number;

  /** @throws {@link ValueError} for a slope that is no finite number. */
  constructor(slope = 0.01) {
    super();
    checkNumber("LeakyReLU", "slope", slope);
    this.slope = slope;
  }
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.slope);
  }
  override loops(x: Shape): Loops {
    const { slope } = this;
    return elementwiseLoops(x, {
      math: [
        `x[k] where x[k] > 0, else ${slope} · x[k]`,
        `g[k] where x[k] > 0, else ${slope} · g[k]`,
      ],
      y: `x[k] > 0 ? x[k] : ${slope} * x[k]`,
      gx: `x[k] > 0 ? g[k] : ${slope} * g[k]`,
    });
  }
  override toString(): string {
    return this.slope === 0.01 ? "LeakyReLU" : `LeakyReLU(${this.slope})`;
  }
}

/** The layer of {@link elu}; any shape. */
export class ELU extends Cellwise {
  readonly alpha: number;

  /** @throws {@link ValueError} for an alpha that is no finite number. */
  constructor(alpha = 1) {
    super();
    checkNumber("ELU", "alpha", alpha);
    this.alpha = alpha;
  }
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return elu(x, this.alpha);
  }
  override loops(x: Shape): Loops {
    const [dot, times] = this.alpha === 1 ? ["", ""] : [`${this.alpha} · `, `${this.alpha} * `];
    return elementwiseLoops(x, {
      math: [
        `x[k] where x[k] > 0, else ${dot}(exp(x[k]) − 1)`,
        `g[k] where x[k] > 0, else ${dot}g[k] · exp(x[k])`,
      ],
      y: `x[k] > 0 ? x[k] : ${times}Math.expm1(x[k])`,
      gx: `x[k] > 0 ? g[k] : ${times}g[k] * Math.exp(x[k])`,
    });
  }
  override toString(): string {
    return this.alpha === 1 ? "ELU" : `ELU(${this.alpha})`;
  }
}

/** The layer of {@link silu}; any shape. */
export class SiLU extends Cellwise {
  forward<T extends Tensor>(x: T): Tensor<ShapeOf<T>> {
    return silu(x);
  }
  override loops(x: Shape): Loops {
    return elementwiseLoops(x, {
      math: ["x[k] · σ, σ = 1 / (1 + exp(−x[k]))", "g[k] · σ · (1 + x[k] · (1 − σ))"],
      first: "const sigmoid = 1 / (1 + Math.exp(-x[k]));",
      y: "x[k] * sigmoid",
      gx: "g[k] * sigmoid * (1 + x[k] * (1 - sigmoid))",
    });
  }
  override toString(): string {
    return "SiLU";
  }
}

/** The layer of {@link gelu}; any shape. */
export class GELU extends Cellwise {
  readonly options: GELUOptions;

  /** @throws {@link ValueError} for an unknown approximation. */
  constructor(options: GELUOptions = {}) {
    super();
    checkOptions("GELU", options, ["approximate"]);
    checkChoice("GELU", "approximate", options.approximate ?? "none", APPROXIMATIONS);
    this.options = options;
  }
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return gelu(x, this.options);
  }
  override loops(x: Shape): Loops {
    return geluLoops(x, this.options.approximate === "tanh");
  }
  override toString(): string {
    return this.options.approximate === "tanh" ? "GELU(tanh)" : "GELU";
  }
}

/** The layer of {@link sigmoid}; any shape. */
export class Sigmoid extends Cellwise {
  forward<T extends Tensor>(x: T): Tensor<ShapeOf<T>> {
    return sigmoid(x);
  }
  override loops(x: Shape): Loops {
    return elementwiseLoops(x, {
      math: ["σ = 1 / (1 + exp(−x[k]))", "g[k] · σ · (1 − σ)"],
      first: "const sigmoid = 1 / (1 + Math.exp(-x[k]));",
      y: "sigmoid",
      gx: "g[k] * sigmoid * (1 - sigmoid)",
    });
  }
  override toString(): string {
    return "Sigmoid";
  }
}

/** The layer of {@link tanh}; any shape. */
export class Tanh extends Cellwise {
  forward<T extends Tensor>(x: T): Tensor<ShapeOf<T>> {
    return tanh(x);
  }
  override loops(x: Shape): Loops {
    return elementwiseLoops(x, {
      math: ["tanh(x[k])", "g[k] · (1 − tanh(x[k])²)"],
      first: "const t = Math.tanh(x[k]);",
      y: "t",
      gx: "g[k] * (1 - t * t)",
    });
  }
  override toString(): string {
    return "Tanh";
  }
}
