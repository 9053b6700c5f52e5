import { formatValue, ValueError } from "@convgrad/core";
import type { EpochRecord } from "../history.ts";
import { Meter } from "../meter.ts";
import {
  canRedraw,
  defaultStream,
  outOf,
  type Progress,
  type ProgressStream,
  printed,
} from "../progress.ts";
import type { FitCallback, FitRun, FitStep } from "./callback.ts";
import { type Curve, loadCurve } from "./curve.ts";
import { SharedTerminal } from "./sharedTerminal.ts";

/** What people see of a run. */
export interface Display extends FitCallback {
  /** A line that stays. */
  say(line: string): void;
}

/** How messages are marked. */
export const WARNING = "warning: ";

/** A redrawn frame: log-update's function. */
interface Frame {
  (text: string): void;
  clear(): void;
  done(): void;
}
interface Terminal {
  readonly frame: Frame;
  readonly curve: Curve;
  readonly stream: SharedTerminal;
}

/** Frames are drawn this many ms apart at least. */
const FRAME_TIME = 100;
/** Terminals smaller than this have the line without the curve. */
const LEAST_COLUMNS = 50;
const LEAST_ROWS = 14;
/** Characters of the bar; where there is less room there is none. */
const LONGEST_BAR = 20;
const SHORTEST_BAR = 5;

/** @throws {@link ValueError} for what nothing can be written to. */
export function checkProgress(progress: boolean | ProgressStream): void {
  if (typeof progress === "boolean") return;
  if (typeof (progress as Partial<ProgressStream> | null)?.write === "function") return;
  throw new ValueError(
    "fit",
    `progress is ${formatValue(progress)}; pass true, false or a stream with write, as process.stderr`,
  );
}

/** A terminal shows the curve and a line, anything else gets plain lines, `false` nothing. */
export async function displayFor(progress: boolean | ProgressStream): Promise<Display> {
  if (progress === false) return { say: () => {} };
  const stream = progress === true ? defaultStream() : progress;
  const terminal = canRedraw(stream) ? await loadTerminal(stream) : null;
  return terminal ? new Drawn(terminal) : new Printed(stream);
}

/** `"epoch 2/3  loss 0.0712  accuracy 97.8 %  validation 98.12 %  5.1 s"` */
function epochLine({ epochs }: FitRun, record: EpochRecord): string {
  const { epoch, loss, accuracy, validation, seconds } = record;
  const percent = (part: number, digits: number) => `${(100 * part).toFixed(digits)} %`;
  const validated = validation?.["accuracy"];
  const parts = [
    `epoch ${epoch}${outOf(epochs)}`,
    `loss ${loss.toFixed(4)}`,
    accuracy !== null && `accuracy ${percent(accuracy, 1)}`,
    validation &&
      `validation ${validated === undefined ? `loss ${validation["loss"]?.toFixed(4)}` : percent(validated, 2)}`,
    `${seconds.toFixed(1)} s`,
  ];
  return parts.filter((part) => part).join("  ");
}

/** Plain lines: one for each tenth of the run, each epoch and each warning. */
class Printed implements Display {
  readonly #stream: ProgressStream;
  #progress: Progress | null = null;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }
  onStart({ steps, step }: FitRun): void {
    this.#progress = printed(steps, "training", this.#stream, step);
  }
  onStep(_run: FitRun, { step, ...measured }: FitStep): void {
    this.#progress?.update(step, measured);
  }
  onEpoch(run: FitRun, record: EpochRecord): void {
    this.say(epochLine(run, record));
  }
  onEnd(): void {
    this.#progress?.stop();
  }
  say(line: string): void {
    this.#stream.write(`${line}\n`);
  }
}

/** The curve of the loss above a line with the figures of the moment, redrawn in place. */
class Drawn implements Display {
  readonly #terminal: Terminal;
  #meter: Meter | null = null;
  #run: FitRun | null = null;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #letGo = () => {};
  readonly #end = () => this.onEnd();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  onStart(run: FitRun): void {
    this.#run = run;
    this.#meter = new Meter(run.steps, run.step);
    this.#letGo = this.#terminal.stream.share(() => this.#terminal.frame.clear());
    // Before Node prints an error, which would else stand in the frame.
    process.once("uncaughtExceptionMonitor", this.#end);
  }

  onStep(_run: FitRun, { step, ...measured }: FitStep): void {
    this.#meter?.add(step, measured);
    if (performance.now() - this.#drawnAt >= FRAME_TIME) this.#draw();
  }

  onEpoch(run: FitRun, record: EpochRecord): void {
    this.say(epochLine(run, record));
  }

  say(line: string): void {
    this.#terminal.frame.clear();
    this.#endLine();
    this.#terminal.stream.write(`${line}\n`);
    if (this.#run) this.#draw();
  }

  onEnd(): void {
    this.#endLine();
    if (this.#run) this.#draw();
    this.#run = null;
    this.#letGo();
    process.off("uncaughtExceptionMonitor", this.#end);
    this.#terminal.frame.done();
  }

  /** Ends a line that others have begun. */
  #endLine(): void {
    const { stream } = this.#terminal;
    if (stream.isInLine) stream.write("\n");
    stream.isInLine = false;
  }

  #draw(): void {
    const { frame, curve, stream } = this.#terminal;
    if (stream.isInLine) return; // who writes there has not finished
    const run = this.#run!;
    this.#drawnAt = performance.now();
    const { columns, rows } = stream;
    const isLarge = columns >= LEAST_COLUMNS && rows >= LEAST_ROWS;
    const plot = isLarge ? curve(run.history.steps.loss, columns) : "";
    // One character less than the width, or some terminals would wrap it.
    frame(plot + this.#line(run, columns - 1));
  }

  /** What fits of the line; the bar has the room that the figures leave. */
  #line({ epoch, epochs, steps }: FitRun, room: number): string {
    const step = this.#meter?.step ?? 0;
    const where = `epoch ${Math.min(epoch, epochs)}${outOf(epochs)} `;
    const figures = `${step}${outOf(steps)}  ${this.#meter}`.split("  ");
    while (figures.length > 1 && (where + figures.join("  ")).length > room) figures.pop();
    const text = figures.join("  ");
    const width = Math.min(LONGEST_BAR, room - where.length - text.length - 1);
    const full = Math.min(width, Math.round((width * step) / steps)) || 0;
    const hasBar = width >= SHORTEST_BAR && Number.isFinite(steps);
    const bar = hasBar ? `${"█".repeat(full)}${"░".repeat(width - full)} ` : "";
    return (where + bar + text).slice(0, room);
  }
}

/** log-update and asciichart, by names that bundlers for browsers do not follow; `null` where they are not there. */
async function loadTerminal(stream: ProgressStream): Promise<Terminal | null> {
  const specifier = "log-update";
  try {
    const { createLogUpdate } = await import(
      /* @vite-ignore */ /* webpackIgnore: true */ specifier
    );
    const curve = await loadCurve();
    // The cursor stays visible: a program that is killed leaves nothing to be repaired.
    const shared = new SharedTerminal(stream);
    return { frame: createLogUpdate(shared, { showCursor: true }), curve, stream: shared };
  } catch {
    return null;
  }
}
