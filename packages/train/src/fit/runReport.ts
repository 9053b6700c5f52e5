import { type RunReceipt, startReceipt } from "../receipt.ts";
import { readReceipt } from "../receiptReader.ts";
import { type Inspection, inspect } from "../report/inspect.ts";
import { writeRun } from "../report/writeRun.ts";
import type { FitCallback } from "./callback.ts";
import { describeRun } from "./describeRun.ts";
import type { Settings } from "./options.ts";
import type { FitReportOptions } from "./reportOptions.ts";
import type { Run } from "./run.ts";

/**
 * Writes `run.json` at the start, after each epoch and at the end, and `report.html` at the end. A run is never ended by it: what
 * cannot be written is a warning.
 */
export class RunReport<B> implements FitCallback {
  readonly #run: Run;
  readonly #settings: Settings<B>;
  readonly #options: FitReportOptions;
  readonly #directory: string;
  #receipt: RunReceipt | null = null;

  constructor(directory: string, run: Run, settings: Settings<B>, options: FitReportOptions) {
    this.#run = run;
    this.#settings = settings;
    this.#options = options;
    this.#directory = directory;
  }

  async onStart(): Promise<void> {
    const { step, isOver } = this.#run;
    if (isOver && step > 0) return; // a finished run that is resumed is left as it is
    await this.#try("receipt", async () => {
      const { settings, seeds } = this.#options;
      const { loader, validation } = this.#settings;
      this.#receipt = await startReceipt({
        settings: { ...settings, fit: describeRun(this.#settings) },
        ...(seeds && { seeds }),
        data: { train: loader, ...(validation && { validation }) },
        ...(step > 0 && { resumed: { from: await this.#former(), step } }),
      });
    });
    // A run that is killed in its first epoch has a receipt too.
    await this.#write({});
  }

  async onEpoch(): Promise<void> {
    await this.#write({});
  }

  /** While the weights that are saved are in the model. */
  async finish(): Promise<void> {
    const { stopped, isCut, epochsDone } = this.#run;
    // Who presses Ctrl-C does not wait for another walk over the data.
    const inspection = this.#receipt && !isCut && epochsDone > 0 ? await this.#inspection() : null;
    await this.#write({ stopped: stopped ?? "epochs", ...(inspection && { inspection }) });
  }

  /** Before the error that ended the run is thrown on. */
  async fail(error: unknown): Promise<void> {
    await this.#write({ stopped: `error: ${(error as Error)?.message ?? error}` });
  }

  async #write(how: {
    readonly stopped?: string;
    readonly inspection?: Inspection;
  }): Promise<void> {
    const receipt = this.#receipt;
    if (!receipt) return;
    const { title } = this.#options;
    await this.#try("report", async () => {
      await writeRun(this.#directory, receipt, this.#run.history, {
        ...how,
        ...(title !== undefined && { title }),
      });
    });
  }

  /** What the model does with the validation data; `null` where that has no classes. */
  async #inspection(): Promise<Inspection | null> {
    const { validation, batch, classes = namesOf(validation) } = this.#settings;
    const hasClasses = this.#run.history.epochs.at(-1)?.validation?.["accuracy"] !== undefined;
    if (!validation || !hasClasses) return null;
    const { data } = this.#options;
    let found: Inspection | null = null;
    await this.#try("inspection", async () => {
      const options = {
        ...(classes && { classes }),
        ...(data && { data }),
        ...(batch && { batch }),
      };
      found = await inspect(this.#run.model, validation, options);
    });
    return found;
  }

  /** The receipt of the run that is taken up again; `null` where it is not to be read. */
  async #former(): Promise<RunReceipt | null> {
    const fs = process.getBuiltinModule("node:fs/promises");
    try {
      return readReceipt(await fs.readFile(`${this.#directory}/run.json`, "utf8"));
    } catch {
      return null; // the checkpoint knows all that the run needs
    }
  }

  async #try(what: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#run.warn(`no ${what}: ${(error as Error).message}`);
    }
  }
}

/** The names that the data set behind a loader has for its classes. */
function namesOf(loader: unknown): readonly string[] | undefined {
  const { classes }: { classes?: unknown } = Object(Object(loader).dataset);
  return Array.isArray(classes) ? classes : undefined;
}
