import type { ReceiptComparison, RunReceipt } from "convgrad";

const SHOWN = 16;

/** What a comparison found, in lines that fit a terminal of 80 columns: what may explain a difference comes first. */
export function describe(recorded: RunReceipt, comparison: ReceiptComparison): string {
  const { weights, figures, causes, equal } = comparison;
  const { resumed, started, seconds } = recorded;
  const rows = weights.map(({ moment, recorded: was, replayed: is, equal: same }) => [
    moment,
    short(was),
    short(is),
    same ? "equal" : "NOT EQUAL",
  ]);
  const table = [["", "recorded", "replayed", ""], ...rows].map(([moment, was, is, same]) =>
    `${moment!.padEnd(10)}${was!.padEnd(SHOWN + 4)}${is!.padEnd(SHOWN + 4)}${same}`.trimEnd(),
  );
  return [
    `run of ${started}, ${seconds.toFixed(1)} s`,
    ...(resumed.length > 0 ? [`it was resumed at step ${resumed.join(", ")}`] : []),
    ...causes.map((cause) => `since then: ${cause}`),
    ...table,
    ...figures,
    equal ? "equal to the bit" : `not equal${firstOf(comparison)}`,
  ]
    .map(printable)
    .join("\n");
}

/** A line of a file from anywhere, without what would command a terminal. */
function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Bidi_Control}]/gu, "�");
}

/** Where bits part first. */
function firstOf({ weights }: ReceiptComparison): string {
  const first = weights.find(({ equal }) => !equal);
  return first ? `, first at ${first.moment}` : "";
}

function short(hash: string | null): string {
  return hash === null ? "–" : `${hash.slice(0, SHOWN)}…`;
}
