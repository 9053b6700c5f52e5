import {
  type AdamFactors,
  axpby,
  checkBoolean,
  formatValue,
  fusedUpdate,
  scope,
  type Tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import { type Move, Optimizer, replacing, withDecay } from "./optimizer.ts";
import type { ParameterState, StateNames, Tensors } from "./optimizerState.ts";
import type { Rules, Trainable } from "./parameterGroup.ts";
import { power } from "./power.ts";
import { BELOW_ONE, checkNumber, NOT_NEGATIVE } from "./settings.ts";

/** Settings of {@link Adam} and {@link AdamW}. */
export interface AdamOptions {
  /** Learning rate, a number ≥ 0; default 0.001. */
  readonly lr?: number;
  /** β₁ and β₂, from 0 to 1, less than 1: how much of the past the two averages keep; default [0.9, 0.999]. */
  readonly betas?: readonly [first: number, second: number];
  /** ε, a number ≥ 0 that keeps the quotient finite; default 1e-8. */
  readonly epsilon?: number;
  /** λ, a number ≥ 0; default 0 for Adam, 0.01 for AdamW. */
  readonly weightDecay?: number;
  /** Divide by the largest second moment so far rather than by the present one; default false. */
  readonly amsgrad?: boolean;
}

type AdamSettings = Required<AdamOptions>;

const STATE: StateNames = {
  always: ["firstMoment", "secondMoment"],
  sometimes: ["largestSecondMoment"],
};

/**
 * Adam: each weight moves by about the learning rate, however large its gradients are. At step t:
 *
 *     g ← ∂L/∂w + λ·w
 *     m ← β₁·m + (1 − β₁)·g,   v ← β₂·v + (1 − β₂)·g²
 *     w ← w − lr·m̂ / (√v̂ + ε),   m̂ = m / (1 − β₁ᵗ),   v̂ = v / (1 − β₂ᵗ)
 *
 * With `amsgrad` the largest v so far takes the place of v in v̂. Its state is `firstMoment`, m, and `secondMoment`, v,
 * with amsgrad also `largestSecondMoment`. Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015,
 * algorithm 1; PyTorch, `torch.optim.Adam`.
 *
 * @example
 * const optimizer = new Adam(model.parameters(), { lr: 0.001 });
 */
export class Adam extends Optimizer<AdamSettings> {
  protected override get stateNames(): StateNames {
    return STATE;
  }

  /**
   * @param parameters what to train, in the order of the state; or groups `{ parameters, lr, … }`
   * @throws {@link ValueError} as {@link SGD} does.
   */
  constructor(parameters: Trainable<AdamOptions>, options: AdamOptions = {}) {
    super(parameters, options, rulesOf("Adam", 0));
  }

  protected override plan(
    w: Tensor,
    g: Tensor,
    state: ParameterState,
    settings: AdamSettings,
  ): Move {
    return planned(w, withDecay(w, g, settings.weightDecay), 1, state, settings);
  }
}

/**
 * {@link Adam} with decoupled weight decay: w ← (1 − lr·λ)·w before the step, and nothing of λ in the gradient, so that
 * weights with large gradients decay as the others do. Its default λ is 0.01.
 *
 * Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019, algorithm 2; PyTorch,
 * `torch.optim.AdamW`.
 */
export class AdamW extends Optimizer<AdamSettings> {
  protected override get stateNames(): StateNames {
    return STATE;
  }

  /**
   * @param parameters what to train, in the order of the state; or groups `{ parameters, weightDecay: 0, … }`
   * @throws {@link ValueError} as {@link SGD} does.
   */
  constructor(parameters: Trainable<AdamOptions>, options: AdamOptions = {}) {
    super(parameters, options, rulesOf("AdamW", 0.01));
  }

  protected override plan(
    w: Tensor,
    g: Tensor,
    state: ParameterState,
    settings: AdamSettings,
  ): Move {
    return planned(w, g, 1 - settings.lr * settings.weightDecay, state, settings);
  }
}

/** The move of both: w ← β·w − lr·m̂ / (√v̂ + ε), with the corrections folded into two numbers. */
function planned(
  w: Tensor,
  g: Tensor,
  beta: number,
  { steps, tensors }: ParameterState,
  { lr, betas: [b1, b2], epsilon, amsgrad }: AdamSettings,
): Move {
  const t = steps + 1;
  const root = Math.sqrt(1 - power(b2, t));
  const alpha = (-lr * root) / (1 - power(b1, t));
  const factors: AdamFactors = { beta1: b1, beta2: b2, alpha, beta, epsilon: epsilon * root };
  const fused = amsgrad ? null : plannedInPlace(w, g, tensors, factors);
  if (fused) return fused;
  const { direction, next } = scope(() => {
    const firstMoment = averaged(tensors["firstMoment"], g.mul(1 - b1), b1, 1);
    const secondMoment = averaged(tensors["secondMoment"], g.mul(g), b2, 1 - b2);
    const largestSecondMoment = amsgrad && largest(tensors["largestSecondMoment"], secondMoment);
    const divisor = (largestSecondMoment || secondMoment).sqrt().add(epsilon * root);
    const next: Tensors = {
      firstMoment,
      secondMoment,
      ...(largestSecondMoment && { largestSecondMoment }),
    };
    return { direction: firstMoment.div(divisor), next };
  });
  return replacing(w, { steps, tensors }, next, { direction, alpha, beta });
}

/** The move by the backend's kernel, bit by bit that of the composition; `null` where there is none. */
function plannedInPlace(w: Tensor, g: Tensor, tensors: Tensors, factors: AdamFactors): Move | null {
  const state = (name: string) => tensors[name] ?? zeros(w.shape, { dtype: w.dtype as "float32" });
  const [m, v] = [state("firstMoment"), state("secondMoment")];
  const apply = fusedUpdate("Adam", [w, m, v], [g], ({ adam }) =>
    adam ? ([w, m, v], [g]) => adam(g!, factors, [w!, m!, v!]) : null,
  );
  const fresh: Tensors = tensors["firstMoment"] ? {} : { firstMoment: m, secondMoment: v };
  return apply && { fresh, apply };
}

/** β·average + α·x, in the memory of x, which is fresh. */
function averaged(average: Tensor | undefined, x: Tensor, beta: number, alpha: number): Tensor {
  if (average) axpby(beta, average, alpha, x);
  return average || alpha === 1 ? x : x.mul(alpha);
}

function largest(former: Tensor | undefined, secondMoment: Tensor): Tensor {
  return former ? former.maximum(secondMoment) : secondMoment.clone();
}

function rulesOf(name: string, decay: number): Rules<AdamSettings> {
  return {
    name,
    check: (options: AdamOptions) => {
      const {
        lr = 1e-3,
        betas = [0.9, 0.999],
        epsilon = 1e-8,
        weightDecay = decay,
        amsgrad = false,
      } = options;
      checkNumber(name, "lr", lr, NOT_NEGATIVE);
      if (!Array.isArray(betas) || betas.length !== 2) {
        throw new ValueError(name, `betas are ${formatValue(betas)}; pass two, as [0.9, 0.999]`, {
          betas,
        });
      }
      betas.forEach((b, i) => {
        checkNumber(name, `betas[${i}]`, b, BELOW_ONE);
      });
      checkNumber(name, "epsilon", epsilon, NOT_NEGATIVE);
      checkNumber(name, "weightDecay", weightDecay, NOT_NEGATIVE);
      checkBoolean(name, "amsgrad", amsgrad);
      return { lr, betas: [betas[0]!, betas[1]!], epsilon, weightDecay, amsgrad };
    },
  };
}
