import { setTimeout as sleep } from "node:timers/promises";
import type { Contender } from "./contender.ts";
import type { Case, Measured } from "./protocol.ts";
import type { Results } from "./results.ts";

/** How often and how long. */
export interface Pace {
  readonly rounds: number;
  readonly roundMs: number;
}

/** Waiting threads of the one before should sleep when the next one starts. */
const PAUSE_MS = 30;
/** One whose turn takes longer has only two. */
const SLOW_MS = 2_000;

/** A contender's rounds of a case. */
export interface Rounds {
  readonly contender: Contender;
  readonly rounds: Measured[];
}

/**
 * Lets contenders run a case in turn, A B C A B C, so that what disturbs the machine disturbs all of them; one that
 * fails is noted and left out.
 */
export async function inTurn(
  contenders: readonly Contender[],
  what: Case,
  { rounds, roundMs }: Pace,
  results: Results,
): Promise<Rounds[]> {
  let playing: Rounds[] = contenders.map((contender) => ({ contender, rounds: [] }));
  const all = playing;
  const request = { task: "measure", case: what, warmMs: roundMs, budgetMs: roundMs } as const;
  for (let round = 0; round < rounds; round++) {
    for (const player of playing) {
      try {
        const { measured } = await player.contender.ask(request);
        player.rounds.push(measured!);
      } catch (error) {
        const { name, info } = player.contender;
        results.note(`${name}, ${what.kind}: ${(error as Error).message}`);
        if (info.name === "convgrad") results.failed = true;
        playing = playing.filter((other) => other !== player);
      }
      await sleep(PAUSE_MS);
    }
    playing = playing.filter((player) => round === 0 || player.rounds.at(-1)!.ms < SLOW_MS);
  }
  return all.filter((player) => player.rounds.length > 0);
}

/** Notes whoever's first losses differ from the first contender's in the fourth decimal. */
export function compareLosses(what: string, all: readonly Rounds[], results: Results): void {
  const [first, ...others] = all;
  const expected = first?.rounds[0]?.losses ?? [];
  const show = (losses: readonly number[]) => losses.map((loss) => loss.toFixed(5)).join(" ");
  if (!expected.every(Number.isFinite)) {
    results.mismatches.push(`${what}: ${first!.contender.name} has ${show(expected)}`);
  }
  for (const { contender, rounds } of others) {
    const found = rounds[0]!.losses;
    const common = Math.min(expected.length, found.length);
    const agree = found.slice(0, common).every((loss, i) => Math.abs(loss - expected[i]!) < 1e-4);
    if (agree && common > 0) continue;
    results.mismatches.push(
      `${what}: ${contender.name} has ${show(found)}, ${first!.contender.name} ${show(expected)}`,
    );
  }
}
