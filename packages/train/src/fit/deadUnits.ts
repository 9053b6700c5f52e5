import { noGrad, scope, type Tensor } from "@convgrad/core";
import type { StateTree } from "@convgrad/io";
import { type Module, ReLU } from "@convgrad/layers";
import type { FitCallback, FitRun } from "./callback.ts";
import { isInspected, modulesOf } from "./gradientWatch.ts";

/** From this share of dead units on, something is wrong. */
const TOO_MANY = 0.5;
/** A healthy unit may well be 0 for a batch or two: it is dead when it is 0 for so many looks, and so many samples. */
const LEAST_LOOKS = 5;
const LEAST_SAMPLES = 250;

/** What the looks at a layer showed so far. */
interface Sight {
  readonly looks: number;
  readonly samples: number;
  /** The step of the first and of the last look. */
  readonly from: number;
  readonly step: number;
  /** For each unit, whether it was ever positive. */
  readonly alive: readonly boolean[];
}

/** Looks now and then which units behind a `ReLU` layer are never positive, and warns once of each layer. */
export class DeadUnits implements FitCallback {
  readonly name = "deadUnits";
  readonly #every: number;
  readonly #layers: readonly (readonly [name: string, layer: ReLU])[];
  #warned: readonly string[] = [];
  /** By the name of the layer. */
  #sights: Record<string, Sight> = {};
  #stopLooking = () => {};

  constructor(model: Module, every: number) {
    this.#every = every;
    this.#layers = [...modulesOf(model)].flatMap(([name, module]) =>
      module instanceof ReLU ? [[name, module] as const] : [],
    );
  }

  onForward(run: FitRun): void {
    const step = run.step + 1;
    if (!isInspected(step, this.#every)) return;
    const open = this.#layers.filter(([name]) => !this.#warned.includes(name));
    const hooks = open.map(([name, layer]) =>
      layer.onForward(({ output }) => {
        this.#look(step, name, output);
        return undefined;
      }),
    );
    this.#stopLooking = () => {
      for (const remove of hooks) remove();
    };
  }

  #look(step: number, name: string, output: Tensor): void {
    const [n = 0, units = 0] = output.shape;
    if (output.shape.length < 2 || n === 0) return;
    const positive = positiveUnits(output);
    const before = this.#sights[name];
    // A layer that stands in several places may have other units there: it is watched where it was seen first.
    if (before && before.alive.length !== units) return;
    const { looks = 0, samples = 0, from = step, alive = [] } = before ?? {};
    this.#sights[name] = {
      looks: looks + (before?.step === step ? 0 : 1),
      samples: samples + n,
      from,
      step,
      alive: positive.map((is, unit) => is || alive[unit] === true),
    };
  }

  onGradients(run: FitRun): void {
    this.#stopLooking();
    for (const [name, sight] of Object.entries(this.#sights)) {
      if (sight.looks < LEAST_LOOKS || sight.samples < LEAST_SAMPLES) continue;
      delete this.#sights[name]; // units may die later on
      this.#judge(run, name, sight);
    }
  }

  #judge(run: FitRun, name: string, { alive, looks, samples, from, step }: Sight): void {
    const dead = alive.filter((is) => !is).length / alive.length;
    if (dead < TOO_MANY) return;
    this.#warned = [...this.#warned, name];
    run.warn(
      `step ${step}: ${Math.round(100 * dead)} % of the ${alive.length} units of layer ${name || "model"} (ReLU) were 0 for ` +
        `all ${samples} samples of ${looks} looks since step ${from}: dead; lower the learning rate (${run.optimizer.lr}), or use LeakyReLU`,
    );
  }

  onEnd(): void {
    this.#stopLooking();
  }

  stateDict(): StateTree {
    return { warned: this.#warned, sights: { ...this.#sights } } as unknown as StateTree;
  }

  loadStateDict(state: StateTree): void {
    const { warned, sights } = state as unknown as {
      readonly warned: readonly string[];
      readonly sights: Readonly<Record<string, Sight>>;
    };
    this.#warned = warned;
    this.#sights = { ...sights };
  }
}

/** For each channel, or feature, whether it is positive anywhere in the batch. */
function positiveUnits(output: Tensor): boolean[] {
  return noGrad(() =>
    scope(() => {
      const others = output.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
      return Array.from(output.detach().max(others).toTypedArray(), (most) => Number(most) > 0);
    }),
  );
}
