import { checkOptions, formatValue, ValueError } from "@convgrad/core";
import { checkReceiptParts } from "../receipt.ts";

/** What {@link fit} is to say in `run.json` and `report.html`. */
export interface FitReportOptions {
  /** What the validation data is called; default `"validation"`. */
  readonly data?: string;
  /** The title of the report; default: the name of the program. */
  readonly title?: string;
  /** What decides the run besides the options of `fit`: the settings of the program. */
  readonly settings?: object;
  /** What random numbers follow from; default: the seed of `manualSeed`, as `global`. */
  readonly seeds?: Readonly<Record<string, number>>;
}

/** @throws {@link ValueError} for what `report` cannot be. */
export function checkReport(report: boolean | FitReportOptions): FitReportOptions | null {
  if (typeof report === "boolean") return report ? {} : null;
  checkOptions("fit", report, ["data", "title", "settings", "seeds"]);
  const { data, title, settings, seeds } = report;
  for (const [name, value] of Object.entries({ data, title })) {
    if (value === undefined || typeof value === "string") continue;
    throw new ValueError(
      "fit",
      `the ${name} of the report is ${formatValue(value)}; it must be a text`,
    );
  }
  checkReceiptParts("fit", {
    ...(settings !== undefined && { settings }),
    ...(seeds !== undefined && { seeds }),
  });
  return report;
}
