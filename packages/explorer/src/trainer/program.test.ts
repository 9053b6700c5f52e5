import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { init } from "@convgrad/core";
import "@convgrad/wasm";
import { describe, expect, it } from "vitest";
import { program } from "./program.ts";
import { Rehearsal, recipe } from "./rehearsal.ts";

describe("the program that the page prints", () => {
  const IMAGES = {
    choice: { from: "shipped" },
    train: 1600,
    validation: 400,
    imageShape: [1, 28, 28],
  } as const;

  it("comes to the same weights in Node", async () => {
    await init({ threads: 1 });
    const rehearsal = await Rehearsal.begin();
    const hash = await rehearsal.finish();
    const { rows } = await rehearsal.ask({ kind: "describe", recipe: recipe() }, "described");
    const text = program(recipe(), rows, IMAGES)!;
    const folder = await mkdtemp(join(tmpdir(), "convgrad-program-"));
    try {
      await symlink(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
      await writeFile(join(folder, "train.mts"), text);
      const flags = ["--import", "tsx", "--conditions=source", "train.mts"];
      const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: folder });
      expect(stdout).toContain(`weights ${hash}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.each([
    [{ from: "served", set: "mnist" }, "await cg.mnist();"],
    [{ from: "served", set: "fashion-mnist" }, "await cg.fashionMnist();"],
    [
      { from: "files", files: [new File([], "x"), new File([], "y")] },
      'const all = await read(["x","y"]);',
    ],
    [
      { from: "files", files: ["x", "y", "x-test", "y-test"].map((name) => new File([], name)) },
      'const validation = await read(["x-test","y-test"]);',
    ],
  ] as const)("reads the images of %o", async (choice, line) => {
    const of = recipe("conv4k5s3p1-avg2s1-lp2-mean-flat-dense10", { optimizer: "adam", lr: 0.001 });
    const { rows } = await new Rehearsal().ask({ kind: "describe", recipe: of }, "described");
    const text = program(of, rows, { ...IMAGES, choice })!;
    expect(text).toContain(line);
    expect(text).toContain("new cg.Conv2D(1, 4, 5, { stride: 3, padding: 1 }),");
    expect(text).toContain("new cg.AvgPool(2, { stride: 1 }),\n  new cg.LpPool(2, 2),");
    expect(text).toContain("new cg.Adam(parameters, { lr: 0.001 })");
  });

  it("is none for a network with errors", async () => {
    const of = recipe("conv4k5-dense10");
    const { rows } = await new Rehearsal().ask({ kind: "describe", recipe: of }, "described");
    expect(program(of, rows, IMAGES)).toBeNull();
  });
});
