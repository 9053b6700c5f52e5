/** Sums of what batches measured, each weighed by its samples: plain data, so that a checkpoint can hold them. */
export interface Sums {
  readonly samples: number;
  /** By name, Σ value · samples. */
  readonly totals: Readonly<Record<string, number>>;
}

/** Averages over samples, however they come in batches. */
export class SampleAverage {
  samples = 0;
  readonly #totals = new Map<string, number>();

  add(samples: number, values: Readonly<Record<string, number>>): void {
    this.samples += samples;
    for (const [name, value] of Object.entries(values)) {
      this.#totals.set(name, (this.#totals.get(name) ?? 0) + value * samples);
    }
  }

  /** By name, in the order in which they came; none before the first sample. */
  means(): Record<string, number> {
    if (this.samples === 0) return {};
    return Object.fromEntries([...this.#totals].map(([name, sum]) => [name, sum / this.samples]));
  }

  stateDict(): Sums {
    return { samples: this.samples, totals: Object.fromEntries(this.#totals) };
  }

  loadStateDict({ samples, totals }: Sums): void {
    this.samples = samples;
    this.#totals.clear();
    for (const [name, sum] of Object.entries(totals)) this.#totals.set(name, sum);
  }
}
