/** What one epoch gave. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Optimiser steps of the run when the epoch ended. */
  readonly step: number;
  /** Means over the training batches as they passed, with the weights of the moment. */
  readonly loss: number;
  readonly accuracy: number | null;
  /** The learning rate of the last step. */
  readonly lr: number;
  /** Time of the epoch, validation included; the only part of a record that a replay does not repeat. */
  readonly seconds: number;
  /** The metrics that were asked for, averaged as the loss is. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** Loss, accuracy and other metrics on the validation data, if there was any. */
  readonly validation: Readonly<Record<string, number>> | null;
  /** SHA-256 of all parameters, as `weightsHash` gives it. */
  readonly weightsHash: string;
}

/** Columns of equal length, one entry per recorded step; `null` where nothing was measured. */
export interface StepColumns {
  /** Optimiser steps done, from 1, ascending. */
  readonly step: readonly number[];
  /** Mean loss since the entry before. */
  readonly loss: readonly number[];
  readonly accuracy: readonly (number | null)[];
  readonly lr: readonly number[];
}

/** Norms of gradients, measured every so many steps. */
export interface GradientColumns {
  readonly step: readonly number[];
  /** By the name of a layer with parameters: the norm of the gradient of all of them; NaN where they had none. */
  readonly layers: Readonly<Record<string, readonly number[]>>;
}

/** What a run did so far: plain data, for curves, checkpoints and `run.json`. */
export interface RunHistory {
  /** At most a few thousand entries, however long the run: where there are more, neighbours are merged. */
  readonly steps: StepColumns;
  readonly gradients: GradientColumns;
  readonly epochs: readonly EpochRecord[];
  /** What the run had to say: `step 120: layer 3 has a vanishing gradient, …` */
  readonly warnings: readonly string[];
}
