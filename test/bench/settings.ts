import { Command, InvalidArgumentError } from "commander";
import { workloads } from "./workloads.ts";

/** The parts of the bench, in the order they run. */
export const sections = [
  "steps",
  "convs",
  "layers",
  "overhead",
  "loader",
  "coldStart",
  "memory",
  "sizes",
  "epoch",
  "micro",
] as const;
/** A part of the bench. */
export type Section = (typeof sections)[number];

const peerNames = ["torch", "tfjs", "convnetjs"] as const;
/** A library to compare with. */
export type PeerName = (typeof peerNames)[number];

/** What the command line says. */
export interface Settings {
  readonly workloads: readonly string[];
  /** For every workload; default 1 and 64, for W1 also 256. */
  readonly batches?: readonly number[];
  readonly threads: readonly number[];
  readonly only: readonly Section[];
  readonly rounds: number;
  readonly roundMs: number;
  readonly peers: readonly PeerName[];
  readonly backend: string;
  /** Run the packages as built (what users get), or their sources. */
  readonly from: "dist" | "source";
  readonly nodes: readonly string[];
  readonly json: string;
}

type Given = Omit<Settings, "only" | "rounds" | "peers" | "workloads"> &
  Partial<Settings> & { readonly quick?: boolean; readonly epoch?: boolean };

/** Reads and checks the command line; where it is wrong, says so in a line and ends the program. */
export function readSettings(argv: readonly string[]): Settings {
  const names = workloads.map(({ name }) => name);
  const { quick, epoch, ...given } = new Command("bench")
    .description("Times convgrad and, when present, its peers, in turn.")
    .option("--quick", "a minute: W1 with batch 64, PyTorch as the only peer")
    .option("--workloads <list>", `some of ${names}`, listOf(oneOf(names)))
    .option("--batches <list>", "batch sizes of all workloads (default: 1,64; W1 also 256)", wholes)
    .option("--threads <list>", "numbers of threads", wholes, [1, 2])
    .option("--only <list>", `some of ${sections}`, listOf(oneOf(sections)))
    .option("--epoch", "also an epoch of the MNIST example")
    .option("--rounds <n>", "how often each takes its turn (default: 5, quick: 3)", whole)
    .option("--round-ms <n>", "how long a turn is repeated", whole, 300)
    .option("--peers <list>", `some of ${peerNames}, or none`, peerList)
    .option("--backend <name>", "convgrad's backend", "auto")
    .option("--from <which>", "dist or source", oneOf(["dist", "source"] as const), "dist")
    .option("--nodes <paths>", "Node binaries for --only micro", listOf(String), [process.execPath])
    .option("--json <file>", "where the report goes", ".bench/latest.json")
    .parse(argv)
    .opts<Given>();
  const few: readonly Section[] = ["steps", "coldStart", "sizes"];
  const most = sections.filter((name) => name !== "epoch" && name !== "micro");
  const only = given.only ?? (quick ? few : most);
  const batches = given.batches ?? (quick ? [64] : undefined);
  return {
    ...given,
    ...(batches && { batches }),
    workloads: given.workloads ?? (quick ? ["W1"] : names),
    only: epoch && !only.includes("epoch") ? [...only, "epoch"] : only,
    rounds: given.rounds ?? (quick ? 3 : 5),
    peers: given.peers ?? (quick ? ["torch"] : peerNames),
  };
}

function whole(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError("It must be a whole number ≥ 1.");
}

function oneOf<T extends string>(known: readonly T[]): (text: string) => T {
  return (text) => {
    const found = known.find((name) => name === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`"${text}" is none of ${known.join(", ")}.`);
  };
}

function listOf<T>(read: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(",").map((part) => read(part.trim()));
}

const wholes = listOf(whole);

function peerList(text: string): PeerName[] {
  return text === "none" ? [] : listOf(oneOf(peerNames))(text);
}
