import { type FitCallback, type FitOptions, fit, SGD } from "convgrad";
import { afterEach, describe, expect, it, vi } from "vitest";
import { loaderOf, net, validationLoader } from "./task.ts";

const ESCAPE = String.fromCharCode(27);

async function shown(
  terminal: { isTTY?: boolean; columns?: number; rows?: number },
  options: Partial<FitOptions> = {},
) {
  const written: string[] = [];
  const model = net();
  const progress = { ...terminal, written, write: (text: string) => written.push(text) };
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const result = await fit(model, {
    loader: loaderOf(),
    optimizer,
    epochs: 3,
    progress,
    ...options,
  });
  return { written, text: written.join(""), result };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a run without a terminal", () => {
  it("writes a line for each tenth and one for each epoch", async () => {
    const { written } = await shown({}, { validation: validationLoader() });
    const epochs = written.filter((line) => line.startsWith("epoch"));
    expect(epochs).toHaveLength(3);
    expect(epochs[1]).toMatch(
      /^epoch 2\/3 {2}loss \d\.\d{4} {2}accuracy \d+\.\d % {2}validation \d+\.\d\d % {2}\d+\.\d s\n$/,
    );
    const tenths = written.filter((line) => line.startsWith("training"));
    expect(tenths).toHaveLength(10);
    expect(tenths.at(-1)).toMatch(/^training 21\/21 {2}loss \d\.\d{4} {2}accuracy .*samples\/s/);
    expect(written.join("")).not.toContain(ESCAPE);
  });

  it("writes nothing where nothing is to be seen", async () => {
    const write = vi.spyOn(process.stderr, "write");
    const model = net();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    await fit(model, { loader: loaderOf(), optimizer, epochs: 1, progress: false });
    expect(write).not.toHaveBeenCalled();
    write.mockRestore();
  });
});

describe("a run in a terminal", () => {
  /** What stands on the screen in the end: erased lines are gone. */
  function screen(text: string): string[] {
    const lines = [""];
    const erase = `${ESCAPE}[2K`;
    for (const part of text.split(new RegExp(`(\n|${ESCAPE}\\[[0-9;]*[A-Za-z])`))) {
      if (part === "\n") lines.push("");
      else if (part === erase) lines[lines.length - 1] = "";
      else if (part === `${ESCAPE}[1A`) lines.pop();
      else if (!part.startsWith(ESCAPE)) lines[lines.length - 1] += part;
    }
    return lines;
  }

  it("shows the curve of the loss above the figures, and the epochs above both", async () => {
    const { text, result } = await shown({ isTTY: true, columns: 80, rows: 24 });
    const lines = screen(text);
    expect(lines.slice(0, 3).map((line) => /^epoch \d\/3 {2}loss/.exec(line)?.[0])).toEqual([
      "epoch 1/3  loss",
      "epoch 2/3  loss",
      "epoch 3/3  loss",
    ]);
    expect(lines).toHaveLength(3 + 9 + 1 + 1);
    const axis = lines.slice(3, 12).map((line) => Number.parseFloat(line));
    expect(axis.toSorted((a, b) => b - a)).toEqual(axis);
    expect(axis[0]!).toBeLessThanOrEqual(Math.max(...result.steps.loss) + 0.01);
    expect(lines.at(-2)).toMatch(/^epoch 3\/3 █+ 21\/21 {2}loss /);
    expect(lines.every((line) => line.length <= 80)).toBe(true);
    expect(text).toContain(`${ESCAPE}[36m`);
    expect(text).not.toContain(`${ESCAPE}[?25l`); // the cursor is never hidden
    expect(process.listenerCount("uncaughtExceptionMonitor")).toBe(0);
  });

  it.each([
    { columns: 40, rows: 24 },
    { columns: 80, rows: 8 },
  ])("that is small ($columns × $rows) shows the figures alone", async (size) => {
    const { text } = await shown({ isTTY: true, ...size });
    const lines = screen(text);
    expect(lines).toHaveLength(3 + 1 + 1);
    expect(lines.slice(3).every((line) => line.length <= size.columns)).toBe(true);
  });

  it("has no colour where none is wanted", async () => {
    vi.stubEnv("NO_COLOR", "1");
    const { text } = await shown({ isTTY: true, columns: 80, rows: 24 });
    expect(text).not.toContain(`${ESCAPE}[36m`);
  });

  it("keeps what others write meanwhile, above the frame", async () => {
    const before = process.stdout.write;
    const talker: FitCallback = {
      onStep: (_, { step }) => {
        if (step === 4) terminal.write("user says 4\n");
        if (step === 5) terminal.write("user begins, ");
        if (step === 6) terminal.write("and ends\n");
        if (step === 21) terminal.write("open to the end");
      },
      onEpoch: (_, { epoch }) => void terminal.write(`user had epoch ${epoch}\n`),
    };
    const written: string[] = [];
    const write = (text: string) => written.push(text);
    const terminal = { isTTY: true, columns: 80, rows: 24, write };
    const model = net();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const callbacks = [talker];
    await fit(model, { loader: loaderOf(), optimizer, epochs: 3, progress: terminal, callbacks });
    const lines = screen(written.join(""));
    const said = lines.slice(0, -11).map((line) => line.replace(/(epoch \d\/3).*/, "$1"));
    expect(said).toEqual([
      "user says 4",
      "user begins, and ends",
      "user had epoch 1",
      "epoch 1/3",
      "user had epoch 2",
      "epoch 2/3",
      "open to the enduser had epoch 3",
      "epoch 3/3",
    ]);
    expect(lines.at(-2)).toMatch(/^epoch 3\/3 █+ 21\/21 {2}loss .* taken$/);
    expect([terminal.write, process.stdout.write]).toEqual([write, before]); // nothing is left behind
  });

  it("that knows no escape sequences has plain lines", async () => {
    vi.stubEnv("TERM", "dumb");
    const { text } = await shown({ isTTY: true, columns: 80, rows: 24 });
    expect(text).not.toContain(ESCAPE);
    expect(text).toMatch(/^training 21\/21 {2}loss/m);
  });

  it("draws ten frames a second at most", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { written } = await shown({ isTTY: true, columns: 80, rows: 24 });
    vi.useRealTimers();
    // The first step, each epoch's line, the end: time stood still.
    expect(written.filter((text) => text.includes("21  loss")).length).toBeLessThanOrEqual(6);
  });

  it("says what is wrong above the frame, and leaves it when the run fails", async () => {
    const written: string[] = [];
    const progress = { isTTY: true, columns: 80, rows: 24, write: (t: string) => written.push(t) };
    const model = net();
    const optimizer = new SGD(model.parameters(), { lr: 1e39 });
    const run = fit(model, { loader: loaderOf(), optimizer, epochs: 1, progress });
    await expect(run).rejects.toThrow(/the update of step/);
    expect(process.listenerCount("uncaughtExceptionMonitor")).toBe(0);
    expect(screen(written.join("")).at(-1)).toBe("");
  });
});
