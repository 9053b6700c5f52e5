import { noGrad, scope, type Tensor } from "@convgrad/core";
import type { StateTree } from "@convgrad/io";
import { type Module, ReLU } from "@convgrad/layers";
import type { FitCallback, FitRun } from "./callback.ts";
import { isInspected, modulesOf } from "./gradientWatch.ts";

/** From this share of units that are 0 for a whole batch on, something is wrong. */
const TOO_MANY = 0.5;
/** In a smaller batch a healthy unit may well be 0 throughout. */
const SMALLEST_BATCH = 16;

/** Looks now and then which units behind a `ReLU` layer are 0 for a whole batch, and warns once of each layer. */
export class DeadUnits implements FitCallback {
  readonly name = "deadUnits";
  readonly #every: number;
  readonly #layers: readonly (readonly [name: string, layer: ReLU])[];
  #warned: readonly string[] = [];
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
        this.#look(run, name, output);
        return undefined;
      }),
    );
    this.#stopLooking = () => {
      for (const remove of hooks) remove();
    };
  }

  #look(run: FitRun, name: string, output: Tensor): void {
    const [n = 0, units = 0] = output.shape;
    if (output.shape.length < 2 || n < SMALLEST_BATCH || this.#warned.includes(name)) return;
    const dead = deadShare(output);
    if (dead < TOO_MANY) return;
    this.#warned = [...this.#warned, name];
    run.warn(
      `step ${run.step + 1}: ${Math.round(100 * dead)} % of the ${units} units of layer ${name || "model"} (ReLU) are 0 ` +
        `for the whole batch: dead; lower the learning rate (${run.optimizer.lr}), or use LeakyReLU`,
    );
  }

  onGradients(): void {
    this.#stopLooking();
  }

  onEnd(): void {
    this.#stopLooking();
  }

  stateDict(): StateTree {
    return this.#warned;
  }

  loadStateDict(state: StateTree): void {
    this.#warned = state as readonly string[];
  }
}

/** The part of channels, or of features, that are positive nowhere in the batch. */
function deadShare(output: Tensor): number {
  return noGrad(() =>
    scope(() => {
      const others = output.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
      return output.detach().max(others).equal(0).mean().item();
    }),
  );
}
