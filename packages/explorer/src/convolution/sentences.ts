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
    const product = `δ·${spot.of === "w" ? "x" : "w"}`;
    const sum =
      terms.length === 1
        ? `One product ${product}${padding > 0 ? ", with padding" : ""}.`
        : `The sum of ${terms.length} products ${product}${among}.`;
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
  const [first, last] = [corner(Math.min), corner(Math.max)];
  const outputs = first === last ? `the output ${first}` : `the outputs from ${first} to ${last}`;
  return `Region Q: ${outputs}${each} (the dashed box).`;
}

/** Why a pixel is in no window. */
function whyNone(net: Net, { index }: Spot): string {
  const { padding } = net.shapes.geometry;
  const late = ([0, 1] as const).some(
    (axis) =>
      index[axis + 1]! >= net.state.size[axis] + padding[axis][1] - outputSize(net, axis).left,
  );
  const rest = late
    ? "the windows do not come out even, and what is left at the end is never read"
    : "the windows step over it, or the kernel's holes lie on it";
  return `No window covers x[${index.join(", ")}], so no output depends on it and its gradient is 0 (${rest}).`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
