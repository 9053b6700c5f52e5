import {
  checkWhole,
  DTypeError,
  formatShape,
  formatValue,
  GraphError,
  requireTensor,
  ShapeError,
  sameShape,
  scope,
  type Tensor,
  ValueError,
} from "@convgrad/core";

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** What an optimiser remembers of one parameter. */
export interface ParameterState {
  /** The steps that moved it so far. */
  readonly steps: number;
  /** Of the parameter's shape and dtype. */
  readonly tensors: Tensors;
}

/** What an optimiser knows of the tensors in its states. */
export interface StateNames {
  /** There after the first step. */
  readonly always: readonly string[];
  /** There with some settings. */
  readonly sometimes: readonly string[];
}

/** What `stateDict()` of an optimiser holds. */
export interface OptimizerState<S> {
  /** Whose state it is: `"Adam"`. */
  readonly optimizer: string;
  /** The settings of each group. */
  readonly groups: readonly S[];
  /** The state of each parameter, in the order of the groups; `null` before its first step. */
  readonly parameters: readonly (ParameterState | null)[];
}

/** Copies, which the present scope owns; where one fails, none is left behind. */
export function copies(states: readonly (ParameterState | null)[]): (ParameterState | null)[] {
  return scope(() =>
    states.map((state) => {
      if (!state) return null;
      const tensors = Object.entries(state.tensors).map(([name, tensor]) => [
        name,
        tensor.detach().clone(),
      ]);
      return { steps: state.steps, tensors: Object.fromEntries(tensors) as Tensors };
    }),
  );
}

/** @throws when a state is not of this optimiser and these parameters. */
export function checkState(
  operation: string,
  optimizer: string,
  state: OptimizerState<unknown>,
  groups: number,
  parameters: readonly Tensor[],
  names: StateNames,
): void {
  if (!Array.isArray(state?.groups) || !Array.isArray(state.parameters)) {
    throw new ValueError(operation, "this is no state of an optimiser; pass what stateDict() gave");
  }
  if (state.optimizer !== optimizer) {
    throw new ValueError(
      operation,
      `the state is of ${formatValue(state.optimizer)}; make that optimiser, or start without a state`,
      { expected: optimizer, actual: state.optimizer },
    );
  }
  const [expected, actual] = [parameters.length, state.parameters.length];
  if (actual !== expected || state.groups.length !== groups) {
    throw new ValueError(
      operation,
      `the state has ${actual} parameters in ${state.groups.length} groups, ` +
        `the optimiser ${expected} in ${groups}; build it from the same model`,
      { expected, actual },
    );
  }
  state.parameters.forEach((one: ParameterState | null, i) => {
    if (one) checkParameterState(operation, one, parameters[i]!, i, names);
  });
}

function checkParameterState(
  operation: string,
  state: ParameterState,
  w: Tensor,
  i: number,
  { always, sometimes }: StateNames,
): void {
  checkWhole(operation, `steps of parameter ${i}`, state.steps, 1);
  const names = Object.keys(Object(state.tensors));
  const missing = always.find((name) => !names.includes(name));
  const unexpected = names.find((name) => !always.includes(name) && !sometimes.includes(name));
  if (missing !== undefined || unexpected !== undefined) {
    throw new ValueError(
      operation,
      `the state of parameter ${i} holds ${names.join(", ") || "nothing"}; ` +
        `it must hold ${[...always, ...sometimes.map((name) => `${name} or not`)].join(", ")}`,
      { parameter: i, missing, unexpected },
    );
  }
  for (const name of names) checkTensor(operation, state.tensors[name]!, w, `${name} ${i}`);
}

function checkTensor(operation: string, x: Tensor, w: Tensor, what: string): void {
  requireTensor(operation, what, x);
  if (x.storage.released) {
    throw new GraphError(
      operation,
      `${what} of the state was released with its scope; ` +
        "keep() it, or load the state inside the scope",
    );
  }
  if (!sameShape(x.shape, w.shape)) {
    throw new ShapeError(
      operation,
      `${what} is ${formatShape(x.shape)}, the parameter ${formatShape(w.shape)}`,
      { expected: w.shape, actual: x.shape },
    );
  }
  if (x.dtype !== w.dtype) {
    throw new DTypeError(
      operation,
      `${what} is ${x.dtype}, the parameter ${w.dtype}; convert it with .to("${w.dtype}")`,
      { expected: w.dtype, actual: x.dtype },
    );
  }
}
