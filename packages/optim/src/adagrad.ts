import { axpby, full, scope, type Tensor } from "@convgrad/core";
import { type Move, Optimizer, replacing, withDecay } from "./optimizer.ts";
import type { ParameterState, StateNames } from "./optimizerState.ts";
import type { Trainable } from "./parameterGroup.ts";
import { checkNumber, NOT_NEGATIVE } from "./settings.ts";

/** Settings of {@link Adagrad}. */
export interface AdagradOptions {
  /** Learning rate, a number ≥ 0; default 0.01. */
  readonly lr?: number;
  /** η, a number ≥ 0: the rate at step t is lr / (1 + (t − 1)·η); default 0. */
  readonly lrDecay?: number;
  /** λ, a number ≥ 0: pulls weights towards 0 by λ·w in the gradient; default 0. */
  readonly weightDecay?: number;
  /** What the sum of squares starts from, a number ≥ 0; default 0. */
  readonly initialAccumulator?: number;
  /** ε, a number ≥ 0 that keeps the quotient finite; default 1e-10. */
  readonly epsilon?: number;
}

type AdagradSettings = Required<AdagradOptions>;

/**
 * Adagrad: gradients divided by the root of the sum of all their squares, so that rare features move far:
 *
 *     g ← ∂L/∂w + λ·w
 *     s ← s + g²
 *     w ← w − lr / (1 + (t − 1)·η) · g / (√s + ε)
 *
 * Its state is `squareSum`, s. Source: Duchi, Hazan and Singer, "Adaptive subgradient methods", 2011; PyTorch,
 * `torch.optim.Adagrad`.
 */
export class Adagrad extends Optimizer<AdagradSettings> {
  protected override get stateNames(): StateNames {
    return { always: ["squareSum"], sometimes: [] };
  }

  /**
   * @param parameters what to train, in the order of the state; or groups `{ parameters, lr, … }`
   * @throws {@link ValueError} as {@link SGD} does.
   */
  constructor(parameters: Trainable<AdagradOptions>, options: AdagradOptions = {}) {
    super(parameters, options, { name: "Adagrad", check: checked });
  }

  protected override plan(
    w: Tensor,
    gradient: Tensor,
    state: ParameterState,
    { lr, lrDecay, weightDecay, initialAccumulator, epsilon }: AdagradSettings,
  ): Move {
    const { direction, squareSum } = scope(() => {
      const g = withDecay(w, gradient, weightDecay);
      const squareSum = g.mul(g);
      axpby(1, state.tensors["squareSum"] ?? startOf(w, initialAccumulator), 1, squareSum);
      return { direction: g.div(squareSum.sqrt().add(epsilon)), squareSum };
    });
    const alpha = -lr / (1 + state.steps * lrDecay);
    return replacing(w, state, { squareSum }, { direction, alpha });
  }
}

function startOf({ shape, dtype }: Tensor, value: number): Tensor {
  return full([], value, { dtype }).broadcastTo(shape);
}

function checked(options: AdagradOptions): AdagradSettings {
  const {
    lr = 0.01,
    lrDecay = 0,
    weightDecay = 0,
    initialAccumulator = 0,
    epsilon = 1e-10,
  } = options;
  const settings = { lr, lrDecay, weightDecay, initialAccumulator, epsilon };
  for (const [name, value] of Object.entries(settings))
    checkNumber("Adagrad", name, value, NOT_NEGATIVE);
  return settings;
}
