import type { Contender } from "./contender.ts";
import type { Crew } from "./crew.ts";
import type { Results } from "./results.ts";
import type { Section, Settings } from "./settings.ts";
import type { Rounds } from "./turns.ts";
import { type Workload, workloads } from "./workloads.ts";

/** What every section works with. */
export interface Bench {
  readonly settings: Settings;
  readonly crew: Crew;
  readonly results: Results;
  /** Says on the terminal what is going on. */
  progress(text: string): void;
}

/** The workloads that were asked for. */
export function chosenWorkloads({ settings }: Bench): Workload[] {
  return workloads.filter(({ name }) => settings.workloads.includes(name));
}

/** Records the rounds of each contender in milliseconds, or in a unit of so many milliseconds. */
export function recordRounds(
  { results }: Bench,
  section: Section,
  what: string,
  all: readonly Rounds[],
  [unit, ms]: readonly [unit: string, ms: number] = ["ms", 1],
): void {
  for (const { contender, rounds } of all) {
    const min = Math.min(...rounds.map(({ least }) => least)) / ms;
    const medians = rounds.map((round) => round.ms / ms);
    results.record({ section, what, by: contender.name, unit, rounds: medians, min });
  }
}

/** Runs `work` with contenders that are stopped afterwards, also when it throws. */
export async function withContenders(
  contenders: readonly Contender[],
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
  }
}
