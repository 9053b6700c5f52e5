import { axpby, checkBoolean, type Tensor, ValueError } from "@convgrad/core";
import { type Move, Optimizer, withDecay } from "./optimizer.ts";
import type { ParameterState, StateNames } from "./optimizerState.ts";
import type { Trainable } from "./parameterGroup.ts";
import { checkNumber, FRACTION, NOT_NEGATIVE } from "./settings.ts";

/** Settings of {@link SGD}. */
export interface SGDOptions {
  /** Learning rate, a number ≥ 0. */
  readonly lr: number;
  /** μ, a number ≥ 0, commonly 0.9; default 0: none. */
  readonly momentum?: number;
  /** τ, from 0 to 1: the part of a new gradient that momentum ignores; default 0. */
  readonly dampening?: number;
  /** Look ahead along the momentum; needs momentum > 0 and no dampening; default false. */
  readonly nesterov?: boolean;
  /** λ, a number ≥ 0, commonly 1e-4: pulls weights towards 0 by λ·w in the gradient; default 0. */
  readonly weightDecay?: number;
}

type SGDSettings = Required<SGDOptions>;

/**
 * Stochastic gradient descent with momentum:
 *
 *     g ← ∂L/∂w + λ·w
 *     v ← g at the first step, then μ·v + (1 − τ)·g
 *     w ← w − lr·(nesterov ? g + μ·v : v)
 *
 * Its state is `velocity`, v, once there is momentum. Source: PyTorch, `torch.optim.SGD`.
 *
 * @example
 * const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
 * optimizer.zeroGrad();
 * loss.backward();
 * optimizer.step();
 */
export class SGD extends Optimizer<SGDSettings> {
  protected override get stateNames(): StateNames {
    return { always: [], sometimes: ["velocity"] };
  }

  /**
   * @param parameters what to train, in the order of the state; or groups `{ parameters, lr, … }`
   * @throws {@link ValueError} for settings that are NaN, out of range or unknown, for no parameters, ones
   * listed twice or computed from others, or where none requires a gradient. Frozen parameters
   * (`requiresGrad = false`) may be among them; they stay as they are.
   */
  constructor(parameters: Trainable<SGDOptions>, options: SGDOptions) {
    super(parameters, options, { name: "SGD", check: checked });
  }

  protected override plan(
    w: Tensor,
    gradient: Tensor,
    state: ParameterState,
    { lr, momentum, dampening, nesterov, weightDecay }: SGDSettings,
  ): Move {
    const g = withDecay(w, gradient, weightDecay);
    const former = state.tensors["velocity"];
    const velocity = momentum === 0 ? null : (former ?? g.clone());
    return {
      fresh: velocity && !former ? { velocity } : {},
      apply: () => {
        if (velocity && former) axpby(1 - dampening, g, momentum, velocity);
        if (nesterov) axpby(-lr, g, 1, w);
        if (nesterov && velocity) axpby(-lr * momentum, velocity, 1, w);
        else axpby(-lr, velocity ?? g, 1, w);
      },
    };
  }
}

function checked(options: Partial<SGDOptions>): SGDSettings {
  const { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
  const lr = options.lr as number; // checked as what it may be
  checkNumber("SGD", "lr", lr, NOT_NEGATIVE);
  checkNumber("SGD", "momentum", momentum, {
    ...NOT_NEGATIVE,
    what: "a number ≥ 0, commonly 0.9",
  });
  checkNumber("SGD", "dampening", dampening, FRACTION);
  checkNumber("SGD", "weightDecay", weightDecay, {
    ...NOT_NEGATIVE,
    what: "a number ≥ 0, commonly 1e-4",
  });
  checkBoolean("SGD", "nesterov", nesterov);
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new ValueError("SGD", "nesterov needs momentum > 0 and dampening 0", {
      momentum,
      dampening,
    });
  }
  return { lr, momentum, dampening, nesterov, weightDecay };
}
