import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualSeed, rand } from "convgrad";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundle } from "./bundle.ts";

const KILLS = 50;
/** A life lasts so long at most before it is killed, in ms: the program needs some of it to start. */
const LONGEST_LIFE = 700;

let folder: string;
let program: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "convgrad-kill-"));
  program = await bundle("killed", folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Life {
  readonly output: string;
  readonly errors: string;
  readonly killed: boolean;
}

/** Runs the program until it ends, or `end` kills it. */
function live(directory: string, end: (kill: () => void) => () => void): Promise<Life> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, directory]);
    let [output, errors] = ["", ""];
    child.stdout.on("data", (data) => {
      output += data;
    });
    child.stderr.on("data", (data) => {
      errors += data;
    });
    const release = end(() => child.kill("SIGKILL"));
    child.on("close", (_code, signal) => {
      release();
      resolve({ output, errors, killed: signal === "SIGKILL" });
    });
  });
}

const never = () => () => {};

/** After so many ms. */
function afterTime(time: number) {
  return (kill: () => void) => {
    const timer = setTimeout(kill, time);
    return () => clearTimeout(timer);
  };
}

/** While the n-th checkpoint is being written. */
function inWriting(checkpoints: string, n: number) {
  return (kill: () => void) => {
    mkdirSync(checkpoints, { recursive: true });
    const drafts = new Set<string>();
    const watcher = watch(checkpoints, (_event, file) => {
      if (file?.endsWith(".tmp")) drafts.add(file);
      if (drafts.size === n) kill();
    });
    return () => watcher.close();
  };
}

it(`a run that is killed at ${KILLS} random moments ends with the same bits`, async () => {
  const whole = await live(join(folder, "whole"), never);
  expect(whole.errors).toBe("");
  expect(JSON.parse(whole.output)).toMatchObject({ stopped: "epochs" });
  manualSeed(9);
  const moments = rand([1000]).toTypedArray();
  let [kills, drafts, runs, lives] = [0, 0, 0, 0];
  while (kills < KILLS) {
    const directory = join(folder, `run${runs++}`);
    const checkpoints = join(directory, "checkpoints");
    for (;;) {
      const moment = moments[lives++]!;
      const isEnough = kills >= KILLS;
      const inDraft = lives % 3 === 0;
      const end = isEnough
        ? never
        : inDraft
          ? inWriting(checkpoints, 1 + Math.floor(3 * moment))
          : afterTime(LONGEST_LIFE * moment);
      const { output, errors, killed } = await live(directory, end);
      expect(errors).toBe("");
      if (!killed) {
        expect(JSON.parse(output)).toEqual(JSON.parse(whole.output));
        break;
      }
      kills++;
      const left = existsSync(checkpoints) ? readdirSync(checkpoints) : [];
      if (left.some((file) => file.endsWith(".tmp"))) drafts++;
    }
  }
  expect(drafts).toBeGreaterThan(0); // some of them in the middle of writing
}, 120_000);
