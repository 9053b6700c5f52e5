import { execFileSync } from "node:child_process";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "./launch.ts";

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly os: string;
  readonly node: string;
}

/** What was measured. */
export interface Commit {
  readonly hash: string;
  /** Whether files differ from it. */
  readonly dirty: boolean;
}

/** How busy the machine is with other things. */
export interface Load {
  /** The 1-minute load average. */
  readonly average: number;
  /** Cores in use while this process slept for a second. */
  readonly busyCores: number;
}

/** This machine. */
export function machine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()} ${process.arch}`,
    node: process.version,
  };
}

/** The checked-out commit; `undefined` outside a checkout. */
export function commit(): Commit | undefined {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  try {
    return {
      hash: git("rev-parse", "HEAD").trim(),
      dirty: git("status", "--porcelain").trim() !== "",
    };
  } catch {
    return undefined;
  }
}

/** Watches the machine for a second. */
export async function load(): Promise<Load> {
  const before = busyMs();
  const started = performance.now();
  await sleep(1_000);
  const busyCores = (busyMs() - before) / (performance.now() - started);
  return { average: loadavg()[0]!, busyCores: Math.round(100 * busyCores) / 100 };
}

function busyMs(): number {
  return cpus().reduce(
    (sum, { times }) => sum + times.user + times.nice + times.sys + times.irq,
    0,
  );
}

/** Above this, others take so much CPU that figures are unreliable. */
const MOST_BUSY_CORES = 0.15;

/**
 * What to warn of, if anything. The load average alone would always warn: it remembers the build that
 * `npm run bench` has just done.
 */
export function warning({ average, busyCores }: Load): string | undefined {
  if (busyCores <= MOST_BUSY_CORES) return undefined;
  const numbers = `${busyCores.toFixed(2)} cores busy, load ${average.toFixed(2)}`;
  return `other processes take CPU (${numbers}); figures are unreliable`;
}
