import { synchronous } from "./backend.ts";
import { isFloat } from "./dtype.ts";
import { AnomalyError, checkFunction } from "./errors.ts";
import type { Node } from "./graph.ts";
import { formatShape, unravelIndex } from "./shape.ts";
import { type Creation, callers, creation } from "./stack.ts";
import type { Tensor } from "./tensor.ts";

let detectors = 0;
/** The node whose backward is running. */
let current: Node | null = null;

/** Whether results are searched for NaN and infinities. */
export function isDetecting(): boolean {
  return detectors > 0;
}

/** Notes whose backward runs from here on; gives back whose ran before. */
export function backwardOf(node: Node | null): Node | null {
  const before = current;
  current = node;
  return before;
}

/**
 * Runs synchronous `fn` so that the first operation which makes NaN or ±Infinity of finite numbers throws, in the
 * forward or the backward pass, and says where its forward was called. A NaN that came in with the data is reported as
 * such; infinities that were asked for (`full([2], Infinity)`, `pad` with −Infinity) pass, until a NaN comes of them.
 * Without `fn` it is on until the returned function is called, which suits loops that await. Each result is read and
 * deferred work is done at once, so this is for finding a fault, not for training. Writes in place (`assign`, `axpby`)
 * are seen when the tensor is next used.
 *
 * @throws {@link AnomalyError}; parameters and gradients are as before. {@link GraphError} when `fn` is async.
 * Source: PyTorch, `torch.autograd.detect_anomaly`, which looks for NaN in the backward pass only.
 * @example
 * detectAnomaly(() => crossEntropy(model.forward(images), labels).backward());
 */
export function detectAnomaly(): () => void;
export function detectAnomaly<T>(fn: () => T): T;
export function detectAnomaly<T>(fn?: () => T): T | (() => void) {
  if (fn !== undefined) checkFunction("detectAnomaly", "fn", fn, "detectAnomaly(() => …)");
  detectors++;
  let on = true;
  const stop = () => {
    if (on) detectors--;
    on = false;
  };
  if (!fn) return stop;
  try {
    return synchronous("detectAnomaly", fn());
  } finally {
    stop();
  }
}

/** The place of the first element for which `is` holds, in row-major order, or −1. */
function find(x: Tensor, is: (value: number) => boolean): number {
  return isFloat(x.dtype) ? x.toTypedArray().findIndex(is) : -1;
}

const isInfinite = (value: number) => Math.abs(value) === Number.POSITIVE_INFINITY;

/**
 * @param params of the primitive: a number in it that is not finite was asked for
 * @throws {@link AnomalyError} when the output holds NaN or infinities which the inputs do not explain.
 */
export function inspect(
  operation: string,
  inputs: readonly Tensor[],
  output: Tensor,
  params?: unknown,
): void {
  if (output.storage.kernels.virtual) return;
  const nan = find(output, Number.isNaN);
  const infinite = nan < 0 ? find(output, isInfinite) : -1;
  if (nan < 0 && infinite < 0) return;
  const asked = Object.values(params ?? {}).some((p) => Number.isNaN(p) || isInfinite(p));
  if (asked) return;
  if (nan >= 0) {
    const operand = inputs.findIndex((x) => find(x, Number.isNaN) >= 0);
    if (operand >= 0) throw fromOutside(operation, operand, inputs[operand]!);
  } else if (inputs.some((x) => find(x, isInfinite) >= 0)) return;
  throw madeBy(operation, inputs, output, Math.max(nan, infinite));
}

/** What no primitive of the pullback made, a custom backward put there. */
export function inspectPull(node: Node, g: Tensor, gradients: readonly (Tensor | null)[]): void {
  for (const gradient of gradients) {
    if (gradient && gradient !== g) inspect(node.name, [g, ...node.saved], gradient);
  }
}

function element(x: Tensor, at: number) {
  return { index: unravelIndex(at, x.shape), value: x.toTypedArray()[at]!, shape: x.shape };
}

function fromOutside(operation: string, operand: number, x: Tensor): AnomalyError {
  const found = element(x, find(x, Number.isNaN));
  return anomaly(
    "input",
    found,
    `operand ${operand} ${formatShape(x.shape)} of ${operation} held NaN at ${formatShape(found.index)} ` +
      "before any operation made it: it came in with the data or an update wrote it, " +
      "so clean the data or lower the learning rate",
  );
}

function madeBy(
  operation: string,
  inputs: readonly Tensor[],
  output: Tensor,
  at: number,
): AnomalyError {
  const found = element(output, at);
  const shapes = inputs.map((x) => {
    const infinite = find(x, isInfinite);
    if (infinite < 0) return formatShape(x.shape);
    return `${formatShape(x.shape)}, infinite at ${formatShape(unravelIndex(infinite, x.shape))},`;
  });
  return anomaly(
    operation,
    found,
    `made ${found.value} at ${formatShape(found.index)} of its output ${formatShape(output.shape)} ` +
      `from ${inputs.some((x) => find(x, isInfinite) >= 0) ? "" : "finite "}inputs ${shapes.join(" and ")}; ` +
      "keep its inputs away from there, by a clamp or an epsilon, or lower the learning rate",
  );
}

function anomaly(
  operation: string,
  found: ReturnType<typeof element>,
  sentence: string,
): AnomalyError {
  const backward = current;
  const noted: Creation | null = backward ? backward.created : creation();
  const created = noted && callers(noted).join("\n");
  const before = "before detectAnomaly was on";
  const place = backward
    ? `in the backward pass of ${backward.name} ${formatShape(backward.shape)} created `
    : "";
  return new AnomalyError(operation, `${sentence}; ${place}${created ?? before}`, {
    operation,
    phase: backward ? "backward" : "forward",
    ...found,
    created,
  });
}
