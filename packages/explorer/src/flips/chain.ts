import { gradients, scope, type Tensor } from "@convgrad/core";
import { explain, mse } from "@convgrad/layers";
import { correlate } from "../article/products.ts";
import { leafOf, wholeNumbers } from "../matrix/leaf.ts";
import { type Place, type Plane, planeOf } from "../matrix/plane.ts";
import { type Terms, termsOf } from "./terms.ts";

const SIDE = 8;
const KERNEL = 3;

/** A map of the chain: the input, or a layer's pre-activation z. */
export interface ChainMap {
  /** x, or z = o ⊗ w of the map before. */
  readonly values: Plane;
  /** ∂E/∂values; δ of the layer. */
  readonly delta: Plane;
  /** f′(z) of ReLU; none for the input and the last layer. */
  readonly slope: Plane | null;
  /** The kernel that leads to the next map; none for the last. */
  readonly w: Plane | null;
}

/** Where a cell's δ comes from. */
export interface Origin extends Terms {
  /** f′ of the cell, by which the sum is multiplied; `null` where there is no activation. */
  readonly slope: number | null;
  /** The cells of every later map that the cell reaches, by the map's number. */
  readonly reach: readonly { readonly map: number; readonly from: Place; readonly to: Place }[];
}

const drawn = (seed: number, side: number): Plane => ({
  rows: side,
  columns: side,
  values: wholeNumbers(seed, side * side).map(Math.sign),
});

/** x → z1 = x ⊗ w1 → ReLU → z2 = o1 ⊗ w2 → ReLU → z3 = o2 ⊗ w3, E = ½ Σ z3². */
function run(seed: number) {
  const x = leafOf(drawn(seed * 4, SIDE));
  const kernels = [1, 2, 3].map((layer) => leafOf(drawn(seed * 4 + layer, KERNEL)));
  const z: Tensor[] = [];
  const o: Tensor[] = [x];
  for (const w of kernels) {
    z.push(correlate(o.at(-1)!, w));
    o.push(z.at(-1)!.relu());
  }
  const last = z[2]!;
  const E = mse(last, last.mul(0).detach(), { reduction: "halfSum" });
  return { x, kernels, z, o, E };
}

/** The maps of three layers and their δ, of whole numbers from a seed. */
export function chainMaps(seed: number): ChainMap[] {
  return scope(() => {
    const { x, kernels, z, E } = run(seed);
    const values = [x, ...z];
    const deltas = gradients(E, values, { retainGraph: true });
    return values.map((map, l) => {
      const inner = l === 1 || l === 2;
      const slope = inner ? gradients(map.relu().sum(), [map], { retainGraph: true })[0]! : null;
      return {
        values: planeOf(map),
        delta: planeOf(deltas[l]!),
        slope: slope && planeOf(slope),
        w: kernels[l] ? planeOf(kernels[l]!) : null,
      };
    });
  });
}

/** Why δ of a map (0 to 2) is what it is at a place: δ[i, j] = f′(z[i, j]) · Σ_{m, n} δ′[i − m, j − n]·w[m, n]. */
export function originOf(seed: number, map: number, at: Place): Origin {
  return scope(() => {
    const { o, z, E } = run(seed);
    const termsAt = (l: number, place: Place) => termsOf(explain(o[l]!, place, { of: E }));
    const own = termsAt(map, at);
    const reach = [{ map: map + 1, from: own.from, to: own.to }];
    for (let l = map + 1; l < 3; l++) {
      const { from, to } = reach.at(-1)!;
      reach.push({ map: l + 1, from: termsAt(l, from).from, to: termsAt(l, to).to });
    }
    const before = z[map - 1];
    const slope = before
      ? gradients(before.relu().sum(), [before], { retainGraph: true })[0]!
      : null;
    const place = at[0] * o[map]!.shape[1]! + at[1];
    return { ...own, slope: slope && Number(slope.toTypedArray()[place]), reach };
  });
}
