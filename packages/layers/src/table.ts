import { formatShape, type Shape } from "@convgrad/core";

/** What is printed of an explanation. */
interface Sum {
  readonly shape: Shape;
  readonly index: readonly number[];
  readonly gradient: number;
  readonly sum: number;
  readonly terms: readonly {
    readonly operation: string;
    readonly output: readonly number[];
    readonly delta: number;
    readonly factor: number;
    readonly source: readonly number[] | null;
    readonly kind: string;
    readonly value: number;
  }[];
}

const [HEAD, TAIL, DIGITS] = [12, 4, 6];
const HEADER = ["operation", "output", "δ", "factor", "which is", "δ·factor"];

const number = (value: number) => String(Number(value.toPrecision(DIGITS)));

/** The terms one below the other, numbers aligned at the right; long sums without their middle. */
export function formatTable({ shape, index, gradient, sum, terms }: Sum): string {
  const isLong = terms.length > HEAD + TAIL + 1;
  const shown = isLong ? [...terms.slice(0, HEAD), ...terms.slice(-TAIL)] : terms;
  const rows = shown.map((term) => [
    term.operation,
    formatShape(term.output),
    number(term.delta),
    number(term.factor),
    `${term.kind}${term.source ? ` ${formatShape(term.source)}` : ""}`,
    number(term.value),
  ]);
  const total = ["sum", `${terms.length} terms`, "", "", "", number(sum)];
  const widths = HEADER.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column]!), total[column]!].map((s) => s.length)),
  );
  const isNumber = (column: number) => column === 2 || column === 3 || column === 5;
  const print = (row: readonly string[]) =>
    row
      .map((cell, i) => (isNumber(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("──");
  const lines = rows.map(print);
  if (isLong) lines.splice(HEAD, 0, `… ${terms.length - HEAD - TAIL} more`);
  return [
    `∂L/∂x${formatShape(index)} = ${number(gradient)}, x ${formatShape(shape)}`,
    print(HEADER),
    rule,
    ...lines,
    rule,
    print(total),
  ].join("\n");
}
