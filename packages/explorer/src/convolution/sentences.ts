import { outputSize } from "./arithmetic.ts";
import type { Net } from "./net.ts";
import type { Spot } from "./spot.ts";
import type { Story, Term } from "./terms.ts";

/** `"∂E/∂w[0, 0, 1, 2]"` */
export function nameOf({ of, index }: Spot): string {
  return `${of === "y" ? "" : "∂E/∂"}${of}[${index.join(", ")}]`;
}

/** What a story says, in a sentence: for the live text. */
export function said(net: Net, { spot, terms }: Story): string {
  const padding = terms.filter((term) => term.padding).length;
  const among = padding > 0 ? `, ${padding} of them with padding` : "";
  if (spot.of === "y") return `A bias and ${count(terms.length, "product")}${among}.`;
  if (spot.of === "b") return `The sum of δ over ${count(terms.length, "output")}.`;
  if (terms.length > 0) {
    const sum = `The sum of ${count(terms.length, "product")} δ·${spot.of === "w" ? "x" : "w"}${among}.`;
    return spot.of === "w" ? sum : `${sum} ${regionOf(terms)}`;
  }
  return whyNone(net, spot);
}

/** The corners of region Q. */
function regionOf(terms: readonly Term[]): string {
  const corner = (pick: (...of: number[]) => number) =>
    `[${[1, 2].map((axis) => pick(...terms.map(({ output }) => output[axis]!))).join(", ")}]`;
  const filters = new Set(terms.map(({ output }) => output[0])).size;
  const each = filters > 1 ? ` of each of ${filters} filters` : "";
  return `Region Q: the outputs from ${corner(Math.min)} to ${corner(Math.max)}${each} (the dashed box).`;
}

/** Why a pixel is in no window. */
function whyNone(net: Net, { index }: Spot): string {
  const left = [outputSize(net, 0).left, outputSize(net, 1).left];
  const rest = left.some((n) => n > 0)
    ? "the windows do not come out even, and what is left at the end is never read"
    : "the windows step over it, or the kernel's holes lie on it";
  return `No window covers x[${index.join(", ")}], so no output depends on it and its gradient is 0 (${rest}).`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
