import { checkOptions, formatValue, ValueError } from "@convgrad/core";
import type { EpochRecord } from "../history.ts";

/** Which number of an epoch counts, and which way. */
export interface MonitorOptions {
  /**
   * `"loss"`, `"accuracy"` or a metric's name, of the training batches or, after `"validation."`, of the validation data;
   * default `"validation.loss"`, without validation `"loss"`.
   */
  readonly monitor?: string;
  /** Whether it is to fall (`"min"`) or to rise (`"max"`); default `"min"` for names that end in loss or error. */
  readonly mode?: "min" | "max";
}

/** A number of an epoch that is watched. */
export interface Monitor {
  readonly name: string;
  readonly mode: "min" | "max";
}

/** `"validation.loss, min"` */
export function formatMonitor({ name, mode }: Monitor): string {
  return `${name}, ${mode}`;
}

/** @throws {@link ValueError} for a number that the run does not measure, or an unknown mode. */
export function checkMonitor(
  operation: string,
  { monitor, mode }: MonitorOptions,
  metrics: readonly string[],
  hasValidation: boolean,
): Monitor {
  const own = ["loss", "accuracy", ...metrics];
  const known = [...own, ...(hasValidation ? own.map((name) => `validation.${name}`) : [])];
  const name = monitor ?? (hasValidation ? "validation.loss" : "loss");
  if (!known.includes(name)) {
    const remedy = hasValidation ? "" : "; for others pass validation";
    throw new ValueError(
      operation,
      `monitor ${formatValue(name)} is not measured; known: ${known.join(", ")}${remedy}`,
      { monitor: name, known },
    );
  }
  if (mode !== undefined && mode !== "min" && mode !== "max") {
    throw new ValueError(operation, `mode ${formatValue(mode)} is unknown; use "min" or "max"`);
  }
  return { name, mode: mode ?? (/(loss|error)$/i.test(name) ? "min" : "max") };
}

/** The options of something that monitors; `true` stands for the defaults. */
export function monitorOptions<O extends MonitorOptions>(
  operation: string,
  options: true | O,
  known: readonly (keyof O & string)[],
): O | Record<string, never> {
  if (options === true) return {};
  checkOptions(operation, options, known);
  return options;
}

/** The number of an epoch; NaN where it was not measured. */
export function monitored({ name }: Monitor, record: EpochRecord): number {
  const { loss, accuracy, metrics, validation } = record;
  const [part, rest] = name.split(/^validation\./);
  const values: Readonly<Record<string, number | null>> =
    rest === undefined ? { loss, accuracy, ...metrics } : Object(validation);
  return values[rest ?? part!] ?? Number.NaN;
}

/** Whether a value is better than the best so far by more than `minDelta`; NaN is never. */
export function improves(
  { mode }: Monitor,
  value: number,
  best: number | null,
  minDelta = 0,
): boolean {
  if (Number.isNaN(value)) return false;
  if (best === null) return true;
  return mode === "min" ? value < best - minDelta : value > best + minDelta;
}
