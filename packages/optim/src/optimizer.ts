import { axpby, formatShape, formatValue, keep, noGrad, scope, type Tensor } from "@convgrad/core";
import type { OptimizerState, ParameterState, StateNames, Tensors } from "./optimizerState.ts";
import { checkState, copies } from "./optimizerState.ts";
import {
  checkParameters,
  type GroupOptions,
  groupsOf,
  merged,
  ParameterGroup,
  partOf,
  type Rules,
  type Trainable,
} from "./parameterGroup.ts";
import type { Settings } from "./settings.ts";

/** One parameter's part of a step, with all its memory at hand. */
export interface Move {
  /** Tensors that the parameter's state keeps from now on. */
  readonly fresh: Tensors;
  /** Writes parameter and state in place; takes no memory. */
  readonly apply: () => void;
}

const NEW: ParameterState = { steps: 0, tensors: {} };

/**
 * What moves parameters along their gradients: the groups, the state of each parameter, and a step that happens wholly
 * or not at all. A subclass says how one parameter moves.
 */
export abstract class Optimizer<S extends Settings = Settings> {
  readonly #rules: Rules<S>;
  readonly #options: object;
  readonly #groups: ParameterGroup<S>[];
  readonly #states = new Map<Tensor, ParameterState>();

  /** @throws {@link ValueError} for parameters that cannot be trained, and for settings out of range or unknown. */
  constructor(parameters: Trainable<object>, options: object, rules: Rules<S>) {
    this.#rules = rules;
    this.#options = options;
    this.#groups = groupsOf(parameters, options, rules);
  }

  /** The parameters in groups that share settings; one group, unless others were given. */
  get groups(): readonly ParameterGroup<S>[] {
    return this.#groups;
  }

  /** The learning rate of the first group, a number ≥ 0; setting it sets that of all groups. */
  get lr(): number {
    return this.#groups[0]!.lr;
  }
  set lr(lr: number) {
    for (const group of this.#groups) group.lr = lr;
  }

  /**
   * Trains more parameters from the next step on, layers that are no longer frozen for instance.
   *
   * @throws {@link ValueError} for parameters that are there already, and for settings out of range.
   */
  addGroup(group: GroupOptions<Partial<S>>): void {
    const { parameters, settings } = partOf(group, this.#rules.name);
    checkParameters(this.#rules.name, [...this.#parameters(), ...parameters]);
    this.#groups.push(new ParameterGroup(parameters, merged(this.#options, settings), this.#rules));
  }

  #parameters(): Tensor[] {
    return this.#groups.flatMap(({ parameters }) => parameters);
  }

  /** Forgets the gradients of the last step. */
  zeroGrad(): void {
    for (const p of this.#parameters()) p.grad = null;
  }

  /**
   * Moves every parameter that requires a gradient and has one. Nothing is written before all memory is at hand.
   *
   * @throws {@link MemoryError} when there is no room for the state or the temporaries; parameters and state are intact
   * then.
   */
  step(): void {
    noGrad(() => {
      scope(() => {
        const moves = this.#groups.flatMap((group) =>
          group.parameters.flatMap((w) => {
            if (!w.requiresGrad || !w.grad) return [];
            const state = this.#states.get(w) ?? NEW;
            return [{ w, state, move: this.plan(w, w.grad, state, group.settings) }];
          }),
        );
        for (const { w, state, move } of moves) {
          move.apply();
          for (const tensor of Object.values(move.fresh)) keep(tensor);
          const tensors = { ...state.tensors, ...move.fresh };
          this.#states.set(w, { steps: state.steps + 1, tensors });
        }
      });
    });
  }

  /** What a step does to the parameter w with gradient g; takes all memory that it needs, and writes nothing. */
  protected abstract plan(w: Tensor, g: Tensor, state: ParameterState, settings: S): Move;

  /** The names of the tensors in the states. */
  protected abstract readonly stateNames: StateNames;

  /**
   * Name, settings and sizes: `AdamW(lr 0.01, betas [0.9, 0.999], …; 2 groups, 14 parameters)`. A setting that differs
   * from group to group is given for each: `lr 0.01 | 0.001`.
   */
  toString(): string {
    const settings = this.#groups.map((group) => formatSettings(group.settings));
    const shared = Object.keys(settings[0]!).map((name) => {
      const values = settings.map((group) => group[name]!);
      return `${name} ${new Set(values).size === 1 ? values[0] : values.join(" | ")}`;
    });
    const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
    const sizes = [
      count(this.#groups.length, "group"),
      count(this.#parameters().length, "parameter"),
    ];
    return `${this.#rules.name}(${shared.join(", ")}; ${sizes.join(", ")})`;
  }

  /** What `console.log` shows in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return String(this);
  }

  /**
   * The settings and the state of each parameter; tensors are copies, and go with the scope that they are made in: in a
   * loop, `keep(optimizer.stateDict())` makes them outlive its body.
   */
  stateDict(): OptimizerState<S> {
    const states = this.#parameters().map((w) => this.#states.get(w) ?? null);
    return {
      optimizer: this.#rules.name,
      groups: this.#groups.map(({ settings }) => settings),
      parameters: copies(states),
    };
  }

  /**
   * Continues from a saved state: the steps that follow are, to the bit, those of an optimiser that was never stopped.
   *
   * @throws {@link ValueError}, {@link ShapeError} or {@link DTypeError} when it belongs to another optimiser or to other
   * parameters, {@link GraphError} for a released tensor; nothing has changed then.
   */
  loadStateDict(state: OptimizerState<S>): void {
    const operation = `${this.#rules.name}.loadStateDict`;
    const parameters = this.#parameters();
    checkState(
      operation,
      this.#rules.name,
      state,
      this.#groups.length,
      parameters,
      this.stateNames,
    );
    const groups = this.#groups.map(
      (group, i) => new ParameterGroup(group.parameters, Object(state.groups[i]), this.#rules),
    );
    const states = keep(copies(state.parameters));
    this.#groups.forEach((group, i) => {
      group.change(groups[i]!.settings);
    });
    this.#states.clear();
    states.forEach((one, i) => {
      if (one) this.#states.set(parameters[i]!, one);
    });
  }
}

function formatSettings(settings: object): Readonly<Record<string, string>> {
  const write = (value: unknown) =>
    Array.isArray(value) ? formatShape(value) : formatValue(value);
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, write(value)]));
}

/** How {@link replacing} moves the parameter. */
export interface Direction {
  readonly direction: Tensor;
  readonly alpha: number;
  /** Default 1. */
  readonly beta?: number;
}

/** The move that puts new values in the place of the state's, and then w ← α·direction + β·w. */
export function replacing(
  w: Tensor,
  state: ParameterState,
  next: Tensors,
  { direction, alpha, beta = 1 }: Direction,
): Move {
  const entries = Object.entries(next);
  return {
    fresh: Object.fromEntries(entries.filter(([name]) => !state.tensors[name])),
    apply: () => {
      for (const [name, values] of entries) state.tensors[name]?.assign(values);
      axpby(alpha, direction, beta, w);
    },
  };
}

/** g + λ·w: the gradient of L + ½·λ·Σ w². */
export function withDecay(w: Tensor, g: Tensor, weightDecay: number): Tensor {
  return weightDecay === 0 ? g : scope(() => g.add(w.mul(weightDecay)));
}
