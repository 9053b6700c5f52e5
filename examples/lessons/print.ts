import type { Tensor } from "convgrad";

/** A number in a few characters: `-3`, `0.25`, `8.96`, `4e+49`. */
export function short(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e5) return String(value);
  const isPlain = Math.abs(value) >= 0.01 && Math.abs(value) < 1e5;
  return isPlain ? value.toFixed(2) : value.toExponential(0);
}

/** A matrix [H, W] as aligned lines; `mark` may change the text of a cell. */
export function matrix(x: Tensor, mark = (text: string, _cell: number) => text): string[] {
  const width = x.shape[1]!;
  const cells = Array.from(x.toTypedArray(), (value, cell) => mark(short(value), cell));
  const longest = Math.max(...cells.map(({ length }) => length));
  return Array.from({ length: x.shape[0]! }, (_, row) => {
    const line = cells.slice(row * width, (row + 1) * width);
    return `[ ${line.map((text) => text.padStart(longest)).join(" ")} ]`;
  });
}

/** Matrices and signs beside each other, centred: `[ 1 2 ] ⊗ [ 3 ] = [ 3 6 ]`. */
export function beside(...parts: (Tensor | readonly string[] | string)[]): string {
  const blocks = parts.map((part) => {
    if (typeof part === "string") return [part];
    return "shape" in part ? matrix(part) : part;
  });
  const height = Math.max(...blocks.map(({ length }) => length));
  const centred = blocks.map((block) => {
    const above = Math.floor((height - block.length) / 2);
    const blank = " ".repeat(block[0]!.length);
    return Array.from({ length: height }, (_, line) => block[line - above] ?? blank);
  });
  const line = (_: unknown, at: number) => `  ${centred.map((block) => block[at]).join(" ")}`;
  return Array.from({ length: height }, line)
    .map((text) => text.trimEnd())
    .join("\n");
}

/** Rows of text in aligned columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) => `  ${row.map((text, column) => text.padStart(widths[column]!)).join("   ")}`)
    .join("\n");
}
