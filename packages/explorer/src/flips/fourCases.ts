import { gradients, scope, type Tensor } from "@convgrad/core";
import { type LayerInput, runLayer } from "../article/layer.ts";
import { convolve, convolveFull, correlate, correlateFull, rot180 } from "../article/products.ts";
import { compared, gap, type Identity } from "../matrix/compared.ts";
import { leafOf } from "../matrix/leaf.ts";
import { type Plane, planeOf } from "../matrix/plane.ts";

/** What a forward pass asks of the backward pass. */
export interface FlipCase {
  /** Which product, and of what the gradient is: `"⊗, ∂E/∂w"`. */
  readonly name: string;
  readonly formula: string;
  /** What the backward pass finds. */
  readonly right: Plane;
  /** The formula's map. */
  readonly found: Identity;
  /** The formula with one turn too many or too few. */
  readonly otherwise: { readonly formula: string; readonly error: number };
}

/** Forward ⊗ or ∗, gradient of w or of the input: who is turned, computed live with the δ of a layer. */
export function fourCases(layer: LayerInput): FlipCase[] {
  return scope(() => {
    const run = runLayer(layer);
    const delta = run.delta.detach();
    const [o, w] = [run.o.detach(), leafOf(layer.w).detach()];
    const backward = (product: typeof correlate): [Tensor, Tensor] => {
      const [x, k] = [o.clone(), leafOf(layer.w)];
      x.requiresGrad = true;
      return gradients(product(x, k), [k, x], { gradient: delta }) as [Tensor, Tensor];
    };
    const [dw, dx] = backward(correlate);
    const [dwTurned, dxTurned] = backward(convolve);
    const sum = correlate(o, delta);
    return [
      {
        name: "⊗, ∂E/∂w",
        right: planeOf(dw),
        formula: "o \\otimes \\delta",
        found: compared(sum, dw),
        otherwise: { formula: "o \\ast \\delta", error: gap(convolve(o, delta), dw) },
      },
      {
        name: "⊗, ∂E/∂o",
        right: planeOf(dx),
        formula: "\\delta \\ast_{\\mathrm{full}} w",
        found: compared(convolveFull(delta, w), dx),
        otherwise: {
          formula: "\\delta \\otimes_{\\mathrm{full}} w",
          error: gap(correlateFull(delta, w), dx),
        },
      },
      {
        name: "∗, ∂E/∂w",
        right: planeOf(dwTurned),
        formula: "\\mathrm{rot}_{180°}\\{o \\otimes \\delta\\}",
        found: compared(rot180(sum), dwTurned),
        otherwise: { formula: "o \\otimes \\delta", error: gap(sum, dwTurned) },
      },
      {
        name: "∗, ∂E/∂o",
        right: planeOf(dxTurned),
        formula: "\\delta \\otimes_{\\mathrm{full}} w",
        found: compared(correlateFull(delta, w), dxTurned),
        otherwise: {
          formula: "\\delta \\ast_{\\mathrm{full}} w",
          error: gap(convolveFull(delta, w), dxTurned),
        },
      },
    ];
  });
}
