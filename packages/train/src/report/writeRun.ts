import { checkOptions, formatValue, ValueError } from "@convgrad/core";
import { writeFileAtomic } from "@convgrad/io";
import type { RunHistory } from "../history.ts";
import { continueReceipt, type RunReceipt } from "../receipt.ts";
import type { Inspection } from "./inspect.ts";
import { renderReport } from "./report.ts";

/** What {@link writeRun} is told. */
export interface WriteRunOptions {
  /** Why the run ended, `"epochs"` for instance; default: it goes on. */
  readonly stopped?: string;
  /** For the report, as `inspect` gives it. */
  readonly inspection?: Inspection;
  /** Whether `report.html` is written too; default: when the run has ended. */
  readonly report?: boolean;
  /** The title of the report; default: the name of the program. */
  readonly title?: string;
}

/**
 * Writes what is known of a run into its directory: `run.json`, and at the end `report.html`, each wholly or not at all.
 * Call it after each epoch and at the end.
 *
 * @param directory is made if it is not there; Node only
 * @returns the receipt that stands in `run.json`
 * @throws {@link ValueError} for a wrong argument or an unknown option; what the file system says, the former files being intact.
 *
 * @example
 * await writeRun("runs/1", receipt, history, { stopped: "epochs", inspection: await inspect(model, loader) });
 */
export async function writeRun(
  directory: string,
  receipt: RunReceipt,
  history: RunHistory,
  options: WriteRunOptions = {},
): Promise<RunReceipt> {
  checkOptions("writeRun", options, ["stopped", "inspection", "report", "title"]);
  if (typeof directory !== "string" || directory === "") {
    const sentence = `directory is ${formatValue(directory)}; it must be the path of a folder`;
    throw new ValueError("writeRun", sentence);
  }
  const { stopped = null, inspection = null, report = stopped !== null, title } = options;
  const fs =
    typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:fs/promises");
  if (!fs) {
    throw new ValueError(
      "writeRun",
      "this runtime has no files; use renderReport and JSON.stringify",
    );
  }
  await fs.mkdir(directory, { recursive: true });
  const now = continueReceipt(receipt, history, stopped);
  await writeFileAtomic(`${directory}/run.json`, `${JSON.stringify(now, null, 1)}\n`);
  if (report) {
    const page = await renderReport({
      receipt: now,
      history,
      inspection,
      ...(title !== undefined && { title }),
    });
    await writeFileAtomic(`${directory}/report.html`, page);
  }
  return now;
}
