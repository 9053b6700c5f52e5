import {
  formatShape,
  keep,
  noGrad,
  ShapeError,
  scope,
  type Tensor,
  ValueError,
} from "@convgrad/core";

/** Settings of {@link SGD}. */
export interface SGDOptions {
  /** Learning rate, > 0 or 0. */
  readonly lr: number;
  /** μ, from 0 (none, the default) to below 1. */
  readonly momentum?: number;
  /** τ: the part of a new gradient that momentum ignores; default 0. */
  readonly dampening?: number;
  /** Look ahead along the momentum; needs momentum > 0 and no dampening. */
  readonly nesterov?: boolean;
  /** λ: pulls weights towards 0, added to the gradient; default 0. */
  readonly weightDecay?: number;
}

/** What `SGD.stateDict()` holds: the settings, and one velocity per parameter (`null` before its first step). */
export interface SGDState {
  readonly options: Required<SGDOptions>;
  readonly velocities: readonly (Tensor | null)[];
}

/**
 * Stochastic gradient descent with momentum:
 *
 *     g ← ∂L/∂w + λ·w
 *     v ← g at the first step, then μ·v + (1 − τ)·g
 *     w ← w − lr·(nesterov ? g + μ·v : v)
 *
 * Source: PyTorch, `torch.optim.SGD`.
 *
 * @example
 * const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
 * optimizer.zeroGrad();
 * loss.backward();
 * optimizer.step();
 */
export class SGD {
  readonly #parameters: readonly Tensor[];
  #options: Required<SGDOptions>;
  #velocities: (Tensor | null)[];

  /**
   * @param parameters what to train, in the order of the state
   * @throws {@link ValueError} for settings that are NaN or out of range, for no parameters, or ones listed
   * twice. Frozen parameters (`requiresGrad = false`) may be among them; they stay as they are.
   */
  constructor(parameters: Iterable<Tensor>, options: SGDOptions) {
    this.#parameters = [...parameters];
    if (this.#parameters.length === 0) {
      throw new ValueError("SGD", "there is no parameter to train; pass model.parameters()");
    }
    if (new Set(this.#parameters).size !== this.#parameters.length) {
      throw new ValueError("SGD", "a parameter is listed twice and would be moved twice");
    }
    const computed = this.#parameters.findIndex((p) => !p.isLeaf);
    if (computed >= 0) {
      throw new ValueError(
        "SGD",
        `parameter ${computed} was computed from others and cannot be moved; pass the tensors it came from`,
      );
    }
    if (!this.#parameters.some((p) => p.requiresGrad)) {
      throw new ValueError(
        "SGD",
        "no parameter requires a gradient; set requiresGrad on those to train",
      );
    }
    this.#options = checked(options);
    this.#velocities = this.#parameters.map(() => null);
  }

  /** The learning rate; settable between steps. */
  get lr(): number {
    return this.#options.lr;
  }
  set lr(lr: number) {
    this.#options = checked({ ...this.#options, lr });
  }

  /** Forgets the gradients of the last step. */
  zeroGrad(): void {
    for (const p of this.#parameters) p.grad = null;
  }

  /** Moves every parameter that has a gradient. */
  step(): void {
    noGrad(() => {
      this.#parameters.forEach((w, i) => {
        if (w.grad) scope(() => this.#move(w, w.grad!, i));
      });
    });
  }

  #move(w: Tensor, gradient: Tensor, i: number): void {
    const { lr, momentum, dampening, nesterov, weightDecay } = this.#options;
    const g = weightDecay === 0 ? gradient : gradient.add(w.mul(weightDecay));
    let direction = g;
    if (momentum !== 0) {
      const former = this.#velocities[i];
      const v = former
        ? former.assign(former.mul(momentum).add(g.mul(1 - dampening)))
        : keep(g.clone());
      this.#velocities[i] = v;
      direction = nesterov ? g.add(v.mul(momentum)) : v;
    }
    w.assign(w.sub(direction.mul(lr)));
  }

  /** The settings and velocities; tensors are copies that outlive every scope. */
  stateDict(): SGDState {
    return {
      options: this.#options,
      velocities: this.#velocities.map((v) => v && keep(v.clone())),
    };
  }

  /**
   * Continues from a saved state.
   *
   * @throws {@link ValueError} or {@link ShapeError} when it belongs to other parameters; nothing has changed then.
   */
  loadStateDict(state: SGDState): void {
    const options = checked(state.options);
    if (state.velocities.length !== this.#parameters.length) {
      throw new ValueError(
        "SGD.loadStateDict",
        `the state has ${state.velocities.length} velocities for ${this.#parameters.length} parameters`,
      );
    }
    state.velocities.forEach((v, i) => {
      if (v && formatShape(v.shape) !== formatShape(this.#parameters[i]!.shape)) {
        throw new ShapeError(
          "SGD.loadStateDict",
          `velocity ${i} is ${formatShape(v.shape)}, the parameter ${formatShape(this.#parameters[i]!.shape)}`,
        );
      }
    });
    this.#options = options;
    this.#velocities = state.velocities.map((v) => v && keep(v.detach().clone()));
  }
}

function checked(options: SGDOptions): Required<SGDOptions> {
  const { lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
  const range = (name: string, value: number, fits: boolean, what: string) => {
    if (!fits || !Number.isFinite(value))
      throw new ValueError("SGD", `${name} is ${value}; it must be ${what}`, { [name]: value });
  };
  range("lr", lr, lr >= 0, "a number ≥ 0");
  range("momentum", momentum, momentum >= 0, "a number ≥ 0, commonly 0.9");
  range("dampening", dampening, dampening >= 0 && dampening <= 1, "from 0 to 1");
  range("weightDecay", weightDecay, weightDecay >= 0, "a number ≥ 0, commonly 1e-4");
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new ValueError("SGD", "nesterov needs momentum > 0 and dampening 0", {
      momentum,
      dampening,
    });
  }
  return { lr, momentum, dampening, nesterov, weightDecay };
}
