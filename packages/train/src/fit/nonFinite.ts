import {
  AnomalyError,
  detectAnomaly,
  formatShape,
  type RandomState,
  randomState,
  scope,
  setRandomState,
  type Tensor,
  unravelIndex,
  ValueError,
} from "@convgrad/core";
import type { Module } from "@convgrad/layers";

/** Where a run stood when a loss was not finite. */
export interface Standing {
  /** The step under way, from 1. */
  readonly step: number;
  readonly epoch: number;
  readonly lr: number;
  /** The last checkpoint, if there is one. */
  readonly checkpoint: string | null;
}

/** The first element that is NaN or infinite, or `null`. */
function firstNonFinite(x: Tensor): { index: number[]; value: number } | null {
  if (!x.dtype.startsWith("float")) return null;
  const values = x.toTypedArray();
  const at = values.findIndex((value) => !Number.isFinite(value));
  return at < 0 ? null : { index: unravelIndex(at, x.shape), value: values[at]! };
}

/** The error for weights that training has spoilt, or `null` where all are finite. */
export function spoiltWeights(
  model: Module,
  { step, epoch, lr, checkpoint }: Standing,
): ValueError | null {
  for (const [name, parameter] of model.namedParameters()) {
    const found = firstNonFinite(parameter);
    if (!found) continue;
    const made =
      step > 1
        ? `the update of step ${step - 1} made it, whose loss was still finite`
        : "it was so before the first step";
    const place = `${name} ${formatShape(parameter.shape)}`;
    return new ValueError(
      "fit",
      `the parameter ${place} is ${found.value} at ${formatShape(found.index)} in step ${step}: ${made}; ` +
        `${remedies(lr)}${lastGood(checkpoint)}`,
      { cause: "parameters", parameter: name, ...found, step, epoch, lr, checkpoint },
    );
  }
  return null;
}

/**
 * Why the loss of a batch is not finite: weights that are so already, the data, or an operation, which is found by
 * computing the batch once more under `detectAnomaly`, with the same random draws.
 *
 * @param again computes the loss of the batch and goes backward
 */
export function explainLoss(
  loss: number,
  model: Module,
  [input, target]: readonly [Tensor, Tensor],
  random: RandomState,
  again: () => void,
  standing: Standing,
): Error {
  const spoilt = spoiltWeights(model, standing);
  if (spoilt) return spoilt;
  const { step, epoch, lr, checkpoint } = standing;
  const where = `the loss of step ${step} (epoch ${epoch}) is ${loss}`;
  const details = { loss, step, epoch, lr, checkpoint };
  for (const [name, x] of [
    ["input", input],
    ["target", target],
  ] as const) {
    const found = firstNonFinite(x);
    if (!found) continue;
    return new ValueError(
      "fit",
      `${where}: the ${name} ${formatShape(x.shape)} of the batch is ${found.value} at ${formatShape(found.index)}; ` +
        `clean the data${lastGood(checkpoint)}`,
      { cause: name, ...found, ...details },
    );
  }
  const anomaly = firstAnomaly(random, again);
  if (anomaly) {
    // Its sentence comes last: it ends with lines of the stack.
    const sentence = `${where}; ${remedies(lr)}${lastGood(checkpoint)}; what made it: ${anomaly.message}`;
    return new AnomalyError("fit", sentence, {
      ...anomaly.details,
      ...details,
      cause: "operation",
    });
  }
  return new ValueError(
    "fit",
    `${where}, though no operation made it of finite numbers: the loss function itself gives it; ` +
      `look there for a division by zero or a logarithm${lastGood(checkpoint)}`,
    { cause: "loss", ...details },
  );
}

function firstAnomaly(random: RandomState, again: () => void): AnomalyError | null {
  const now = randomState();
  setRandomState(random);
  try {
    scope(() => detectAnomaly(again));
    return null;
  } catch (error) {
    if (error instanceof AnomalyError) return error;
    throw error;
  } finally {
    setRandomState(now);
  }
}

const remedies = (lr: number) =>
  `lower the learning rate (${lr}), begin with a warm-up, or pass clipGradNorm`;

const lastGood = (checkpoint: string | null) =>
  checkpoint === null ? "" : `; the last good checkpoint is ${checkpoint}`;
