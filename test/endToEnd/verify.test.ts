import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { compareReceipts, type RunReceipt, readReceipt, ValueError } from "convgrad";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandOf, replay } from "../../examples/verify/replay.ts";

// A run leaves its receipt, and anyone can replay it to the bit.

let folder: string;
let recorded: RunReceipt;

function run(program: string, ...options: string[]): Promise<{ stdout: string; stderr: string }> {
  const node = ["--import", "tsx", "--conditions=source", `examples/${program}/main.ts`];
  return promisify(execFile)(process.execPath, [...node, ...options]);
}

/** Verifies a changed receipt. */
async function verify(
  change: (receipt: RunReceipt) => object,
  ...options: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const file = join(folder, "changed.json");
  await writeFile(file, JSON.stringify(change(recorded)));
  return run("verify", file, ...options).then(
    (output) => ({ code: 0, ...output }),
    (failure: { code: number; stdout: string; stderr: string }) => failure,
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convgrad-verify-"));
  const small = ["--epochs", "2", "--limit", "96", "--batch", "32", "--test-limit", "20"];
  await run("mnist", ...small, "--seed=3", "--directory", folder);
  recorded = readReceipt(await readFile(join(folder, "run.json"), "utf8"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("npm run verify", () => {
  it("has a receipt and a report of the hand-written loop to go by", async () => {
    expect((await readdir(folder)).toSorted()).toEqual(["report.html", "run.json"]);
    expect(recorded).toMatchObject({
      program: { script: "examples/mnist/main.ts" },
      settings: { epochs: 2, batch: 32, seed: 3, limit: 96, testLimit: 20 },
      seeds: { global: 3 },
      stopped: "epochs",
      epochs: [{ step: 3 }, { step: 6 }],
    });
    expect(Object.values(recorded.data)).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
    expect(await readFile(join(folder, "report.html"), "utf8")).toContain("<h1>mnist</h1>");
  });

  it("comes to the same bits", async () => {
    const { code, stdout } = await verify((receipt) => receipt);
    expect(stdout).toMatch(/^epoch 1 .* equal\nepoch 2 .* equal\nend .* equal\nequal to the bit$/m);
    expect(stdout).not.toContain("since then");
    expect(stdout.split("\n").filter(({ length }) => length > 80)).toEqual([]);
    expect(code).toBe(0);
  });

  it("does not believe a changed receipt, and says where and what has changed", async () => {
    const changed = await verify(
      (receipt) => ({
        ...receipt,
        stopped: null,
        resumed: [1],
        started: "\u001b[2J",
        code: { ...receipt.code, program: "0".repeat(64) },
        data: { ...receipt.data, train: "1".repeat(64) },
        epochs: receipt.epochs.map((epoch) => ({
          ...epoch,
          weightsHash: "f".repeat(64),
          accuracy: 1,
        })),
      }),
      "--epochs",
      "1",
    );
    expect(changed.code).toBe(1);
    expect(changed.stdout).not.toContain("\u001b");
    expect(changed.stdout).toContain("it was resumed at step 1\n");
    expect(changed.stdout).toContain("since then: code has changed: the program\n");
    expect(changed.stdout).toContain("since then: data has changed: train\n");
    expect(changed.stdout).toMatch(/^epoch 1 {3}ffffffffffffffff… .* NOT EQUAL$/m);
    expect(changed.stdout).toMatch(/^epoch 1: accuracy 1, replayed 0/m);
    expect(changed.stdout).toContain("not equal, first at epoch 1");
  });

  it("stops the replay where the recorded run stopped", async () => {
    const replayed = await replay(await commandOf(recorded), 1);
    const cut = { ...recorded, epochs: recorded.epochs.slice(0, 1), stopped: "interrupt" };
    expect(compareReceipts(cut, { ...replayed, stopped: null })).toMatchObject({ equal: true });
  });

  const withArguments = (...given: string[]) => ({
    script: "examples/mnist/main.ts",
    arguments: given,
  });

  it("leaves out where the run wrote, and takes numbers, words and folders", async () => {
    const places = ["--directory", "/etc", "--json=x", "--resume"];
    const program = withArguments("--lr=0.1", ...places, "--data", "my data", "--backend", "wasm");
    const { options } = await commandOf({ ...recorded, program });
    expect(options).toEqual(["--lr", "0.1", "--data", "my data", "--backend", "wasm"]);
  });

  it.each([
    [{ script: "/bin/sh", arguments: [] }, 'the run is of "/bin/sh"; only the examples here'],
    [{ script: "examples/../evil/main.ts", arguments: [] }, "only the examples here"],
    [{ script: "examples/verify/main.ts", arguments: [] }, "only the examples here"],
    [null, "the run is of undefined; only the examples here"],
    [withArguments("--note", "a.txt"), 'the argument "--note a.txt", which is not passed on'],
    [withArguments("; rm -rf"), 'the argument "; rm -rf", which is not passed on'],
    [withArguments("--backend=../x"), 'the argument "--backend ../x", which is not passed on'],
  ])("runs nothing of %j", async (program, message) => {
    const command = commandOf({ ...recorded, program });
    await expect(command).rejects.toThrow(ValueError);
    await expect(command).rejects.toThrow(message);
  });

  it.each<[string, (receipt: RunReceipt) => object, string]>([
    [
      "an option that the program lacks",
      (receipt) => ({ ...receipt, program: withArguments("--depth", "3") }),
      "ended with 1 and without a receipt",
    ],
    ["no receipt", () => ({}), 'format is missing; it must be "convgrad run"'],
  ])("says in a line what is wrong with %s", async (_, change, message) => {
    const { code, stdout, stderr } = await verify(change);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  });
});
