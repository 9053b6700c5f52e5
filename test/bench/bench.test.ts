import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { channelsLast, transposed, uniform, uniformArray } from "./generator.ts";
import type { Report } from "./report.ts";
import { median, ratios, threeDigits } from "./statistics.ts";
import {
  convCases,
  convFlops,
  imageLayers,
  imageShapes,
  inputShapes,
  workloads,
} from "./workloads.ts";

const folder = mkdtempSync(join(tmpdir(), "convgrad-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the bench in its smallest form", () => {
  it("times a step on the sources and writes finite figures", async () => {
    const json = join(folder, "report.json");
    const options = ["--from=source", "--only=steps,layers", "--workloads=W1", "--batches=1"];
    const pace = ["--rounds=1", "--round-ms=1", "--threads=1", "--peers=none", "--backend=auto"];
    const main = ["--conditions=source", "--import", "tsx", join(import.meta.dirname, "main.ts")];
    const run = [...main, ...options, ...pace, `--json=${json}`];
    const { stdout } = await promisify(execFile)(process.execPath, run);
    expect(stdout).toMatch(/W1 b1 step +\d/);

    const report = JSON.parse(readFileSync(json, "utf8")) as Report;
    expect(report.figures.map(({ what, by }) => `${what} ${by}`)).toEqual([
      "W1 b1 step convgrad 1t",
      ...Object.keys(imageLayers).flatMap((name) =>
        imageShapes.map((shape) => `${name} [${shape}] convgrad 1t`),
      ),
      "Adam, W3's parameters convgrad 1t",
    ]);
    for (const { median, min, rounds } of report.figures) {
      for (const value of [median, min, ...rounds]) expect(value).toBeGreaterThan(0);
      expect(min).toBeLessThanOrEqual(median);
      expect(rounds.every(Number.isFinite)).toBe(true);
    }
    expect(report.mismatches).toEqual([]);
    expect(report.targets.every(({ met }) => met === "n/a")).toBe(true);
    expect(report.machine.cores).toBeGreaterThan(0);
    expect(report.libraries["convgrad"]).toMatchObject({ name: "convgrad" });
  });
});

describe("the numbers that every peer starts from", () => {
  it("begin as the README says, in the units of 2⁻²⁴ that Python has too", () => {
    const first = (stream: number) => [0, 1, 2].map((i) => uniform(stream, i) * 2 ** 24);
    expect(first(0)).toEqual([0, 6850960, 13701921]);
    expect(first(1)).toEqual([130277, 10440790, 499534]);
    expect(first(2)).toEqual([325842, 4441393, 12699315]);
  });

  it("fill ± their bound evenly", () => {
    const values = uniformArray(5, 10_000, 0.5);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.5);
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / 10_000)).toBeLessThan(0.01);
  });

  it("change their layout for peers that keep channels last", () => {
    const matrix = Float32Array.of(0, 1, 2, 3, 4, 5);
    expect([...transposed(matrix, 2)]).toEqual([0, 3, 1, 4, 2, 5]);
    const two = channelsLast(Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7), 2, 2);
    expect([...two]).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
  });
});

describe("the workloads", () => {
  it("feed every dense layer as many numbers as it takes", () => {
    for (const workload of workloads) {
      const shapes = inputShapes(workload);
      workload.layers.forEach((layer, i) => {
        if (layer.kind === "dense") expect(shapes[i]).toEqual([layer.inputs, 1, 1]);
        if (layer.kind === "conv") expect(shapes[i]![0]).toBe(layer.channels);
      });
    }
  });

  it("count the useful operations of a convolution", () => {
    const [first, second] = convCases(workloads[0]!);
    expect(first!.name).toBe("W1 1→6 5×5 on 28²");
    expect(convFlops(first!, 64)).toBe(2 * 64 * 6 * 28 * 28 * 25);
    expect(convFlops(second!, 1)).toBe(2 * 16 * 10 * 10 * 6 * 25);
  });
});

describe("statistics", () => {
  it("are medians, ratios by rounds, and three digits", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
    expect(ratios([2, 9, 5], [1, 3])).toEqual([2, 3]);
    expect([1234.5, 12.345, 0.012345, 0].map(threeDigits)).toEqual([
      "1235",
      "12.3",
      "0.0123",
      "0.00",
    ]);
  });
});
