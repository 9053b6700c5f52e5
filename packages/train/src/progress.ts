import { checkFunction, checkOptions, checkWhole, formatValue, ValueError } from "@convgrad/core";
import { type Measured, Meter } from "./meter.ts";

/** Where progress is written: `process.stderr`, or anything like it. */
export interface ProgressStream {
  /** Whether it is a terminal, which can redraw a line. */
  readonly isTTY?: boolean;
  /** Width of the terminal, in characters. */
  readonly columns?: number;
  write(text: string): unknown;
}

/** Options of {@link progress}. */
export interface ProgressOptions {
  /** The number of steps until the end, 1 or more. */
  readonly total: number;
  /** What is going on, before the bar: `"training"`. */
  readonly label?: string;
  /** Where to write; default: the standard error stream, in a browser the console. */
  readonly stream?: ProgressStream;
}

/** A progress bar, or the lines that stand in for one. */
export interface Progress {
  /** Says that `step` steps are done, and what the last one measured. */
  update(step: number, measured?: Measured): void;
  /** Shows the last state and leaves the terminal to others; may be called twice. */
  stop(): void;
}

/** What this file uses of cli-progress. */
interface Bar {
  start(total: number, start: number, payload: object): void;
  update(step: number, payload: object): void;
  stop(): void;
}
type BarMaker = new (options: object) => Bar;

/** Without a terminal: a line for each tenth of the way, and at least one in so many ms. */
const LINES = 10;
const LONGEST_SILENCE = 30_000;

/**
 * Shows how training goes: in a terminal a bar with the smoothed loss and accuracy, samples per second and the time
 * left; elsewhere (a file, a CI log, a browser's console) plain lines. Needs `stop()` at the end, best in a `finally`;
 * when the program ends without, the terminal is still left clean.
 *
 * @throws {@link ValueError} for a total that is no whole number ≥ 1, or an unknown or wrong option.
 *
 * @example
 * const bar = await progress({ total: 300, label: "training" });
 * bar.update(1, { loss: loss.item(), accuracy: accuracy(logits, labels), samples: 64 });
 * bar.stop();
 */
export async function progress(options: ProgressOptions): Promise<Progress> {
  checkOptions("progress", options, ["total", "label", "stream"]);
  const { total, label = "", stream = defaultStream() } = options;
  checkWhole("progress", "total", total, 1);
  if (typeof label !== "string") {
    throw new ValueError("progress", `label is ${formatValue(label)}; it must be a text`, {
      label,
    });
  }
  checkFunction("progress", "the write of stream", stream?.write, "process.stderr has one");
  const SingleBar = canRedraw(stream) ? await loadBar() : null;
  return SingleBar ? drawn(SingleBar, total, label, stream) : printed(total, label, stream);
}

/** The standard error stream; in a browser the console. */
export function defaultStream(): ProgressStream {
  if (typeof process !== "undefined" && process.stderr) return process.stderr;
  return { write: (text) => console.log(text.trimEnd()) };
}

/** Whether it is a terminal that knows how to go back in a line. */
export function canRedraw({ isTTY }: ProgressStream): boolean {
  return isTTY === true && !(typeof process !== "undefined" && process.env["TERM"] === "dumb");
}

/** cli-progress, by a name that bundlers for browsers do not follow; `null` where it is not there. */
async function loadBar(): Promise<BarMaker | null> {
  const specifier = "cli-progress";
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier)).default.SingleBar;
  } catch {
    return null;
  }
}

/** `"/300"`, or nothing where the end is unknown. */
export function outOf(total: number): string {
  return total === Number.POSITIVE_INFINITY ? "" : `/${total}`;
}

function drawn(
  SingleBar: BarMaker,
  total: number,
  label: string,
  stream: ProgressStream,
): Progress {
  const meter = new Meter(total);
  const bar = new SingleBar({
    stream,
    format: `${label && `${label} `}{bar} {value}/{total}  {meter}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: barSize(stream.columns || 80, label.length + 2 * String(total).length),
    // Lines are cut at the terminal's width instead of switching its wrapping off, and the cursor stays visible:
    // a program that is killed leaves nothing to be repaired.
    linewrap: true,
    hideCursor: false,
  });
  bar.start(total, 0, { meter });
  const stop = () => {
    process.off("exit", stop);
    process.off("uncaughtExceptionMonitor", stop);
    bar.stop();
  };
  process.once("exit", stop);
  // Before Node prints the error, which would else stand behind the bar.
  process.once("uncaughtExceptionMonitor", stop);
  return {
    update(step, measured = {}) {
      meter.add(step, measured);
      bar.update(step, {});
    },
    stop,
  };
}

/** Characters for the bar itself: what the label, the step numbers and the meter (about 62) leave of the line. */
function barSize(columns: number, taken: number): number {
  return Math.min(Math.max(columns - taken - 62, 5), 40);
}

/** Plain lines, from step `from` on; a total that nobody knows is Infinity. */
export function printed(total: number, label: string, stream: ProgressStream, from = 0): Progress {
  const meter = new Meter(total, from);
  let shown = { step: from, at: performance.now() };
  const show = () => {
    if (meter.step === shown.step) return;
    shown = { step: meter.step, at: performance.now() };
    stream.write(`${label && `${label} `}${meter.step}${outOf(total)}  ${meter}\n`);
  };
  const tenth = (step: number) => Math.floor((LINES * step) / total);
  return {
    update(step, measured = {}) {
      meter.add(step, measured);
      const silent = performance.now() - shown.at;
      if (tenth(step) > tenth(shown.step) || silent > LONGEST_SILENCE) show();
    },
    stop: show,
  };
}
