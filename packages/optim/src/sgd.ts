import {
  axpby,
  DTypeError,
  formatShape,
  GraphError,
  keep,
  noGrad,
  requireTensor,
  ShapeError,
  sameShape,
  scope,
  type Tensor,
  ValueError,
} from "@convgrad/core";

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

/**
 * What `SGD.stateDict()` holds: the settings, and one velocity per parameter (`null` while it has
 * none).
 */
export interface SGDState {
  readonly options: Required<SGDOptions>;
  readonly velocities: readonly (Tensor | null)[];
}

/** One parameter's part of a step. */
interface Move {
  readonly w: Tensor;
  readonly g: Tensor;
  /** `null` without momentum. */
  readonly velocity: Tensor | null;
  /** Whether the velocity is g itself, at the first step. */
  readonly isFirst: boolean;
  readonly i: number;
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
   * @throws {@link ValueError} for settings that are NaN or out of range, for no parameters, ones
   * listed twice or computed from others, or where none requires a gradient. Frozen parameters
   * (`requiresGrad = false`) may be among them; they stay as they are.
   */
  constructor(parameters: Iterable<Tensor>, options: SGDOptions) {
    if (typeof parameters?.[Symbol.iterator] !== "function") {
      throw new ValueError("SGD", "the parameters are no list; pass model.parameters()");
    }
    this.#parameters = [...parameters];
    for (const p of this.#parameters) requireTensor("SGD", "parameter", p);
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

  /** The learning rate, a number ≥ 0; settable between steps. */
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

  /**
   * Moves every parameter that requires a gradient and has one. Nothing is written before all memory is at hand.
   *
   * @throws {@link MemoryError} when there is no room for the first velocities, or for weight decay; parameters and
   * velocities are intact then.
   */
  step(): void {
    noGrad(() => {
      scope(() => {
        const moves = this.#parameters.flatMap((w, i) =>
          w.requiresGrad && w.grad ? [this.#prepare(w, w.grad, i)] : [],
        );
        for (const move of moves) this.#move(move);
      });
    });
  }

  #prepare(w: Tensor, gradient: Tensor, i: number): Move {
    const { momentum, weightDecay } = this.#options;
    const g = weightDecay === 0 ? gradient : scope(() => gradient.add(w.mul(weightDecay)));
    const former = this.#velocities[i] ?? null;
    const velocity = momentum === 0 ? null : (former ?? g.clone());
    return { w, g, velocity, isFirst: former === null, i };
  }

  #move({ w, g, velocity, isFirst, i }: Move): void {
    const { lr, momentum, dampening, nesterov } = this.#options;
    if (velocity && isFirst) this.#velocities[i] = keep(velocity);
    else if (velocity) axpby(1 - dampening, g, momentum, velocity);
    if (nesterov) axpby(-lr, g, 1, w);
    if (nesterov && velocity) axpby(-lr * momentum, velocity, 1, w);
    else axpby(-lr, velocity ?? g, 1, w);
  }

  /** The settings and velocities; tensors are copies that outlive every scope. */
  stateDict(): SGDState {
    return { options: { ...this.#options }, velocities: copies(this.#velocities) };
  }

  /**
   * Continues from a saved state.
   *
   * @throws {@link ValueError}, {@link ShapeError} or {@link DTypeError} when it belongs to other
   * parameters, {@link GraphError} for a released velocity; nothing has changed then.
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
      if (v) checkVelocity(v, this.#parameters[i]!, i);
    });
    this.#velocities = copies(state.velocities);
    this.#options = options;
  }
}

/** Copies that outlive every scope; where one fails, none is left behind. */
function copies(velocities: readonly (Tensor | null)[]): (Tensor | null)[] {
  const made = scope(() => velocities.map((v) => v?.detach().clone() ?? null));
  for (const v of made) if (v) keep(v);
  return made;
}

function checkVelocity(v: Tensor, w: Tensor, i: number): void {
  if (v.storage.released) {
    throw new GraphError(
      "SGD.loadStateDict",
      `velocity ${i} of the state was released with its scope; ` +
        "keep() it, or load the state inside the scope",
    );
  }
  if (!sameShape(v.shape, w.shape)) {
    throw new ShapeError(
      "SGD.loadStateDict",
      `velocity ${i} is ${formatShape(v.shape)}, the parameter ${formatShape(w.shape)}`,
    );
  }
  if (v.dtype !== w.dtype) {
    throw new DTypeError(
      "SGD.loadStateDict",
      `velocity ${i} is ${v.dtype}, the parameter ${w.dtype}; convert it with .to("${w.dtype}")`,
    );
  }
}

function checked(options: SGDOptions | undefined): Required<SGDOptions> {
  if (!options) throw new ValueError("SGD", "there are no settings; pass at least { lr: 0.01 }");
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
