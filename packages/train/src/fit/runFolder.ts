import {
  ConvgradError,
  FormatError,
  formatValue,
  randomState,
  scope,
  setRandomState,
  ValueError,
} from "@convgrad/core";
import { Checkpoints, type StateTree, saveModel, saveSafetensors } from "@convgrad/io";
import type { StateDict } from "@convgrad/layers";
import { bitSettings } from "./describeRun.ts";
import { copyOf } from "./keepBest.ts";
import { spoiltWeights } from "./nonFinite.ts";
import type { AnySettings } from "./options.ts";
import type { Run } from "./run.ts";

/** What a checkpoint of {@link fit} is recognised by. */
const FORMAT = { format: "convgrad fit", version: 1 };

/** Something whose state a checkpoint holds. */
export interface Resumable {
  stateDict(): unknown;
  loadStateDict(state: never): void;
}

/** The random sequence that dropout draws from. */
const RANDOM: Resumable = { stateDict: randomState, loadStateDict: setRandomState };

/** The folder of a run: its checkpoints and, in the end, its weights. */
export class RunFolder {
  readonly #directory: string;
  readonly #checkpoints: Checkpoints;
  readonly #run: Run;
  readonly #settings: AnySettings;
  readonly #parts: Readonly<Record<string, Resumable>>;
  /** Where the run stood when it was last saved. */
  #saved: string | null = null;

  /** @param more whose states are to be held, besides those of model, optimiser, loader and so on */
  constructor(
    directory: string,
    run: Run,
    settings: AnySettings,
    more: Readonly<Record<string, Resumable>>,
  ) {
    this.#directory = directory;
    this.#checkpoints = new Checkpoints(`${directory}/checkpoints`, {
      keep: settings.keepCheckpoints,
    });
    this.#run = run;
    this.#settings = settings;
    this.#parts = { ...partsOf(run, settings), ...more };
  }

  /** Whether the last checkpoint is of this very moment. */
  get isCurrent(): boolean {
    return this.#saved === this.#moment;
  }

  get #moment(): string {
    return `${this.#run.step} ${this.#run.epochsDone}`;
  }

  /**
   * Writes a checkpoint.
   *
   * @throws {@link ValueError} for weights that are not finite: no good checkpoint may be followed by a bad one; and what
   * the file system says. Those before are intact.
   */
  async save(): Promise<void> {
    const spoilt = spoiltWeights(this.#run.model, this.#run.standing);
    if (spoilt) throw spoilt;
    const states = Object.entries(this.#parts).map(([name, part]) => [name, part.stateDict()]);
    this.#run.path = await scope(() => {
      const tree = {
        ...FORMAT,
        settings: bitSettings(this.#settings),
        ...Object.fromEntries(states),
      };
      return this.#checkpoints.save(this.#run.step, tree as StateTree);
    });
    this.#saved = this.#moment;
  }

  /**
   * Puts everything back to where the newest checkpoint found it, or writes the first one.
   *
   * @throws {@link ValueError} where the directory holds a run and none was expected, or the other way round, or one with
   * other settings; {@link FormatError} for checkpoints that are damaged or of another program. Nothing has changed then.
   */
  async open(): Promise<void> {
    await scope(async () => {
      const found = await this.#checkpoints.latest();
      this.#checkExpected(found?.path ?? null);
      if (!found) return;
      const parts = Object.keys(this.#parts);
      this.#load(found.path, checkedTree(found.path, found.state, this.#settings, parts));
      this.#run.path = found.path;
      this.#saved = this.#moment;
      for (const { path, error } of found.passedOver) {
        this.#run.warn(
          `${path} is damaged, so the run goes on from ${found.path} (${error.message})`,
        );
      }
    });
    this.#run.checkEnd();
    if (this.#saved === null) await this.save(); // whether one can be written is known before the work begins
  }

  #checkExpected(path: string | null): void {
    const { resume } = this.#settings;
    const directory = this.#directory;
    if (path === null && resume === true) {
      throw new ValueError(
        "fit",
        `there is no checkpoint to resume in ${directory}; pass resume: "auto" to begin where there is none`,
        { directory },
      );
    }
    if (path === null || resume !== false) return;
    throw new ValueError(
      "fit",
      `${directory} holds a run already (${path}); pass resume: true to go on with it, or another directory`,
      { directory, checkpoint: path },
    );
  }

  /** All parts, or, where one refuses its state, none. */
  #load(path: string, tree: Readonly<Record<string, unknown>>): void {
    const parts = Object.entries(this.#parts);
    const before = parts.map(([name, part]) => copyState(name, part));
    try {
      for (const [name, part] of parts) part.loadStateDict(tree[name] as never);
    } catch (error) {
      parts.forEach(([, part], i) => {
        part.loadStateDict(before[i] as never);
      });
      if (!(error instanceof ConvgradError)) throw error;
      throw new ValueError(
        "fit",
        `${path} is not of this run (${error.message}); pass the model and the options of then, or another directory`,
        { path, error },
      );
    }
  }

  /** Writes the model as it is now into a file of the folder: for `loadModel`, where its layers are all known. */
  async saveWeights(file: string): Promise<void> {
    const path = `${this.#directory}/${file}`;
    const { model } = this.#run;
    try {
      await saveModel(path, model);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      await saveSafetensors(path, model.stateDict()); // a layer of the user's own: the weights alone
    }
  }
}

function partsOf(run: Run, settings: AnySettings): Record<string, Resumable> {
  const { loader, validation, optimizer, schedule, ema, keepBest } = settings;
  const optional = { schedule, ema, best: keepBest, validation };
  const parts: Record<string, Resumable> = {
    model: run.model,
    optimizer,
    loader: loader as unknown as Resumable,
    random: RANDOM,
    run,
  };
  for (const [name, part] of Object.entries(optional)) {
    if (isResumable(part)) parts[name] = part;
  }
  return parts;
}

function isResumable(part: unknown): part is Resumable {
  const { stateDict, loadStateDict }: Partial<Resumable> = Object(part);
  return typeof stateDict === "function" && typeof loadStateDict === "function";
}

/** A module's state shares memory with it; the others' states are copies. */
function copyState(name: string, part: Resumable): unknown {
  return name === "model" ? copyOf(part.stateDict() as StateDict) : part.stateDict();
}

/** @throws {@link FormatError} for a tree that `save` did not make, {@link ValueError} for one of another run. */
function checkedTree(
  path: string,
  state: StateTree,
  settings: AnySettings,
  parts: readonly string[],
): Readonly<Record<string, unknown>> {
  const tree: Readonly<Record<string, unknown>> = Object(state);
  if (tree["format"] !== FORMAT.format || tree["version"] !== FORMAT.version) {
    const what = `${formatValue(tree["format"])} ${formatValue(tree["version"])}`;
    throw new FormatError(
      "fit",
      `${path} is ${what}, not "${FORMAT.format}" ${FORMAT.version}; pass another directory`,
      { path },
    );
  }
  const [now, then] = [bitSettings(settings), Object(tree["settings"])];
  for (const [name, value] of Object.entries(now)) {
    if (Object.is(then[name], value)) continue;
    throw new ValueError(
      "fit",
      `${path} was made with ${name} ${formatValue(then[name])}, not ${formatValue(value)}; ` +
        "resume with the settings of the run, or begin in another directory",
      { path, setting: name, expected: then[name], actual: value },
    );
  }
  const saved = Object.keys(tree).filter((name) => !(name in FORMAT) && name !== "settings");
  const missing = parts.filter((name) => !saved.includes(name));
  const unexpected = saved.filter((name) => !parts.includes(name));
  if (missing.length + unexpected.length === 0) return tree;
  throw new ValueError(
    "fit",
    `${path} has the states of other parts: missing ${missing.join(", ") || "none"}; ` +
      `unexpected ${unexpected.join(", ") || "none"}; resume with the options of the run, or begin in another directory`,
    { path, missing, unexpected },
  );
}
