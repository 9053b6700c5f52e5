import { type ConvgradError, checkOptions, checkWhole, FormatError } from "@convgrad/core";
import { refuser } from "./decode.ts";
import { finishedName, removeIfDead } from "./drafts.ts";
import { codeOf, FileError, fileError } from "./fileError.ts";
import { checkPath, type FileSystem, fileSystem, readFileBytes, writeWhole } from "./files.ts";
import { checkWholeState, decodeTree, encodeTree, type StateTree } from "./state.ts";

/** Options of {@link Checkpoints}. */
export interface CheckpointsOptions {
  /** So many whole checkpoints stay, the latest ones; 1 or more, default 3. */
  readonly keep?: number;
}

/** A checkpoint that could not be used, and why. */
export interface PassedOver {
  readonly path: string;
  readonly error: ConvgradError;
}

/** What {@link Checkpoints.latest} found; `S` is what was saved. */
export interface LatestCheckpoint<S = StateTree> {
  readonly step: number;
  readonly path: string;
  readonly state: S;
  /** Later ones that are damaged. */
  readonly passedOver: readonly PassedOver[];
}

const NAME = "Checkpoints";
const FILE = /^step-(\d{8,16})\.safetensors$/;
/** So often the directory is read again when all that it listed was gone a moment later. */
const ATTEMPTS = 10;

interface Found {
  readonly step: number;
  readonly path: string;
}

/**
 * The checkpoints of a run in a directory: `step-00000100.safetensors`, … Each is written wholly or not at all and
 * carries a hash, so that whatever kills the program, the latest whole one is there and known to be whole. Several
 * programs on one machine may write to one directory.
 *
 * Of whole checkpoints the latest `keep` stay. Damaged ones do not count, and go when `keep` later ones are whole.
 *
 * @example
 * const checkpoints = new Checkpoints("run/checkpoints");
 * await checkpoints.save(step, { model: model.stateDict(), optimizer: optimizer.stateDict() });
 * const last = await checkpoints.latest(); // after a crash
 */
export class Checkpoints {
  readonly directory: string;
  readonly keep: number;
  /** Files known to be whole, as they were then: written or read by this object. */
  readonly #whole: Map<string, string> = new Map();

  /**
   * @param directory made by the first `save`
   * @throws {@link ValueError} for a path that is none, an unknown option, or `keep` below 1.
   */
  constructor(directory: string, options: CheckpointsOptions = {}) {
    checkPath(NAME, directory);
    checkOptions(NAME, options, ["keep"]);
    const { keep = 3 } = options;
    checkWhole(NAME, "keep", keep, 1);
    this.directory = directory;
    this.keep = keep;
  }

  /**
   * Writes a checkpoint; one of the same step is replaced. Before, removes what killed programs left unfinished, afterwards
   * those beyond `keep`.
   *
   * @param step steps done, from 0
   * @param tree tensors of any shapes and plain data; see {@link encodeState}
   * @returns the path of the file
   * @throws {@link FileError} for what the file system refuses: no space, a read-only directory; all earlier checkpoints are
   * intact then. {@link ValueError} as `encodeState` does, or for a step that is none.
   */
  async save(step: number, tree: StateTree | object): Promise<string> {
    const operation = `${NAME}.save`;
    checkWhole(operation, "step", step, 0);
    const fs = fileSystem(operation);
    const bytes = await encodeTree(operation, tree);
    await fs.mkdir(this.directory, { recursive: true }).catch((error: unknown) => {
      throw fileError(operation, this.directory, error);
    });
    const path = this.#pathOf(`step-${String(step).padStart(8, "0")}.safetensors`);
    await this.#removeDrafts(fs).catch(() => {}); // before, because they take space
    await writeWhole(operation, path, bytes);
    await this.#remember(fs, path);
    // The checkpoint stands: what fails from here on is no reason to say that it does not.
    await this.#removeOld(fs, path).catch(() => {});
    return path;
  }

  /**
   * The latest whole checkpoint, its tensors in the present scope; `null` when there is none at all. `S` says what was
   * saved; that it is so is not checked.
   *
   * @throws {@link FormatError} when there are checkpoints, and none is whole: a run must not start afresh unnoticed;
   * {@link FileError} for a directory that may not be read.
   */
  async latest<S = StateTree>(): Promise<LatestCheckpoint<S> | null> {
    const operation = `${NAME}.latest`;
    const fs = fileSystem(operation);
    for (let attempt = 1; ; attempt++) {
      const passedOver: PassedOver[] = [];
      const listed = await this.#list(operation, fs);
      for (const { step, path } of listed) {
        try {
          const state = await decodeTree(operation, await readFileBytes(operation, path), path);
          await this.#remember(fs, path);
          return { step, path, state: state as S, passedOver };
        } catch (error) {
          if (!(error instanceof FormatError || error instanceof FileError)) throw error;
          // What is gone was removed by another program, for later ones.
          if (error.details["code"] !== "ENOENT") passedOver.push({ path, error });
        }
      }
      if (listed.length === 0) return null;
      if (passedOver.length === listed.length || attempt === ATTEMPTS) {
        throw noneWhole(operation, this.directory, passedOver);
      }
    }
  }

  #pathOf(file: string): string {
    return `${this.directory.replace(/[/\\]$/, "")}/${file}`;
  }

  async #files(operation: string, fs: FileSystem): Promise<string[]> {
    try {
      return await fs.readdir(this.directory);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw fileError(operation, this.directory, error);
    }
  }

  /** The checkpoints, whole or not, latest first. */
  async #list(operation: string, fs: FileSystem): Promise<Found[]> {
    const files = await this.#files(operation, fs);
    const found = files.flatMap((file): Found[] => {
      const step = FILE.exec(file)?.[1];
      return step === undefined ? [] : [{ step: Number(step), path: this.#pathOf(file) }];
    });
    return found.sort((a, b) => b.step - a.step);
  }

  async #removeOld(fs: FileSystem, written: string): Promise<void> {
    let whole = 0;
    for (const { path } of await this.#list(NAME, fs)) {
      if (whole >= this.keep && path !== written) {
        await fs.rm(path, { force: true }).catch(() => {}); // a directory, say: the others go nevertheless
        this.#whole.delete(path);
      } else if (await this.#isWhole(fs, path)) whole++;
    }
  }

  async #isWhole(fs: FileSystem, path: string): Promise<boolean> {
    try {
      if (this.#whole.get(path) === (await stampOf(fs, path))) return true;
      const bytes = await readFileBytes(NAME, path);
      await checkWholeState(NAME, bytes, refuser(NAME, path));
      await this.#remember(fs, path);
      return true;
    } catch {
      return false; // damaged, or gone
    }
  }

  async #remember(fs: FileSystem, path: string): Promise<void> {
    const stamp = await stampOf(fs, path).catch(() => null);
    if (stamp !== null) this.#whole.set(path, stamp);
  }

  /** Removes the unfinished files of programs that are no more. */
  async #removeDrafts(fs: FileSystem): Promise<void> {
    for (const file of await this.#files(NAME, fs)) {
      if (FILE.test(finishedName(file) ?? "")) await removeIfDead(fs, this.#pathOf(file));
    }
  }
}

function noneWhole(operation: string, directory: string, passedOver: PassedOver[]): FormatError {
  const latest = passedOver[0] ? ` (the latest: ${passedOver[0].error.message})` : "";
  return new FormatError(
    operation,
    `none of the checkpoints in ${directory} is whole; move them away to start afresh${latest}`,
    { directory, passedOver },
  );
}

/** Tells whether a file was changed. */
async function stampOf(fs: FileSystem, path: string): Promise<string> {
  const { size, mtimeMs, ino } = await fs.stat(path);
  return `${size} ${mtimeMs} ${ino}`;
}
