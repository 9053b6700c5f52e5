import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Commit, Load, Machine } from "./machine.ts";
import type { PeerInfo } from "./protocol.ts";
import type { Figure, Results } from "./results.ts";
import type { Settings } from "./settings.ts";
import { type Target, targets } from "./targets.ts";

/** What goes to the JSON file. */
export interface Report {
  readonly date: string;
  readonly seconds: number;
  readonly commit?: Commit;
  readonly machine: Machine;
  readonly load: { readonly before: Load; readonly after: Load };
  /** `false` when other processes took CPU before or after the run. */
  readonly reliable: boolean;
  readonly settings: Settings;
  /** What each library said of itself: name, version, threads, engine. */
  readonly libraries: Readonly<Record<string, PeerInfo>>;
  readonly figures: readonly Figure[];
  /** How many times longer a peer took than convgrad with as many threads, by rounds. */
  readonly ratios: readonly { what: string; peer: string; over: string; median: number }[];
  readonly targets: readonly Target[];
  readonly mismatches: readonly string[];
  readonly notes: readonly string[];
}

/** The parts of a report that follow from the results. */
export function resultsOf(
  results: Results,
): Pick<Report, "figures" | "ratios" | "targets" | "mismatches" | "notes"> {
  const { figures, mismatches, notes } = results;
  const ratios = figures.flatMap(({ what, by: peer }) => {
    const over = `convgrad ${/\d+t$/.exec(peer)?.[0]}`;
    const median = peer === over ? undefined : results.ratio(what, peer, over);
    return median === undefined ? [] : [{ what, peer, over, median }];
  });
  return { figures, ratios, targets: targets(results), mismatches, notes };
}

/** Writes the report, and its folder where there is none. */
export async function save(report: Report, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, null, 1)}\n`);
}
