import { scope } from "@convgrad/core";
import { compared, type Identity } from "../matrix/compared.ts";
import { type Plane, planeOf } from "../matrix/plane.ts";
import { type LayerInput, runLayer } from "./layer.ts";
import { convolveFull, correlateFull, rot180 } from "./products.ts";

/** The readings of equations (21) and (22). */
export type ReadingId = "21-printed" | "22-printed" | "21-corrected" | "22-corrected";

/** What the article prints for ∂E/∂x after eq. (20), read to the letter and corrected. */
export interface ErratumNumbers {
  /** Eq. (20), as the backward pass finds it. */
  readonly eq20: Plane;
  readonly readings: Readonly<Record<ReadingId, Identity>>;
  /** Whether w looks the same turned by 180°: then (22) is right by chance. */
  readonly evenKernel: boolean;
  /** Whether δ does: then (21) is. */
  readonly evenDelta: boolean;
}

/**
 * The gradient of a layer's input by eq. (20) to (22). With ∗ as a true convolution, eq. (14) is exact and (20) is
 * δ ∗ w; (21) turns the result instead of the kernel, and (22) turns the kernel although ∗ turns it already.
 */
export function erratumNumbers(layer: LayerInput): ErratumNumbers {
  return scope(() => {
    const { w, delta, dx, slope } = runLayer(layer);
    const turned = rot180(w);
    return {
      eq20: planeOf(dx),
      readings: {
        "21-printed": compared(rot180(correlateFull(delta, w)).mul(slope), dx),
        "22-printed": compared(convolveFull(delta, turned).mul(slope), dx),
        "21-corrected": compared(correlateFull(delta, turned).mul(slope), dx),
        "22-corrected": compared(convolveFull(delta, w).mul(slope), dx),
      },
      evenKernel: compared(turned, w).same,
      evenDelta: compared(rot180(delta), delta).same,
    };
  });
}
