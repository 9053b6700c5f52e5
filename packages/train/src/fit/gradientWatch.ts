import { noGrad, scope, type Tensor } from "@convgrad/core";
import type { StateTree } from "@convgrad/io";
import type { Module } from "@convgrad/layers";
import type { FitCallback, FitRun } from "./callback.ts";
import type { Recorder } from "./recorder.ts";

/** A layer whose gradient has a larger norm than this explodes. */
const EXPLODING = 1e3;
/** A layer's gradient vanishes when its root mean square is this much less than that of the layer with the largest. */
const VANISHING = 1e-5;
/** Once may be chance: so many measurements in a row make a warning. */
const IN_A_ROW = 2;

/** A module with parameters of its own. */
interface Layer {
  readonly name: string;
  /** `"2 (Dense(400 → 120))"` */
  readonly title: string;
  readonly parameters: readonly Tensor[];
}

/** Measures the gradients of each layer now and then, and warns once of each that vanishes or explodes. */
export class GradientWatch implements FitCallback {
  readonly name = "gradientWatch";
  readonly #every: number;
  readonly #recorder: Recorder;
  readonly #layers: readonly Layer[];
  /** By name and fault, measurements in a row; those that were warned of have `IN_A_ROW`, for good. */
  #faults: Record<string, number> = {};

  constructor(model: Module, every: number, recorder: Recorder) {
    this.#every = every;
    this.#recorder = recorder;
    this.#layers = layersOf(model);
  }

  onGradients(run: FitRun): void {
    const step = run.step + 1;
    if (!isInspected(step, this.#every)) return;
    const measured = this.#layers.flatMap((layer) => {
      const gradients = layer.parameters.flatMap(({ grad }) => grad ?? []);
      if (gradients.length === 0) return []; // frozen
      const norm = Math.sqrt(gradients.reduce((sum, g) => sum + squared(g), 0));
      return [{ layer, norm, rms: norm / Math.sqrt(sizeOf(gradients)) }];
    });
    this.#recorder.addGradients(
      step,
      Object.fromEntries(measured.map(({ layer, norm }) => [layer.name, norm])),
    );
    const largest = Math.max(...measured.map(({ rms }) => rms));
    for (const { layer, norm, rms } of measured) {
      const times =
        rms === 0 ? "" : `, ${(largest / rms).toExponential(0)} times less than elsewhere`;
      this.#note(run, `${layer.name} vanishes`, rms < largest * VANISHING, () => {
        const size = `the gradient of layer ${layer.title} has norm ${norm.toPrecision(2)}${times}`;
        return `${size}: it vanishes; use ReLU, normalisation, residual connections or another initialisation`;
      });
      this.#note(run, `${layer.name} explodes`, !(norm <= EXPLODING), () => {
        const size = `the gradient of layer ${layer.title} has norm ${norm.toPrecision(2)}`;
        return `${size}: it explodes; lower the learning rate (${run.optimizer.lr}) or pass clipGradNorm`;
      });
    }
  }

  #note(run: FitRun, fault: string, isThere: boolean, sentence: () => string): void {
    const before = this.#faults[fault] ?? 0;
    if (before >= IN_A_ROW) return;
    this.#faults[fault] = isThere ? before + 1 : 0;
    if (this.#faults[fault] === IN_A_ROW) run.warn(`step ${run.step + 1}: ${sentence()}`);
  }

  stateDict(): StateTree {
    return { ...this.#faults };
  }

  loadStateDict(state: StateTree): void {
    this.#faults = { ...(state as Readonly<Record<string, number>>) };
  }
}

/** Whether a step is looked at closely: the first, and one in so many. */
export function isInspected(step: number, every: number): boolean {
  return step === 1 || step % every === 0;
}

/** The modules with parameters, by the names that `namedParameters()` gives those. */
function layersOf(model: Module): Layer[] {
  const groups = new Map<string, Tensor[]>();
  for (const [name, parameter] of model.namedParameters()) {
    const owner = name.replace(/\.?[^.]*$/, "");
    groups.set(owner, [...(groups.get(owner) ?? []), parameter]);
  }
  const modules = modulesOf(model);
  return [...groups].map(([name, parameters]) => {
    const module = modules.get(name);
    return {
      name: name || "model",
      title: `${name || "model"}${module ? ` (${module})` : ""}`,
      parameters,
    };
  });
}

/** Every module in a model by its name, the model itself by `""`; one that stands in several places by the first. */
export function modulesOf(model: Module): Map<string, Module> {
  const found = new Map<string, Module>();
  const seen = new Set<Module>();
  const add = (name: string, module: Module) => {
    if (seen.has(module)) return;
    seen.add(module);
    found.set(name, module);
    for (const [key, child] of module.children()) add(name ? `${name}.${key}` : key, child);
  };
  add("", model);
  return found;
}

function squared(g: Tensor): number {
  return noGrad(() => scope(() => g.mul(g).sum().item()));
}

function sizeOf(gradients: readonly Tensor[]): number {
  return gradients.reduce((sum, { size }) => sum + size, 0);
}
