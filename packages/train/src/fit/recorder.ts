import type { EpochRecord, GradientColumns, RunHistory, StepColumns } from "../history.ts";
import type { FitStep } from "./callback.ts";

/** Where there are as many entries, neighbours are merged: a run of any length has a curve of some thousand points. */
const MOST_ENTRIES = 2048;

/** A step, or the mean of several. */
interface Entry {
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number | null;
  readonly lr: number;
}

/** What a checkpoint holds of a history. */
export interface RecorderState extends RunHistory {
  /** Steps in an entry. */
  readonly stride: number;
  /** Steps that wait to become an entry. */
  readonly waiting: StepColumns;
}

/** Writes the history of a run. */
export class Recorder {
  #stride = 1;
  #entries: Entry[] = [];
  #waiting: Entry[] = [];
  #gradients: { step: number[]; layers: Record<string, number[]> } = { step: [], layers: {} };
  #epochs: EpochRecord[] = [];
  #warnings: string[] = [];

  /** What is recorded so far; it grows no more. */
  get history(): RunHistory {
    const rest = this.#waiting.length > 0 ? [merged(this.#waiting)] : [];
    return {
      steps: columnsOf([...this.#entries, ...rest]),
      gradients: copyOf(this.#gradients),
      epochs: [...this.#epochs],
      warnings: [...this.#warnings],
    };
  }

  addStep({ step, loss, accuracy, lr }: FitStep): void {
    this.#waiting.push({ step, loss, accuracy: Number.isNaN(accuracy) ? null : accuracy, lr });
    if (this.#waiting.length < this.#stride) return;
    this.#entries.push(merged(this.#waiting));
    this.#waiting = [];
    if (this.#entries.length < MOST_ENTRIES) return;
    this.#entries = this.#entries.flatMap((entry, i, all) =>
      i % 2 === 0 ? [merged([entry, all[i + 1]!])] : [],
    );
    this.#stride *= 2;
  }

  /** Norms by layer, NaN for one that is missing this time; of too many measurements every other one is forgotten. */
  addGradients(step: number, norms: Readonly<Record<string, number>>): void {
    const { step: steps, layers } = this.#gradients;
    for (const name of Object.keys(norms)) layers[name] ??= steps.map(() => Number.NaN);
    steps.push(step);
    for (const [name, column] of Object.entries(layers)) column.push(norms[name] ?? Number.NaN);
    if (this.#gradients.step.length < MOST_ENTRIES) return;
    const half = (values: readonly number[]) => values.filter((_, i) => i % 2 === 1);
    const halves = Object.entries(layers).map(([name, all]) => [name, half(all)]);
    this.#gradients = {
      step: half(steps),
      layers: Object.fromEntries(halves) as Record<string, number[]>,
    };
  }

  addEpoch(record: EpochRecord): void {
    this.#epochs.push(record);
  }

  addWarning(message: string): void {
    this.#warnings.push(message);
  }

  stateDict(): RecorderState {
    return {
      ...this.history,
      steps: columnsOf(this.#entries),
      stride: this.#stride,
      waiting: columnsOf(this.#waiting),
    };
  }

  loadStateDict({ steps, gradients, epochs, warnings, stride, waiting }: RecorderState): void {
    this.#stride = stride;
    this.#entries = entriesOf(steps);
    this.#waiting = entriesOf(waiting);
    this.#gradients = copyOf(gradients);
    this.#epochs = [...epochs];
    this.#warnings = [...warnings];
  }
}

/** Entries as one: at the last step, with the means. */
function merged(entries: readonly Entry[]): Entry {
  const { step, lr } = entries.at(-1)!;
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const accuracies = entries.flatMap(({ accuracy }) => accuracy ?? []);
  const accuracy = accuracies.length === entries.length ? mean(accuracies) : null;
  return { step, loss: mean(entries.map(({ loss }) => loss)), accuracy, lr };
}

function columnsOf(entries: readonly Entry[]): StepColumns {
  return {
    step: entries.map(({ step }) => step),
    loss: entries.map(({ loss }) => loss),
    accuracy: entries.map(({ accuracy }) => accuracy),
    lr: entries.map(({ lr }) => lr),
  };
}

function entriesOf({ step, loss, accuracy, lr }: StepColumns): Entry[] {
  return step.map((at, i) => ({
    step: at,
    loss: loss[i]!,
    accuracy: accuracy[i] ?? null,
    lr: lr[i]!,
  }));
}

function copyOf({ step, layers }: GradientColumns) {
  const copied = Object.entries(layers).map(([name, norms]) => [name, [...norms]]);
  return { step: [...step], layers: Object.fromEntries(copied) as Record<string, number[]> };
}
