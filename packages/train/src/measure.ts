import { checkFunction, formatValue, requireTensor, Tensor, ValueError } from "@convgrad/core";
import { accuracy } from "@convgrad/layers";

/** The loss of a batch, averaged over its samples, or one loss per sample. */
export type LossFunction = (output: Tensor, target: Tensor) => Tensor;

/** A number for a batch, an average over its samples: `(logits, labels) => topK(logits, labels, 3)`. */
export type Metric = (output: Tensor, target: Tensor) => number;

/** Metrics by name. */
export type Metrics = Readonly<Record<string, Metric>>;

/** Names that a metric cannot have, because they are measured anyway. */
const TAKEN = ["loss", "accuracy", "samples", "metrics"];

/** @throws {@link ValueError} for metrics that are no functions by name. */
export function checkMetrics(operation: string, metrics: Metrics): void {
  if (typeof metrics !== "object" || metrics === null || Array.isArray(metrics)) {
    throw new ValueError(
      operation,
      `metrics is ${formatValue(metrics)}; pass functions by name: { top3: (logits, labels) => … }`,
    );
  }
  for (const [name, metric] of Object.entries(metrics)) {
    if (TAKEN.includes(name)) {
      throw new ValueError(operation, `a metric cannot be called ${name}; that is measured anyway`);
    }
    checkFunction(operation, `metric ${name}`, metric, "(logits, labels) => …");
  }
}

/** The loss as one number to go backward from; what is a scalar already stays as it is. */
export function scalarLoss(
  operation: string,
  lossOf: LossFunction,
  output: Tensor,
  target: Tensor,
): Tensor {
  requireTensor(operation, "result of the model", output);
  const losses = lossOf(output, target);
  requireTensor(operation, "result of loss", losses);
  return losses.shape.length === 0 ? losses : losses.mean();
}

/** The accuracy where the targets are classes; NaN where they are not. */
export function accuracyOf(output: Tensor, target: Tensor): number {
  const isClass = target.dtype === "int32" && output.shape.length === target.shape.length + 1;
  if (!isClass) return Number.NaN;
  // In double precision, so that sums of it count right.
  return Math.round(accuracy(output, target) * target.size) / target.size;
}

/** @throws {@link ValueError} for a metric that gives no number. */
export function measure(
  operation: string,
  metrics: Metrics,
  output: Tensor,
  target: Tensor,
): Record<string, number> {
  const entries = Object.entries(metrics).map(([name, metric]): [string, number] => {
    const value: unknown = metric(output, target);
    if (typeof value === "number") return [name, value];
    throw new ValueError(
      operation,
      `metric ${name} gave ${value instanceof Tensor ? "a tensor" : formatValue(value)}; ` +
        "it must give a number, by .item() for instance",
    );
  });
  return Object.fromEntries(entries);
}
