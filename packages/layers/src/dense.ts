import type { Elements, MayEqual, ShapeOf, ShapeText, SizeText } from "@convgrad/core";
import {
  checkBoolean,
  checkOptions,
  contract,
  formatShape,
  type Shape,
  ShapeError,
  type Tensor,
} from "@convgrad/core";
import { pairOf } from "./geometry.ts";
import { uniform } from "./init.ts";
import { denseLoops } from "./loops/dense.ts";
import type { Loops } from "./loops/loops.ts";
import { Module, parameter } from "./module.ts";
import { annotate } from "./note.ts";
import { requireOperands } from "./operands.ts";
import type { Given, Made, Refusal, Sample, ShapeRule, SizeAt, shapeRule } from "./shape.rule.ts";

/**
 * A fully connected layer:  y[n, o] = b[o] + Σ_k x[n, k]·w[k, o].   ∂w = xᵀg, ∂x = g wᵀ, ∂b = Σ_n g
 *
 * @param x `[…, in]`
 * @param w `[in, out]` (PyTorch's `Linear` holds the transpose)
 * @param b `[out]`, or nothing
 * @returns `[…, out]`
 * @throws {@link ShapeError}
 * `dense: expects 400 inputs but receives 256 (x [8, 256], w [400, 120]); …`;
 * {@link DTypeError} where the types differ.
 */
export function dense<T extends Tensor, W extends Tensor>(
  x: T,
  w: W,
  b?: Tensor | null,
): Tensor<Given<DenseRule<SizeAt<ShapeOf<W>, 0>, SizeAt<ShapeOf<W>, 1>>, ShapeOf<T>>>;
export function dense(x: Tensor, w: Tensor, b?: Tensor | null): Tensor {
  requireOperands("dense", x, w, b);
  const refuse = (message: string): never => {
    throw new ShapeError("dense", message, { x: x.shape, w: w.shape, b: b?.shape });
  };
  if (w.rank !== 2) refuse(`expects weights [in, out], not ${formatShape(w.shape)}`);
  const [inputs, outputs] = w.shape as [number, number];
  if (x.shape.at(-1) !== inputs) {
    refuse(
      `expects ${inputs} inputs but receives ${x.shape.at(-1) ?? "a scalar"} ` +
        `(x ${formatShape(x.shape)}, w ${formatShape(w.shape)}); flatten the images before the first dense layer`,
    );
  }
  if (b && (b.rank !== 1 || b.shape[0] !== outputs))
    refuse(`expects a bias [${outputs}], not ${formatShape(b.shape)}`);
  const lead = x.shape.slice(0, -1);
  const { spec, a, b: weights } = denseSentence(x, w);
  const y = contract(spec, a, weights);
  const shaped = lead.length === 1 ? y : y.reshape([...lead, outputs]);
  return annotate(b ? shaped.add(b) : shaped, {
    operation: "dense",
    equation: b ? "y = x·w + b" : "y = x·w",
    inputs: [x, w, b],
  });
}

/** The contraction that a dense layer is. */
export function denseSentence(x: Tensor, w: Tensor): { spec: string; a: Tensor; b: Tensor } {
  return { spec: "nk, ko -> no", a: x.rank === 2 ? x : x.reshape([-1, w.shape[0]!]), b: w };
}

/** `[…, in] → […, out]` */
interface DenseRule<Inputs extends number, Outputs extends number>
  extends ShapeRule,
    Made<[Inputs, Outputs]> {
  readonly output: this["input"] extends readonly [
    ...infer Lead extends Shape,
    infer K extends number,
  ]
    ? MayEqual<K, Inputs> extends true
      ? [...Lead, Outputs]
      : Refusal<
          "Dense",
          `expects ${Inputs} inputs but receives ${K}${Lead extends readonly [unknown] ? "" : `, the last of ${ShapeText<Sample<this["input"]>>}`}`,
          Lead extends readonly [unknown]
            ? `write new Dense(${K}, ${SizeText<Outputs>})`
            : `put new Flatten() before it: new Dense(${SizeText<Elements<Sample<this["input"]>>>}, ${SizeText<Outputs>})`
        >
    : Shape;
}

/**
 * A layer with a learned weight from every input to every output: see {@link dense}.
 * `[…, in] → […, out]`
 *
 * Initial values are PyTorch's: weights and biases uniform in ±1/√in.
 */
export class Dense<
  const Inputs extends number = number,
  const Outputs extends number = number,
> extends Module {
  declare readonly [shapeRule]: DenseRule<Inputs, Outputs>;
  /** `[in, out]` */
  readonly weight: Tensor;
  /** `[out]`, or `null` without bias */
  readonly bias: Tensor | null;

  /** @throws {@link ShapeError} unless both sizes are whole numbers ≥ 1. */
  constructor(inputs: Inputs, outputs: Outputs, options: { readonly bias?: boolean } = {}) {
    super();
    checkOptions("Dense", options, ["bias"]);
    const { bias = true } = options;
    checkBoolean("Dense", "bias", bias);
    pairOf("Dense", "inputs and outputs", [inputs, outputs], 1);
    const bound = 1 / Math.sqrt(inputs);
    this.weight = parameter(uniform([inputs, outputs], bound));
    this.bias = bias ? parameter(uniform([outputs], bound)) : null;
  }

  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return dense(x, this.weight, this.bias);
  }

  override reach(): "all" {
    return "all";
  }

  override loops(x: Shape): Loops {
    return denseLoops(x, this.weight, this.bias);
  }

  override toString(): string {
    return `Dense(${this.weight.shape.join(" → ")}${this.bias ? "" : ", no bias"})`;
  }
}
