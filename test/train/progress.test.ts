import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ValueError } from "@convgrad/core";
import { progress } from "@convgrad/train";
import { afterEach, describe, expect, it, vi } from "vitest";

const ESCAPE = String.fromCharCode(27);

function stream(terminal: { isTTY?: boolean; columns?: number } = {}) {
  const written: string[] = [];
  return { ...terminal, written, write: (text: string) => written.push(text) };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("progress without a terminal", () => {
  it("writes a plain line for each tenth, with smoothed figures, speed and time left", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const out = stream();
    const bar = await progress({ total: 100, label: "training", stream: out });
    for (let step = 1; step <= 100; step++) {
      vi.advanceTimersByTime(500);
      bar.update(step, { loss: 2, accuracy: 0.25, samples: 64 });
    }
    bar.stop();
    expect(out.written.length).toBe(10);
    expect(out.written[0]).toBe(
      "training 10/100  loss 2.0000  accuracy 25.0 %  128 samples/s  0:45 left\n",
    );
    expect(out.written[9]).toBe(
      "training 100/100  loss 2.0000  accuracy 25.0 %  128 samples/s  0:50 taken\n",
    );
  });

  it("is not silent for longer than half a minute", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const out = stream();
    const bar = await progress({ total: 10_000, stream: out });
    for (let step = 1; step <= 10; step++) {
      vi.advanceTimersByTime(10_000);
      bar.update(step);
    }
    expect(out.written).toEqual(["4/10000  27:46:00 left\n", "8/10000  27:45:20 left\n"]);
  });

  it("averages over recent steps: exact at the first, near the last ones at the end", async () => {
    const out = stream();
    const bar = await progress({ total: 200, stream: out });
    bar.update(1, { loss: 10 });
    for (let step = 2; step <= 200; step++) bar.update(step, { loss: 1 });
    bar.stop();
    expect(out.written.at(-1)).toContain("loss 1.000");
    const short = stream();
    const one = await progress({ total: 1, stream: short });
    one.update(1, { loss: 0.5 });
    expect(short.written[0]).toContain("loss 0.5000");
  });

  it("shows a loss that is no number as it is, and keeps it out of the average", async () => {
    const out = stream();
    const bar = await progress({ total: 3, stream: out });
    for (const [step, loss] of [2, Number.POSITIVE_INFINITY, 2].entries()) {
      bar.update(step + 1, { loss, accuracy: 0.5 });
    }
    expect(out.written.map((line) => /loss \S+/.exec(line)![0])).toEqual([
      "loss 2.0000",
      "loss Infinity",
      "loss 2.0000",
    ]);
  });

  it("shows the last state on stop, once", async () => {
    const out = stream();
    const bar = await progress({ total: 100, stream: out });
    bar.update(3, { loss: Number.NaN });
    bar.stop();
    bar.stop();
    expect(out.written.length).toBe(1);
    expect(out.written[0]).toContain("3/100  loss NaN");
  });

  it("refuses a total that is no number of steps", async () => {
    for (const total of [0, -1, 1.5, Number.NaN]) {
      await expect(progress({ total })).rejects.toThrow(ValueError);
      await expect(progress({ total })).rejects.toThrow(`total is ${total}`);
    }
  });
});

describe("progress in a terminal", () => {
  it("draws one line that fits the terminal, and ends it", async () => {
    const out = stream({ isTTY: true, columns: 80 });
    const listeners = process.listenerCount("exit");
    const bar = await progress({ total: 300, label: "training", stream: out });
    expect(process.listenerCount("exit")).toBe(listeners + 1);
    bar.update(300, { loss: 0.25, accuracy: 0.915, samples: 64 });
    bar.stop();
    bar.stop();
    expect(process.listenerCount("exit")).toBe(listeners);
    const text = out.written.join("");
    expect(text).toMatch(/training █+ 300\/300 {2}loss 0\.2500 {2}accuracy 91\.5 % {2}\d+ samples/);
    expect(text.endsWith("\n")).toBe(true);
    const drawn = out.written.filter((piece) => piece.includes("training"));
    expect(drawn.every(({ length }) => length <= 80)).toBe(true);
    // Nothing that a killed program would leave switched off: the cursor, the wrapping of lines.
    for (const mode of ["?25l", "?7l"]) expect(text).not.toContain(`${ESCAPE}[${mode}`);
  });

  it.each([
    ["an error", 'throw new Error("on purpose")', 1],
    ["an exit", "process.exit(3)", 3],
  ])("ends the line before the program ends by %s", async (_, end, code) => {
    const program = `
      import { progress } from "@convgrad/train";
      const write = (text) => process.stderr.write(text);
      const stream = { isTTY: true, columns: 80, write };
      const bar = await progress({ total: 9, label: "here", stream });
      bar.update(4);
      ${end};`;
    const options = ["--import", "tsx", "--conditions=source", "--input-type=module"];
    const run = promisify(execFile)(process.execPath, [...options, "--eval", program]);
    const failure = await run.catch((error: { code: number; stderr: string }) => error);
    expect(failure).toMatchObject({ code });
    const lines = failure.stderr.split("\n");
    expect(lines[0]).toContain("here ");
    expect(lines[0]).toContain("4/9");
    expect(lines[0]).not.toContain("Error");
    expect(lines.slice(1).join("\n").includes("on purpose")).toBe(code === 1);
  });
});
