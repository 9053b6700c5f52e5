import { gradients, scope, type Tensor, tensor } from "@convgrad/core";
import { mse } from "@convgrad/layers";
import { compared, type Identity } from "../matrix/compared.ts";
import { leafOf } from "../matrix/leaf.ts";
import { type Plane, planeOf } from "../matrix/plane.ts";
import { convolve, convolveFull, correlate, rot180 } from "./products.ts";

/** The article's activations. */
export const ACTIVATIONS = ["identity", "relu", "tanh", "sigmoid"] as const;

/** One of {@link ACTIVATIONS}. */
export type Activation = (typeof ACTIVATIONS)[number];

/** o = f(x), elementwise. */
export function activate(f: Activation, x: Tensor): Tensor {
  return f === "identity" ? x.mul(1) : x[f]();
}

/** One layer of the article: xˡ → oˡ = f(xˡ) → xˡ⁺¹ = oˡ ⊗ w + b, E = ½ Σ (t − xˡ⁺¹)². */
export interface LayerInput {
  /** xˡ, before the activation. */
  readonly x: Plane;
  readonly f: Activation;
  readonly w: Plane;
  readonly bias: number;
  /** t, what xˡ⁺¹ should be. */
  readonly target: Plane;
}

/** The tensors of a layer; call it in a `scope`. */
export function runLayer({ x: given, f, w: kernel, bias, target }: LayerInput) {
  const [x, w] = [leafOf(given), leafOf(kernel)];
  const b = tensor([bias], { dtype: "float64", requiresGrad: true });
  const o = activate(f, x);
  const next = correlate(o, w).add(b);
  const E = mse(next, leafOf(target).detach(), { reduction: "halfSum" });
  const found = gradients(E, [next, w, x, b, o], { retainGraph: true });
  const [delta, dw, dx, db, dO] = found as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const slope = gradients(activate(f, x).sum(), [x])[0]!;
  return { x, w, b, o, next, E, delta, dw, dx, db, dO, slope };
}

/** All numbers of a layer, as the article names them. */
export interface LayerNumbers {
  /** oˡ = f(xˡ). */
  readonly o: Plane;
  /** xˡ⁺¹ */
  readonly next: Plane;
  /** Eq. (9). */
  readonly E: number;
  /** ∂E/∂xˡ⁺¹ */
  readonly delta: Plane;
  /** ∂E/∂w as the backward pass finds it. */
  readonly dw: Plane;
  /** Eq. (13): oˡ ⊗ δ. */
  readonly eq13: Identity;
  /** rot180{δ} */
  readonly turned: Plane;
  /** Eq. (14): rot180{δ} ∗ oˡ. */
  readonly eq14: Identity;
  /** δ ∗ oˡ: what eq. (14) gives when nobody turns δ. */
  readonly unturned: Identity;
  /** ∂E/∂b = Σ δ. */
  readonly db: number;
  /** ∂E/∂oˡ = δ ∗ w, full. */
  readonly dO: Identity;
  /** f′(xˡ) */
  readonly slope: Plane;
  /** ∂E/∂xˡ, eq. (20). */
  readonly dx: Plane;
  /** The product of the two maps beside it. */
  readonly product: Identity;
}

/**
 * Forward and backward pass of a layer, and the article's forms of its gradients.
 *
 * @throws {@link ShapeError} where the kernel does not fit in the input.
 */
export function layerNumbers(input: LayerInput): LayerNumbers {
  return scope(() => {
    const { w, o, next, E, delta, dw, dx, db, dO, slope } = runLayer(input);
    const full = convolveFull(delta, w);
    return {
      o: planeOf(o),
      next: planeOf(next),
      E: E.item(),
      delta: planeOf(delta),
      dw: planeOf(dw),
      eq13: compared(correlate(o, delta), dw),
      turned: planeOf(rot180(delta)),
      eq14: compared(convolve(o, rot180(delta)), dw),
      unturned: compared(convolve(o, delta), dw),
      db: db.item(),
      dO: compared(full, dO),
      slope: planeOf(slope),
      dx: planeOf(dx),
      product: compared(full.mul(slope), dx),
    };
  });
}
