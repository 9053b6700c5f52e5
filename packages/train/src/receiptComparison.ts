import { formatValue, ValueError } from "@convgrad/core";
import type { EpochRecord } from "./history.ts";
import type { RunReceipt } from "./receipt.ts";

/** One moment of two runs. */
export interface ComparedWeights {
  /** `"epoch 3"`, or `"end"`. */
  readonly moment: string;
  /** The hash of the weights then; `null` in a run that did not come so far. */
  readonly recorded: string | null;
  readonly replayed: string | null;
  readonly equal: boolean;
}

/** What {@link compareReceipts} finds. */
export interface ReceiptComparison {
  /** Whether there was something to compare, and all of it is equal to the bit. */
  readonly equal: boolean;
  readonly weights: readonly ComparedWeights[];
  /** Numbers that differ though they follow from the weights: `"epoch 2: validation.accuracy 0.99, replayed 0.98"`. */
  readonly figures: readonly string[];
  /** What may explain a difference: `"code has changed: @convgrad/layers"`, `"backend: wasm, replayed on reference"`. */
  readonly causes: readonly string[];
}

/**
 * Compares a run with its replay to the bit: the hash of the weights and the figures of each epoch. Code, data, backend
 * and settings are compared too, for they say why; times, threads and machines are not, for no bit depends on them.
 *
 * @param recorded as `readReceipt` gives it
 * @param replayed may have stopped earlier: what it has done is compared
 * @throws {@link ValueError} for what is no receipt; read files by `readReceipt`.
 *
 * @example
 * const { equal, weights } = compareReceipts(readReceipt(before), readReceipt(after));
 */
export function compareReceipts(recorded: RunReceipt, replayed: RunReceipt): ReceiptComparison {
  for (const [name, receipt] of Object.entries({ recorded, replayed })) {
    if (Object(receipt).format === "convgrad run") continue;
    const remedy = "pass what readReceipt gives";
    throw new ValueError("compareReceipts", `${name} is ${formatValue(receipt)}; ${remedy}`);
  }
  const epochs = Math.min(recorded.epochs.length, replayed.epochs.length);
  const weights: ComparedWeights[] = [];
  const figures: string[] = [];
  for (let i = 0; i < epochs; i++) {
    const [a, b] = [recorded.epochs[i]!, replayed.epochs[i]!];
    weights.push(compared(`epoch ${a.epoch}`, a.weightsHash, b.weightsHash));
    figures.push(...differingFigures(a, b));
  }
  if (recorded.stopped !== null && replayed.stopped !== null) {
    weights.push(compared("end", recorded.weightsHash, replayed.weightsHash));
    if (recorded.epochs.length !== replayed.epochs.length) {
      figures.push(`${recorded.epochs.length} epochs, replayed ${replayed.epochs.length}`);
    }
  }
  return {
    equal: weights.length > 0 && weights.every(({ equal }) => equal) && figures.length === 0,
    weights,
    figures,
    causes: causesOf(recorded, replayed),
  };
}

function compared(
  moment: string,
  recorded: string | null,
  replayed: string | null,
): ComparedWeights {
  return { moment, recorded, replayed, equal: recorded === replayed && recorded !== null };
}

/** The numbers of an epoch that a replay repeats: all but its time. */
function figuresOf({ epoch, step, loss, accuracy, lr, metrics, validation }: EpochRecord) {
  const inner = Object.entries({ metrics, validation }).flatMap(([kind, figures]) =>
    Object.entries(figures ?? {}).map(([name, x]) => [`${kind}.${name}`, x]),
  );
  return Object.fromEntries([...Object.entries({ epoch, step, loss, accuracy, lr }), ...inner]);
}

function differingFigures(recorded: EpochRecord, replayed: EpochRecord): string[] {
  const [a, b] = [figuresOf(recorded), figuresOf(replayed)];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names
    .filter((name) => a[name] !== b[name] && !(Number.isNaN(a[name]) && Number.isNaN(b[name])))
    .map((name) => {
      const [was, is] = [a, b].map((figures) => figures[name] ?? "nothing");
      return `epoch ${recorded.epoch}: ${name} ${was}, replayed ${is}`;
    });
}

function causesOf(recorded: RunReceipt, replayed: RunReceipt): string[] {
  const causes: string[] = [];
  const [was, is] = [recorded.code, replayed.code];
  const changed = differing(was.packages, is.packages);
  if (was.program !== is.program) changed.push("the program");
  if (changed.length > 0) causes.push(`code has changed: ${changed.join(", ")}`);
  if (was.version !== is.version) {
    causes.push(`convgrad ${was.version}, replayed with ${is.version}`);
  }
  const data = differing(recorded.data, replayed.data);
  if (data.length > 0) causes.push(`data has changed: ${data.join(", ")}`);
  if (recorded.backend !== replayed.backend) {
    causes.push(`backend: ${recorded.backend}, replayed on ${replayed.backend}`);
  }
  const seeds = differing(recorded.seeds, replayed.seeds);
  if (seeds.length > 0) causes.push(`seeds differ: ${seeds.join(", ")}`);
  const settings = differing(recorded.settings, replayed.settings);
  if (settings.length > 0) causes.push(`settings differ: ${settings.join(", ")}`);
  return causes;
}

/** The names under which two objects differ. */
function differing(a: Readonly<Record<string, unknown>>, b: typeof a): string[] {
  const of = (from: typeof a, name: string) =>
    Object.hasOwn(from, name) ? JSON.stringify(from[name]) : undefined;
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.filter((name) => of(a, name) !== of(b, name));
}
