import { formatValue, requireTensor, type Tensor, ValueError } from "@convgrad/core";
import type { Settings } from "./settings.ts";

/** Parameters with settings of their own, as an optimiser takes them; what is left out, the optimiser's settings say. */
export type GroupOptions<O> = Partial<O> & { readonly parameters: Iterable<Tensor> };

/** What an optimiser trains: tensors, or groups of them. */
export type Trainable<O> = Iterable<Tensor> | Iterable<GroupOptions<O>>;

/** An optimiser's name, and how it fills in and checks its settings. */
export interface Rules<S extends Settings> {
  readonly name: string;
  /** The settings in full; throws where one is missing or out of range. */
  check(options: object): S;
}

/** Parameters that share settings. */
export class ParameterGroup<S extends Settings = Settings> {
  /** In the order of the optimiser's state; frozen ones may be among them. */
  readonly parameters: readonly Tensor[];
  readonly #rules: Rules<S>;
  #settings: S;

  constructor(parameters: readonly Tensor[], options: object, rules: Rules<S>) {
    this.parameters = parameters;
    this.#rules = rules;
    this.#settings = checked(options, rules);
  }

  /** The settings in force; `change` takes new ones. */
  get settings(): S {
    return { ...this.#settings };
  }

  /** The learning rate, a number ≥ 0; settable between steps. */
  get lr(): number {
    return this.#settings.lr;
  }
  set lr(lr: number) {
    this.#settings = checked({ ...this.#settings, lr }, this.#rules);
  }

  /**
   * Takes new settings from the next step on; those left out stay.
   *
   * @throws {@link ValueError} for one that is out of range or unknown; nothing has changed then.
   * @example
   * optimizer.groups[0].change({ weightDecay: 0 });
   */
  change(settings: Partial<S>): void {
    if (typeof settings !== "object" || settings === null) {
      throw new ValueError(
        this.#rules.name,
        `the settings are ${formatValue(settings)}; pass those that change, as { lr: 0.01 }`,
      );
    }
    this.#settings = checked(merged(this.#settings, settings), this.#rules);
  }
}

/** Settings over others; one that is undefined counts as left out. */
export function merged(settings: object, over: object): object {
  const given = Object.entries(over).filter(([, value]) => value !== undefined);
  return { ...settings, ...Object.fromEntries(given) };
}

function checked<S extends Settings>(options: object, rules: Rules<S>): S {
  const settings = rules.check(options);
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(settings, name));
  if (unknown !== undefined) {
    throw new ValueError(
      rules.name,
      `there is no setting "${unknown}"; there are ${Object.keys(settings).join(", ")}`,
      { setting: unknown },
    );
  }
  return settings;
}

/**
 * The groups of an optimiser, from tensors or from groups.
 *
 * @throws {@link ValueError} for no parameters, ones listed twice or computed from others, or where none requires a
 * gradient.
 */
export function groupsOf<S extends Settings>(
  trainable: Trainable<object>,
  options: object,
  rules: Rules<S>,
): ParameterGroup<S>[] {
  if (typeof trainable?.[Symbol.iterator] !== "function") {
    throw new ValueError(rules.name, "the parameters are no list; pass model.parameters()");
  }
  const items: readonly (Tensor | GroupOptions<object>)[] = [...trainable];
  const parts: readonly Part[] = items.some(isGroup)
    ? items.map((item) => partOf(item, rules.name))
    : [{ parameters: items as readonly Tensor[], settings: {} }];
  const all = parts.flatMap(({ parameters }) => parameters);
  checkParameters(rules.name, all);
  if (!all.some((p) => p.requiresGrad)) {
    throw new ValueError(
      rules.name,
      "no parameter requires a gradient; set requiresGrad on those to train",
    );
  }
  if (typeof options !== "object" || options === null) {
    throw new ValueError(rules.name, "there are no settings; pass at least { lr: 0.01 }");
  }
  return parts.map(
    ({ parameters, settings }) => new ParameterGroup(parameters, merged(options, settings), rules),
  );
}

interface Part {
  readonly parameters: readonly Tensor[];
  readonly settings: object;
}

function isGroup(item: unknown): item is GroupOptions<object> {
  return typeof item === "object" && item !== null && "parameters" in item && !("storage" in item);
}

/** @throws {@link ValueError} for what is no group, tensors among groups for instance. */
export function partOf(item: unknown, operation: string): Part {
  if (!isGroup(item) || typeof item.parameters?.[Symbol.iterator] !== "function") {
    throw new ValueError(
      operation,
      `a group is ${isGroup(item) ? "without a list of parameters" : formatValue(item)}; ` +
        "pass { parameters: layer.parameters(), lr: 0.01 }, or tensors alone",
    );
  }
  const { parameters, ...settings } = item;
  return { parameters: [...parameters], settings };
}

/** @throws {@link ValueError} for no parameters, ones listed twice, or ones computed from others. */
export function checkParameters(operation: string, parameters: readonly Tensor[]): void {
  for (const p of parameters) requireTensor(operation, "parameter", p);
  if (parameters.length === 0) {
    throw new ValueError(operation, "there is no parameter to train; pass model.parameters()");
  }
  if (new Set(parameters).size !== parameters.length) {
    throw new ValueError(operation, "a parameter is listed twice and would be moved twice");
  }
  const computed = parameters.findIndex((p) => !p.isLeaf);
  if (computed >= 0) {
    throw new ValueError(
      operation,
      `parameter ${computed} was computed from others and cannot be moved; pass the tensors it came from`,
    );
  }
}
