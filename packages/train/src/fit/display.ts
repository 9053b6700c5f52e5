import { formatValue, ValueError } from "@convgrad/core";
import type { EpochRecord } from "../history.ts";
import { Meter } from "../meter.ts";
import { defaultStream, outOf, type Progress, type ProgressStream, printed } from "../progress.ts";
import type { FitCallback, FitRun, FitStep } from "./callback.ts";
import { type Curve, loadCurve } from "./curve.ts";

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
  readonly stream: ProgressStream;
}

/** Frames are drawn this many ms apart at least. */
const FRAME_TIME = 100;
/** Terminals smaller than this have the line without the curve. */
const LEAST_COLUMNS = 50;
const LEAST_ROWS = 14;
const BAR = 20;

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
  const terminal = stream.isTTY ? await loadTerminal(stream) : null;
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
  readonly #end = () => this.onEnd();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  onStart(run: FitRun): void {
    this.#run = run;
    this.#meter = new Meter(run.steps, run.step);
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
    this.#terminal.stream.write(`${line}\n`);
    if (this.#run) this.#draw();
  }

  onEnd(): void {
    if (this.#run) this.#draw();
    this.#run = null;
    process.off("uncaughtExceptionMonitor", this.#end);
    this.#terminal.frame.done();
  }

  #draw(): void {
    const { frame, curve, stream } = this.#terminal;
    const run = this.#run!;
    this.#drawnAt = performance.now();
    const { columns = 80, rows = 24 } = stream as ProgressStream & { readonly rows?: number };
    const isLarge = columns >= LEAST_COLUMNS && rows >= LEAST_ROWS;
    const plot = isLarge ? curve(run.history.steps.loss, columns) : "";
    // One character less than the width, or some terminals would wrap it.
    frame(plot + this.#line(run, isLarge).slice(0, columns - 1));
  }

  #line({ epoch, epochs, steps }: FitRun, hasRoom: boolean): string {
    const step = this.#meter?.step ?? 0;
    const full = Math.round((BAR * step) / steps) || 0;
    const hasBar = hasRoom && Number.isFinite(steps);
    const bar = hasBar ? `${"█".repeat(full)}${"░".repeat(BAR - full)} ` : "";
    return `epoch ${Math.min(epoch, epochs)}${outOf(epochs)} ${bar}${step}${outOf(steps)}  ${this.#meter}`;
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
    return { frame: createLogUpdate(stream, { showCursor: true }), curve, stream };
  } catch {
    return null;
  }
}
