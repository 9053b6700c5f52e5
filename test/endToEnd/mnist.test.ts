import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describe as describeRun } from "../../examples/mnist/report.ts";

// The program that people see first, run as they run it.

const program = ["--import", "tsx", "--conditions=source", "examples/mnist/main.ts"];

interface Report {
  readonly losses: readonly number[];
  readonly testAccuracy: number;
  readonly testSamples: number;
  readonly weightsHash: string;
  readonly settings: object;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convgrad-example-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(...options: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [...program, ...options]);
}

async function train(name: string, ...options: string[]): Promise<Report> {
  const file = join(folder, `${name}.json`);
  const { stdout, stderr } = await run("--json", file, ...options);
  const report: Report = JSON.parse(await readFile(file, "utf8"));
  expect(stdout).toContain(`test accuracy ${(100 * report.testAccuracy).toFixed(2)} %`);
  expect(stdout.trimEnd().endsWith(`weights ${report.weightsHash}`)).toBe(true);
  expect(stdout.split("\n").filter(({ length }) => length >= 80)).toEqual([]);
  expect(stderr).toMatch(/^training \d+\/\d+ {2}loss .* samples\/s {2}\S+ left$/m);
  expect(stderr).toMatch(/^testing \d+\/\d+ {2}\d+ samples\/s {2}\S+ taken$/m);
  return report;
}

describe("the MNIST example", () => {
  it("reads more than 98 % of unseen digits after an epoch, the default", async () => {
    const report = await train("epoch");
    expect(report.testSamples).toBe(10_000);
    expect(report.testAccuracy).toBeGreaterThan(0.98);
    expect(report.losses.length).toBe(938);
    expect(report.settings).toMatchObject({ epochs: 1, steps: 938, batch: 64, seed: 1 });
  });

  it("comes to the same bits each time, with any number of threads", async () => {
    const short = ["--steps", "60", "--test-limit", "250"];
    const first = await train("first", ...short);
    for (const threads of ["1", "2", "3"]) {
      const { losses, weightsHash } = await train("again", ...short, "--threads", threads);
      expect({ losses, weightsHash }).toEqual({
        losses: first.losses,
        weightsHash: first.weightsHash,
      });
    }
    const other = await train("other", ...short, "--seed", "2");
    expect(other.losses).not.toEqual(first.losses);
    expect(other.weightsHash).not.toBe(first.weightsHash);
    expect((await readdir(folder)).filter((name) => !name.endsWith(".json"))).toEqual([]);
  });

  it("comes to nearly the same losses on the reference backend", async () => {
    const short = ["--steps", "8", "--batch", "16", "--test-limit", "100"];
    const fast = await train("fast", ...short);
    const slow = await train("slow", ...short, "--backend", "reference");
    fast.losses.forEach((loss, step) => {
      expect(loss).toBeCloseTo(slow.losses[step]!, 4);
    });
  });

  it("counts epochs when asked to", async () => {
    const small = ["--limit", "40", "--batch", "16", "--test-limit", "10"];
    const report = await train("epochs", "--epochs", "2", ...small);
    expect(report.losses.length).toBe(6);
    expect(report.settings).toMatchObject({ epochs: 2, steps: 6, batch: 16, limit: 40 });
  });

  it("says what it is about to do in lines that fit a terminal", () => {
    const settings = { epochs: 1, batch: 64, lr: 0.05, seed: 1, backend: "auto" };
    const backend = { name: "wasm", threads: 16 };
    const lines = describeRun(settings, 938, 60_000, backend).split("\n");
    expect(lines).toEqual([
      "LeNet-5 on 60000 images: 938 steps of 64",
      "lr 0.05, momentum 0.9, seed 1; wasm backend, 16 threads",
    ]);
    expect(lines.filter(({ length }) => length >= 80)).toEqual([]);
  });

  it("counts one step and one image as one", async () => {
    const { stdout } = await run("--steps", "1", "--limit", "1", "--test-limit", "1");
    expect(stdout).toContain("LeNet-5 on 1 image: 1 step of 64\n");
    expect(stdout).toContain("on 1 image it had never seen\n");
    expect(stdout).toContain("of training, 1 step\n");
  });

  it.each([
    [
      ["--lr", "1e9", "--steps", "3"],
      /^training: the loss is (NaN|Infinity) at step [23]; lower --lr \(1000000000\)$/,
    ],
    [["--lr", "1e15", "--steps", "1"], /^training: the loss is NaN in the test; lower --lr/],
  ])("stops without a report when %j makes the loss no number", async (options, message) => {
    const file = join(folder, "nan.json");
    const small = ["--limit", "64", "--test-limit", "10", "--json", file];
    const failure = await run(...options, ...small).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 1 });
    const { stderr } = failure as { stderr: string };
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(message);
    expect(stderr).not.toContain("    at ");
    expect(await readdir(folder)).not.toContain("nan.json");
  });

  it("ends quietly when nobody reads on", async () => {
    const child = spawn(process.execPath, [...program, "--steps", "3", "--test-limit", "10"]);
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    let errors = "";
    child.stderr.on("data", (text: Buffer) => {
      errors += text;
    });
    child.stdout.once("data", () => child.stdout.destroy()); // as `| head -1` does
    expect(await ended).toBe(0);
    expect(errors).toContain("training 3/3");
    expect(errors).not.toContain("EPIPE");
  });

  it.each([
    [["--lr", "NaN"], "argument 'NaN' is invalid. It must be a number > 0."],
    [["--lr", "-1"], "It must be a number > 0."],
    [["--steps", "0"], "It must be a whole number ≥ 1."],
    [["--batch", "2.5"], "It must be a whole number ≥ 1."],
    [["--threads", "0"], "It must be a whole number ≥ 1."],
    [["--seed", "-1"], "It must be a whole number ≥ 0."],
    [["--limit", "all"], "It must be a whole number ≥ 1."],
    [["--limit", "60001"], "has 60000 images, 60001 are wanted"],
    [["--backend", "abacus"], 'init: no backend "abacus"; registered: '],
    [["--json", "no/such/folder/x.json"], "cannot be written"],
  ])("answers %j with one line and a failure", async (options, message) => {
    const failure = await run(...options).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 1, stdout: "" });
    const { stderr } = failure as { stderr: string };
    expect(stderr).toContain(message);
    expect(stderr.trimEnd()).not.toContain("\n");
  });

  it("ends at once and without a report on Ctrl-C", async () => {
    const file = join(folder, "interrupted.json");
    const child = spawn(process.execPath, [...program, "--steps", "100", "--json", file]);
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    let errors = "";
    child.stderr.on("data", (text: Buffer) => {
      errors += text;
      if (errors.includes("10/100")) child.kill("SIGINT");
    });
    expect(await ended).toBe(130);
    expect(errors).not.toContain("20/100");
    expect(await readdir(folder)).not.toContain("interrupted.json");
  });
});
