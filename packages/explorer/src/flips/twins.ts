import { manualSeed, randn, scope, type Tensor, tensor } from "@convgrad/core";
import { conv2d, crossEntropy, dense } from "@convgrad/layers";
import { SGD } from "@convgrad/optim";
import { gap } from "../matrix/compared.ts";
import { type Plane, planeOf } from "../matrix/plane.ts";

const FILTERS = 2;
const CLASSES = 3;
const float64 = { dtype: "float64" } as const;

/** One filter of both nets. */
export interface TwinFilter {
  readonly plain: Plane;
  readonly flipped: Plane;
}

/**
 * Two small nets, conv 3×3 → ReLU → dense → cross-entropy: one slides its filters as they are (⊗), the other turns them
 * (∗) and starts with turned ones. Same data, same optimizer: SGD with momentum 0.9.
 */
export class Twins {
  readonly #x: Tensor;
  readonly #labels: Tensor;
  readonly #nets: readonly Net[];

  /** @throws {@link ValueError} for a learning rate that the optimizer refuses. */
  constructor(seed: number, lr: number) {
    manualSeed(seed);
    this.#x = randn([CLASSES, 1, 5, 5], float64);
    this.#labels = tensor([0, 1, 2], { dtype: "int32" });
    const w = randn([FILTERS, 1, 3, 3], float64);
    const head = randn([FILTERS * 9, CLASSES], float64);
    this.#nets = [false, true].map((flip) => netOf(flip ? w.flip([2, 3]) : w, head, flip, lr));
  }

  /** The losses so far: of the net that does not flip, and of the one that does. */
  get losses(): readonly (readonly number[])[] {
    return this.#nets.map(({ losses }) => losses);
  }

  /** One step of both. */
  step(): void {
    for (const { w, head, flip, optimizer, losses } of this.#nets) {
      scope(() => {
        const features = conv2d(this.#x, w, null, { flip }).relu().flatten(1);
        const loss = crossEntropy(dense(features, head), this.#labels);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        losses.push(loss.item());
      });
    }
  }

  /** The filters now, and how far the flipped ones are from being the others' mirror image. */
  filters(): { filters: readonly TwinFilter[]; error: number } {
    return scope(() => {
      const [plain, flipped] = this.#nets.map(({ w }) => w.detach()) as [Tensor, Tensor];
      const back = flipped.flip([2, 3]);
      return {
        filters: Array.from({ length: FILTERS }, (_, o) => ({
          plain: planeOf(plain, [o, 0]),
          flipped: planeOf(flipped, [o, 0]),
        })),
        error: gap(plain, back),
      };
    });
  }
}

interface Net {
  readonly w: Tensor;
  readonly head: Tensor;
  readonly flip: boolean;
  readonly optimizer: SGD;
  readonly losses: number[];
}

function netOf(start: Tensor, end: Tensor, flip: boolean, lr: number): Net {
  const [w, head] = [start, end].map((t) => {
    const leaf = t.detach().clone();
    leaf.requiresGrad = true;
    return leaf;
  }) as [Tensor, Tensor];
  const optimizer = new SGD([w, head], { lr, momentum: 0.9 });
  return { w, head, flip, optimizer, losses: [] };
}
