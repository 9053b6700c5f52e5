import { noGrad, randomState, scope, type Tensor } from "@convgrad/core";
import { SampleAverage } from "../average.ts";
import { inputAndTarget } from "../batches.ts";
import { accuracyOf, measure, scalarLoss } from "../measure.ts";
import { explainLoss } from "./nonFinite.ts";
import type { Settings } from "./options.ts";
import type { Run } from "./run.ts";

/** The batches of one step of the optimiser: their gradients add up to that of the mean over all their samples. */
export class BatchGroup<B> {
  readonly #run: Run;
  readonly #settings: Settings<B>;
  readonly #average = new SampleAverage();
  #first = 0;
  /** Batches so far. */
  size = 0;

  constructor(run: Run, settings: Settings<B>) {
    this.#run = run;
    this.#settings = settings;
  }

  /** How many samples there are in it. */
  get samples(): number {
    return this.#average.samples;
  }

  /** Means over the samples. */
  get measured(): Readonly<Record<string, number>> {
    return this.#average.means();
  }

  /**
   * Forward and backward for a batch.
   *
   * @throws {@link ValueError} or {@link AnomalyError} for a loss that is not finite; parameters are as before.
   */
  add(batch: B): void {
    const { loss: lossOf, metrics, batch: read } = this.#settings;
    const [input, target] = inputAndTarget("fit", batch, read);
    const samples = input.shape[0] ?? 1;
    if (this.size === 0) this.#first = samples;
    const random = randomState();
    const forward = (): [output: Tensor, loss: Tensor] => {
      const output = this.#run.model.forward(input);
      return [output, scalarLoss("fit", lossOf, output, target)];
    };
    scope(() => {
      const [output, loss] = forward();
      const value = loss.item();
      if (!Number.isFinite(value)) {
        const again = () => forward()[1].backward();
        const { model } = this.#run;
        throw explainLoss(value, model, [input, target], random, again, this.#run.standing);
      }
      const more = noGrad(() => measure("fit", metrics, output.detach(), target));
      // Relative to the first batch, so that batches of one size are added as they are.
      const weight = samples / this.#first;
      (weight === 1 ? loss : loss.mul(weight)).backward();
      this.#average.add(samples, { loss: value, accuracy: accuracyOf(output, target), ...more });
    });
    this.size++;
  }

  /** Turns the sum of the gradients into their mean. */
  average(parameters: readonly Tensor[]): void {
    if (this.size === 1) return;
    const share = this.#first / this.samples;
    noGrad(() =>
      scope(() => {
        for (const { grad } of parameters) grad?.assign(grad.mul(share));
      }),
    );
  }
}
