import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FormatError, type Tensor, tensor, ValueError } from "@convgrad/core";
import { Checkpoints, FileError, writeFileAtomic } from "@convgrad/io";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const PROGRAM = join(import.meta.dirname, "programs/saver.ts");
const NODE = ["--conditions=source", "--import", "tsx", PROGRAM];

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "checkpoints-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const state = (step: number) => ({ step, w: tensor([step, step]) });
const files = () => readdirSync(directory).sort();
const fileOf = (step: number) => `step-${String(step).padStart(8, "0")}.safetensors`;
const pathOf = (step: number) => join(directory, fileOf(step));
const latestStep = async () => (await new Checkpoints(directory).latest())?.step;

/** What the saver says in a process of its own, begun by a line of shell. */
function saves(before: string, ...args: readonly string[]): Record<string, string>[] {
  const line = `${before} exec "$0" "$@"`;
  const run = ["-c", line, process.execPath, ...NODE, directory, ...args];
  const lines = execFileSync("sh", run, { encoding: "utf8" }).trim().split("\n");
  return lines.map((text) => JSON.parse(text));
}

describe("Checkpoints", () => {
  it("keeps the last few, and gives back the latest", async () => {
    const checkpoints = new Checkpoints(join(directory, "a/b"), { keep: 2 });
    expect(await checkpoints.latest()).toBeNull();
    for (const step of [5, 10, 100_000_000]) {
      const path = await checkpoints.save(step, state(step));
      expect(path).toBe(join(directory, "a/b", fileOf(step)));
    }
    expect(readdirSync(join(directory, "a/b")).sort()).toEqual([fileOf(10), fileOf(100_000_000)]);
    const latest = (await checkpoints.latest())!;
    expect(latest.step).toBe(100_000_000);
    expect(latest.passedOver).toEqual([]);
    expect((latest.state as { w: Tensor }).w.toArray()).toEqual([100_000_000, 100_000_000]);
  });

  it("leaves other files alone, and the drafts of living programs", async () => {
    const others = ["best.safetensors", "step-1.safetensors", "step-x.tmp", `${fileOf(7)}.bak`];
    const living = [`${fileOf(7)}.${process.ppid}-1.tmp`, `${fileOf(7)}.${process.pid}-9.tmp`];
    for (const file of [...others, ...living]) writeFileSync(join(directory, file), "");
    await new Checkpoints(directory, { keep: 1 }).save(8, state(8));
    expect(files()).toEqual([...others, ...living, fileOf(8)].sort());
  });

  it("removes drafts of programs that are no more, those of its own number too", async () => {
    const gone = execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }).trim();
    const drafts = [`${fileOf(7)}.${gone}-1.tmp`, `${fileOf(7)}.${process.pid}-9.tmp`];
    for (const file of drafts) writeFileSync(join(directory, file), "half");
    const before = Date.now() / 1000 - process.uptime() - 60;
    utimesSync(join(directory, drafts[1]!), before, before);
    await new Checkpoints(directory).save(8, state(8));
    expect(files()).toEqual([fileOf(8)]);
  });

  it("writes beside drafts of another thread, or of a killed program with its number", async () => {
    const drafts = Array.from({ length: 200 }, (_, n) => `${fileOf(7)}.${process.pid}-${n}.tmp`);
    for (const file of drafts) writeFileSync(join(directory, file), "half");
    await new Checkpoints(directory).save(7, state(7));
    expect(files()).toEqual([...drafts, fileOf(7)].sort());
    expect(await latestStep()).toBe(7);
  });

  it("passes over damaged ones, and says so", async () => {
    const checkpoints = new Checkpoints(directory);
    for (const step of [1, 2, 3]) await checkpoints.save(step, state(step));
    truncateSync(pathOf(3), 100);
    const bytes = readFileSync(pathOf(2));
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(pathOf(2), bytes);
    const latest = (await checkpoints.latest())!;
    expect(latest.step).toBe(1);
    expect(latest.passedOver.map(({ path }) => path)).toEqual([pathOf(3), pathOf(2)]);
    expect(latest.passedOver[0]!.error).toBeInstanceOf(FormatError);
    expect(latest.passedOver[1]!.error.message).toContain(
      `Checkpoints.latest: ${pathOf(2)}: the checkpoint is damaged`,
    );
  });

  it("refuses to start afresh when none is whole", async () => {
    const checkpoints = new Checkpoints(directory);
    await checkpoints.save(1, state(1));
    truncateSync(pathOf(1), 0);
    await expect(checkpoints.latest()).rejects.toThrow(FormatError);
    await expect(checkpoints.latest()).rejects.toThrow(`in ${directory} is whole; move them away`);
    rmSync(pathOf(1));
    mkdirSync(pathOf(2));
    await expect(checkpoints.latest()).rejects.toThrow("is no file");
  });

  it.each([["the program that wrote them"], ["another"]])(
    "does not count damaged ones, and removes them when enough later ones are whole: %s",
    async (who) => {
      let checkpoints = new Checkpoints(directory, { keep: 2 });
      for (const step of [1, 2]) await checkpoints.save(step, state(step));
      truncateSync(pathOf(2), 50);
      if (who === "another") checkpoints = new Checkpoints(directory, { keep: 2 });
      await checkpoints.save(3, state(3));
      expect(files()).toEqual([1, 2, 3].map(fileOf)); // 1 and 3 are the last two that are whole
      await checkpoints.save(4, state(4));
      expect(files()).toEqual([3, 4].map(fileOf));
    },
  );

  it("never removes what it has just written", async () => {
    await new Checkpoints(directory, { keep: 1 }).save(9, state(9));
    const back = new Checkpoints(directory, { keep: 1 });
    await back.save(3, state(3));
    expect(files()).toEqual([fileOf(3), fileOf(9)]);
    truncateSync(pathOf(9), 50);
    await back.save(4, state(4));
    expect(files()).toEqual([fileOf(4), fileOf(9)]);
    expect(await latestStep()).toBe(4);
  });

  it("removes old ones beside what cannot be removed", async () => {
    const checkpoints = new Checkpoints(directory, { keep: 1 });
    for (const step of [1, 2]) mkdirSync(pathOf(2 * step));
    await checkpoints.save(3, state(3));
    await checkpoints.save(5, state(5));
    expect(files()).toEqual([2, 4, 5].map(fileOf));
  });

  it("may be used by two at once", async () => {
    const [one, two] = [new Checkpoints(directory), new Checkpoints(directory)];
    const steps = Array.from({ length: 12 }, (_, i) => i);
    await Promise.all(steps.flatMap((i) => [one.save(i, state(i)), two.save(i, state(i))]));
    expect(await latestStep()).toBe(11);
    await one.save(12, state(12));
    expect(files()).toEqual([10, 11, 12].map(fileOf));
  });

  it.each<[what: string, make: () => unknown, message: string]>([
    ["a directory that is none", () => new Checkpoints(""), 'Checkpoints: the path is ""'],
    ["keep: 0", () => new Checkpoints("a", { keep: 0 }), "Checkpoints: keep is 0"],
    ["another option", () => new Checkpoints("a", { max: 1 } as never), 'no option "max"'],
    ["a step of −1", () => new Checkpoints("a").save(-1, null), "Checkpoints.save: step is -1"],
    [
      "what is no state",
      () => new Checkpoints("a").save(1, (() => 1) as never),
      "Checkpoints.save: the tree is a function",
    ],
  ])("refuses %s", async (_, make, message) => {
    const error = await Promise.resolve()
      .then(make)
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ValueError);
    expect(String(error)).toContain(message);
  });
});

describe("a checkpoint that cannot be written", () => {
  beforeEach(() => new Checkpoints(directory).save(1, state(1)));

  it("is a FileError in a directory that is a file", async () => {
    const inFile = new Checkpoints(pathOf(1));
    await expect(inFile.save(2, state(2))).rejects.toThrow(FileError);
    await expect(inFile.latest()).rejects.toThrow("no directory; correct the path (ENOTDIR)");
  });

  it.runIf(process.platform === "linux")("for want of space leaves the former ones", async () => {
    const [error] = saves("ulimit -f 256;", "2", "2");
    expect(error).toMatchObject({ name: "FileError", code: "EFBIG", path: pathOf(2) });
    expect(error!["message"]).toContain(`Checkpoints.save: ${pathOf(2)}: the file is larger than`);
    expect(files()).toEqual([fileOf(1)]);
    expect(await latestStep()).toBe(1);
  });

  it.runIf(process.platform === "linux")("for want of rights leaves the former ones", async () => {
    chmodSync(directory, 0o555);
    const [error] = saves("", "2", "2", "65534");
    chmodSync(directory, 0o755);
    expect(error).toMatchObject({ name: "FileError", code: "EACCES", path: pathOf(2) });
    expect(error!["message"]).toContain("give it the right to, or choose another directory");
    expect(files()).toEqual([fileOf(1)]);
    expect(await latestStep()).toBe(1);
  });

  it.runIf(canMount())("on a full disk leaves the former ones", async () => {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2560k", "tmpfs", directory]);
    try {
      const said = saves("", "2", "4");
      expect(said.slice(0, 2)).toEqual([2, 3]);
      expect(said[2]).toMatchObject({ name: "FileError", code: "ENOSPC", path: pathOf(4) });
      expect(said[2]!["message"]).toContain("no space left on the device; free some");
      expect(files()).toEqual([2, 3].map(fileOf));
      execFileSync("mount", ["-o", "remount,ro", directory]);
      await expect(new Checkpoints(directory).save(5, state(5))).rejects.toThrow("(EROFS)");
      expect(await latestStep()).toBe(3);
    } finally {
      execFileSync("umount", [directory]);
    }
  });

  it("is whole or not there when the program is killed", async () => {
    for (let kill = 0; kill < 5; kill++) {
      const from = ((await latestStep()) ?? 0) + 1;
      const child = spawn(process.execPath, [...NODE, directory, String(from), "100000"]);
      let said = 0;
      child.stdout.on("data", (text: Buffer) => {
        said = Number(String(text).trim().split("\n").at(-1));
        // Somewhere in one of the next checkpoints.
        setTimeout(() => child.kill("SIGKILL"), 5 + 7 * kill);
      });
      await once(child, "exit");
      const latest = (await new Checkpoints(directory).latest())!;
      expect(latest.passedOver).toEqual([]);
      expect(latest.step).toBeGreaterThanOrEqual(said);
      const { step, w } = latest.state as { step: number; w: Tensor };
      expect(step).toBe(latest.step);
      expect([...w.toTypedArray()].every((value) => value === step)).toBe(true);
    }
    await new Checkpoints(directory).save(100_001, state(100_001));
    expect(files().filter((file) => file.endsWith(".tmp"))).toEqual([]);
  });
});

describe("writeFileAtomic", () => {
  it("writes bytes and texts, and replaces what was there", async () => {
    const path = join(directory, "run.json");
    await writeFileAtomic(path, "{}");
    expect(readFileSync(path, "utf8")).toBe("{}");
    await writeFileAtomic(path, Uint8Array.of(1, 2));
    expect([...readFileSync(path)]).toEqual([1, 2]);
    await Promise.all(["a", "b", "c"].map((text) => writeFileAtomic(path, text)));
    expect(readFileSync(path, "utf8")).toMatch(/^[abc]$/);
    expect(files()).toEqual(["run.json"]);
  });

  it("removes what killed programs left of the file", async () => {
    const gone = execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }).trim();
    const others = [`best.json.${gone}-1.tmp`, `run.json.${process.ppid}-1.tmp`, "run.json.tmp"];
    for (const file of [...others, `run.json.${gone}-12.tmp`]) {
      writeFileSync(join(directory, file), "half");
    }
    await writeFileAtomic(join(directory, "run.json"), "{}");
    expect(files()).toEqual([...others, "run.json"].sort());
  });

  it("names the path, the cause and the remedy when it cannot", async () => {
    const path = join(directory, "none/run.json");
    const error = await writeFileAtomic(path, "{}").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FileError);
    expect(error).toMatchObject({ details: { path, code: "ENOENT" } });
    expect(String(error)).toContain(`writeFileAtomic: ${path}: there is no such file or directory`);
    mkdirSync(join(directory, "none"));
    await expect(writeFileAtomic(join(directory, "none"), "")).rejects.toThrow(/EISDIR|ENOTDIR/);
    expect(files()).toEqual(["none"]);
  });

  it.each<[unknown, unknown]>([
    ["", "text"],
    [3, "text"],
    ["a\0b", "text"],
    ["a", 3],
    ["a", null],
  ])("refuses the path %j with the contents %j", async (path, contents) => {
    await expect(writeFileAtomic(path as never, contents as never)).rejects.toThrow(ValueError);
  });
});

/** Whether this process may make a small disk: in containers, mostly. */
function canMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const place = mkdtempSync(join(tmpdir(), "mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", place], { stdio: "ignore" });
    execFileSync("umount", [place]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
