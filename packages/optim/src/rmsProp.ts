import { axpby, checkBoolean, scope, type Tensor } from "@convgrad/core";
import { type Move, Optimizer, replacing, withDecay } from "./optimizer.ts";
import type { ParameterState, StateNames } from "./optimizerState.ts";
import type { Trainable } from "./parameterGroup.ts";
import { checkNumber, FRACTION, NOT_NEGATIVE } from "./settings.ts";

/** Settings of {@link RMSprop}. */
export interface RMSpropOptions {
  /** Learning rate, a number ≥ 0; default 0.01. */
  readonly lr?: number;
  /** α, from 0 to 1: how much of the past the average of squares keeps; default 0.99. */
  readonly alpha?: number;
  /** ε, a number ≥ 0 that keeps the quotient finite; default 1e-8. */
  readonly epsilon?: number;
  /** λ, a number ≥ 0: pulls weights towards 0 by λ·w in the gradient; default 0. */
  readonly weightDecay?: number;
  /** μ, a number ≥ 0; default 0: none. */
  readonly momentum?: number;
  /** Divide by the deviation, √(average of g² − average of g squared); default false. */
  readonly centered?: boolean;
}

type RMSpropSettings = Required<RMSpropOptions>;

/**
 * RMSprop: gradients divided by the root of a running mean of their squares:
 *
 *     g ← ∂L/∂w + λ·w
 *     s ← α·s + (1 − α)·g²,   a ← α·a + (1 − α)·g
 *     d ← g / (√(centered ? s − a² : s) + ε)
 *     w ← w − lr·(momentum ? v ← μ·v + d : d)
 *
 * Its state is `squareAverage`, s, when centered `gradientAverage`, a, and with momentum `velocity`, v. Where rounding
 * makes s − a² negative it counts as 0. Source: Hinton, "Neural networks for machine learning", lecture 6e, 2012; Graves, "Generating
 * sequences with recurrent neural networks", 2013, (38) to (45); PyTorch, `torch.optim.RMSprop`.
 */
export class RMSprop extends Optimizer<RMSpropSettings> {
  protected override get stateNames(): StateNames {
    return {
      always: ["squareAverage"],
      sometimes: ["gradientAverage", "velocity"],
    };
  }

  /**
   * @param parameters what to train, in the order of the state; or groups `{ parameters, lr, … }`
   * @throws {@link ValueError} as {@link SGD} does.
   */
  constructor(parameters: Trainable<RMSpropOptions>, options: RMSpropOptions = {}) {
    super(parameters, options, { name: "RMSprop", check: checked });
  }

  protected override plan(
    w: Tensor,
    gradient: Tensor,
    state: ParameterState,
    { lr, alpha, epsilon, weightDecay, momentum, centered }: RMSpropSettings,
  ): Move {
    const { squareAverage: squares, gradientAverage: mean, velocity } = state.tensors;
    const { direction, ...next } = scope(() => {
      const g = withDecay(w, gradient, weightDecay);
      const squareAverage = running(squares, g.mul(g), alpha);
      const gradientAverage = centered ? running(mean, g.clone(), alpha) : null;
      const variance = gradientAverage
        ? squareAverage.sub(gradientAverage.mul(gradientAverage)).relu()
        : squareAverage;
      const step = g.div(variance.sqrt().add(epsilon));
      if (momentum !== 0 && velocity) axpby(momentum, velocity, 1, step);
      return {
        direction: step,
        squareAverage,
        ...(gradientAverage && { gradientAverage }),
        ...(momentum !== 0 && { velocity: step }),
      };
    });
    return replacing(w, state, next, { direction, alpha: -lr });
  }
}

/** α·average + (1 − α)·x in the memory of x, which is fresh. */
function running(average: Tensor | undefined, x: Tensor, alpha: number): Tensor {
  if (!average) return x.mul(1 - alpha);
  axpby(alpha, average, 1 - alpha, x);
  return x;
}

function checked(options: RMSpropOptions): RMSpropSettings {
  const {
    lr = 0.01,
    alpha = 0.99,
    epsilon = 1e-8,
    weightDecay = 0,
    momentum = 0,
    centered = false,
  } = options;
  checkNumber("RMSprop", "lr", lr, NOT_NEGATIVE);
  checkNumber("RMSprop", "alpha", alpha, FRACTION);
  checkNumber("RMSprop", "epsilon", epsilon, NOT_NEGATIVE);
  checkNumber("RMSprop", "weightDecay", weightDecay, NOT_NEGATIVE);
  checkNumber("RMSprop", "momentum", momentum, NOT_NEGATIVE);
  checkBoolean("RMSprop", "centered", centered);
  return { lr, alpha, epsilon, weightDecay, momentum, centered };
}
