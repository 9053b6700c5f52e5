import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type {
  Case,
  Measured,
  Once,
  PeerInfo,
  Reply,
  Request,
  WorkerSettings,
} from "../protocol.ts";
import { median } from "../statistics.ts";

/** A case, ready to run. */
export interface Prepared {
  /** Back to the first weights. */
  reset?(): void;
  /** One run; a loss or a logit if it has one. */
  run(): number | undefined | Promise<number>;
  /** How many operations one run does; default 1. */
  readonly operations?: number;
}

/** A library under measurement. */
export interface Peer {
  info(): PeerInfo;
  /** @throws for a case that the library cannot do. */
  prepare(what: Case): Prepared;
  /** GFLOP/s, if known. */
  peak?(): Promise<number | undefined>;
}

/** A run longer than this is its own warm-up. */
const SLOW_MS = 2_000;

/** Answers the orchestrator until it closes the pipe. `workers/pytorch.py` does the same in Python. */
export async function serve(open: (settings: WorkerSettings) => Promise<Peer>): Promise<void> {
  const settings = JSON.parse(process.argv[2]!) as WorkerSettings;
  const peer = await open(settings);
  if (settings.once) {
    const { reset, run } = peer.prepare(settings.once);
    reset?.();
    const loss = (await run()) ?? 0;
    say({ sinceStart: performance.now(), loss } satisfies Once);
    process.exit(); // now, whatever threads are still waiting for
  }
  say(peer.info());
  let known = "";
  let prepared: Prepared | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    try {
      if (request.task === "measure") {
        const key = JSON.stringify(request.case);
        if (key !== known) prepared = undefined; // the former case's memory goes first
        const isNew = prepared === undefined;
        prepared ??= peer.prepare(request.case);
        known = key;
        say({ measured: await measure(prepared, request.budgetMs, isNew ? request.warmMs : 0) });
      } else if (request.task === "peak") {
        const peak = await peer.peak?.();
        say(peak === undefined ? {} : { peak });
      } else {
        say({ rss: peakRss() });
      }
    } catch (error) {
      say({ error: error instanceof Error ? error.message : String(error) });
    }
  }
  process.exit();
}

function say(message: Reply | PeerInfo | Once): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function measure(prepared: Prepared, budgetMs: number, warmMs: number): Promise<Measured> {
  let round = warmMs > 0 ? await repeat(prepared, warmMs) : undefined;
  if (round === undefined || round.times[0]! < SLOW_MS) round = await repeat(prepared, budgetMs);
  const { times, losses } = round;
  const counted = times.length > 2 ? times.slice(1) : times; // the first one finds cold caches
  const operations = prepared.operations ?? 1;
  return {
    ms: median(counted) / operations,
    least: Math.min(...counted) / operations,
    runs: counted.length,
    losses,
  };
}

async function repeat(
  { reset, run }: Prepared,
  budgetMs: number,
): Promise<{ times: number[]; losses: number[] }> {
  const times: number[] = [];
  const losses: number[] = [];
  reset?.();
  const until = performance.now() + budgetMs;
  let now = performance.now();
  do {
    const given = run();
    const loss = given instanceof Promise ? await given : given;
    const after = performance.now();
    times.push(after - now);
    if (loss !== undefined && losses.length < 4) losses.push(loss);
    now = after;
  } while (now < until);
  return { times, losses };
}

/**
 * Peak resident set in MiB. On Linux not by `resourceUsage()`: its peak counts the parent's memory at the time of the
 * fork.
 */
function peakRss(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS / 1024;
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
}
