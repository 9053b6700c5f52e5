import { backendInfo, checkOptions, formatValue, randomState, ValueError } from "@convgrad/core";
import type { EpochRecord, RunHistory } from "./history.ts";
import { type CodeFacts, type MachineFacts, machineFacts } from "./receiptFacts.ts";

/** What JSON holds. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue };

/** What made a run and what came of it: `run.json`. */
export interface RunReceipt extends MachineFacts {
  readonly format: "convgrad run";
  readonly version: 1;
  readonly settings: Readonly<Record<string, PlainValue>>;
  /** What random numbers followed from. */
  readonly seeds: Readonly<Record<string, number>>;
  /** Hashes of the data by name, as `Dataset.fingerprint` gives them; `null` for data that has none. */
  readonly data: Readonly<Record<string, string | null>>;
  /** What ran the kernels. */
  readonly backend: string;
  readonly threads: number;
  /** The moment of the start, ISO 8601. */
  readonly started: string;
  /** Time of all epochs. */
  readonly seconds: number;
  readonly epochs: readonly EpochRecord[];
  /** SHA-256 of all parameters, as `weightsHash` gives it, after the last epoch; `null` before the first. */
  readonly weightsHash: string | null;
  /** Why the run ended, `"epochs"` for instance; `null` while it goes on. */
  readonly stopped: string | null;
  /** The steps at which the run was taken up again, having been interrupted. */
  readonly resumed: readonly number[];
  readonly warnings: readonly string[];
}

/** What {@link startReceipt} is told. */
export interface ReceiptOptions {
  /** What decides the run, by name; what is no JSON is described: functions by name, tensors by shape. */
  readonly settings?: object;
  /** Default: the seed of `manualSeed`, as `global`. */
  readonly seeds?: Readonly<Record<string, number>>;
  /** Loaders or data sets by name; those that have a `fingerprint()` are hashed. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** What the run is taken up again from: its receipt, `null` where that is lost, and the step. */
  readonly resumed?: { readonly from: RunReceipt | null; readonly step: number };
}

/**
 * The receipt of a run that begins: program, settings, seeds, hashes of code and data, backend and machine. Call it
 * after `init` and `manualSeed`; {@link writeRun} adds what comes of the run.
 *
 * @throws {@link ValueError} for an unknown option, settings that are no object, or a seed that is no whole number ≥ 0.
 *
 * @example
 * const receipt = await startReceipt({ settings: { batch: 64, lr: 0.05 }, data: { train: loader } });
 */
export async function startReceipt(options: ReceiptOptions = {}): Promise<RunReceipt> {
  checkOptions("startReceipt", options, ["settings", "seeds", "data", "resumed"]);
  const { settings = {}, seeds = { global: randomState().seed }, data = {}, resumed } = options;
  checkReceiptParts("startReceipt", { settings, seeds, data });
  const { name: backend, threads } = backendInfo();
  return {
    format: "convgrad run",
    version: 1,
    ...(await machineFacts()),
    settings: plain(settings) as Record<string, PlainValue>,
    seeds: { ...seeds },
    data: Object.fromEntries(
      await Promise.all(
        Object.entries(data).map(async ([key, source]) => [key, await fingerprintOf(source)]),
      ),
    ),
    backend,
    threads,
    started: resumed?.from?.started ?? new Date().toISOString(),
    seconds: 0,
    epochs: [],
    weightsHash: null,
    stopped: null,
    resumed: resumed ? [...(resumed.from?.resumed ?? []), resumed.step] : [],
    warnings: [],
  };
}

/** @throws {@link ValueError} for parts that are no objects, and a seed that is no whole number ≥ 0. */
export function checkReceiptParts(
  operation: string,
  parts: Pick<ReceiptOptions, "settings" | "seeds" | "data">,
): void {
  for (const [name, value] of Object.entries(parts)) {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) continue;
    const remedy = "pass an object, values by name";
    throw new ValueError(operation, `${name} is ${formatValue(value)}; ${remedy}`);
  }
  for (const [name, seed] of Object.entries(parts.seeds ?? {})) {
    if (Number.isSafeInteger(seed) && seed >= 0) continue;
    const sentence = `the seed ${name} is ${formatValue(seed)}; it must be a whole number ≥ 0`;
    throw new ValueError(operation, sentence, { [name]: seed });
  }
}

/** The receipt with what came of the run so far. */
export function continueReceipt(
  receipt: RunReceipt,
  { epochs, warnings }: RunHistory,
  stopped: string | null,
): RunReceipt {
  return {
    ...receipt,
    seconds: epochs.reduce((sum, { seconds }) => sum + seconds, 0),
    epochs,
    weightsHash: epochs.at(-1)?.weightsHash ?? null,
    stopped,
    warnings,
  };
}

/** Settings may hold anything; deeper than this they are left out. */
const DEEPEST = 6;
const LONGEST = 100;

/** Anything as what JSON holds. */
function plain(value: unknown, depth = 0): PlainValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "function") return value.name ? `function ${value.name}` : "a function";
  if (typeof value !== "object") return String(value);
  if (depth >= DEEPEST) return "…";
  if (Array.isArray(value)) {
    const shown: PlainValue[] = value.slice(0, LONGEST).map((each) => plain(each, depth + 1));
    return value.length > LONGEST ? [...shown, `… ${value.length - LONGEST} more`] : shown;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return describe(value);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([key, each]) => [key, plain(each, depth + 1)]));
}

/** An object with a class: by what it says of itself, in a line. */
function describe(value: object): string {
  const said = ArrayBuffer.isView(value) ? "[object" : String(value);
  const name = value.constructor?.name || "an object";
  return said.startsWith("[object") ? name : said.split("\n")[0]!.slice(0, 200);
}

/** The hash of the contents of a data set, or of the one behind a loader. */
async function fingerprintOf(source: unknown): Promise<string | null> {
  const { fingerprint, dataset }: { fingerprint?: unknown; dataset?: unknown } = Object(source);
  if (typeof fingerprint === "function") return String(await fingerprint.call(source));
  return dataset === undefined || dataset === null ? null : fingerprintOf(dataset);
}

export type { CodeFacts, MachineFacts };
