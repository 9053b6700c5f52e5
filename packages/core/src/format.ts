import { kernelsFor } from "./backend.ts";
import type { TypedArray } from "./dtype.ts";
import { viewOn } from "./primitive.ts";
import { formatShape, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** From so many elements on, long axes are shortened: so many entries stay at either end. */
const MANY = 1000;
const EDGE = 3;
/** Characters in a line. */
const WIDTH = 80;
/** Significant digits of the largest number. */
const DIGITS = 5;

/**
 * The tensor as text, in the manner of NumPy: numbers in columns, with 5 digits of the largest, either all with exponents
 * or none; of 1000 elements and more the ends of long axes; and what is not the default.
 */
export function formatTensor(x: Tensor): string {
  const { shape, dtype } = x;
  if (x.storage.released) return `tensor(released, shape ${formatShape(shape)})`;
  const isShort = sizeOf(shape) >= MANY;
  const notes = [
    dtype === "float32" ? "" : `, ${dtype}`,
    isShort || shape.length > 2 || shape.includes(0) ? `, shape ${formatShape(shape)}` : "",
    x.requiresGrad ? ", requiresGrad" : "",
  ];
  const isCut = shape.map((n) => isShort && n > 2 * EDGE);
  const body = shape.includes(0) ? "[]" : layOut(formatNumbers(shown(x, isCut)), shape, isCut);
  return `tensor(${body}${notes.join("")})`;
}

/** What Node's `util.inspect` hands over: how to colour a text of that kind. */
export interface Style {
  readonly stylize: (text: string, kind: string) => string;
}

/** For `util.inspect`: type and shape alone below the depth that is asked for, and numbers in its colours. */
export function inspectTensor(x: Tensor, depth?: number | null, style?: Style): string {
  const paint = style?.stylize ?? ((text) => text);
  if ((depth ?? 0) < 0) return paint(`[Tensor ${x.dtype} ${formatShape(x.shape)}]`, "special");
  return formatTensor(x).replace(/-?\b\d[\d.]*(e[+-]\d+)?/g, (number) => paint(number, "number"));
}

/** The elements, of the axes that are cut those at the ends: of each, both ends are one strided view. */
function shown(x: Tensor, isCut: readonly boolean[]): TypedArray {
  const kernels = kernelsFor(x.dtype, []);
  const view = viewOn("read", kernels, x);
  return kernels.read({
    ...view,
    shape: view.shape.flatMap((n, axis) => (isCut[axis] ? [2, EDGE] : [n])),
    strides: view.strides.flatMap((s, axis) =>
      isCut[axis] ? [(view.shape[axis]! - EDGE) * s, s] : [s],
    ),
  });
}

/** The numbers as text of one width, all with as many digits after the point, and all with exponents or none. */
export function formatNumbers(values: TypedArray): string[] {
  const list = Array.from(values);
  const finite = list.filter(Number.isFinite);
  const sizes = finite.filter((value) => value !== 0).map(Math.abs);
  const [most, least] = [Math.max(...sizes), Math.min(...sizes)];
  const decimals = Math.max(DIGITS - 1 - Math.floor(Math.log10(most)), 0);
  // Exponents where a number would read as 0, or would be long.
  const isFixed = most < 1e5 && decimals < 8 && least >= 0.5 * 10 ** -decimals;
  const isWhole = finite.every(Number.isInteger) && (sizes.length === 0 || most < 1e10);
  const write = (value: number, digits: number) =>
    (Object.is(value, -0) ? "-" : "") + // −0, which JavaScript's own methods write as 0
    (isFixed || isWhole ? value.toFixed(digits) : value.toExponential(digits));
  const rounded = finite.map((value) => write(value, isFixed ? decimals : DIGITS - 1));
  const needed = rounded.map(
    (text) =>
      text
        .replace(/e.*/, "")
        .replace(/\.?0*$/, "")
        .split(".")[1],
  );
  const digits = isWhole ? 0 : Math.max(0, ...needed.map((fraction) => fraction?.length ?? 0));
  const texts = list.map((value) =>
    Number.isFinite(value) ? write(value, digits) : String(value).replace("Infinity", "inf"),
  );
  const width = Math.max(...texts.map((text) => text.length));
  return texts.map((text) => text.padStart(width));
}

/** Entries in nested brackets; rows stand below each other, behind "tensor(" and the brackets so far. */
function layOut(entries: readonly string[], shape: readonly number[], isCut: readonly boolean[]) {
  const sizes = shape.map((n, axis) => (isCut[axis] ? 2 * EDGE : n));
  const print = (axis: number, from: number): string => {
    if (axis === sizes.length) return entries[from]!;
    const step = sizeOf(sizes.slice(axis + 1));
    const cells = Array.from({ length: sizes[axis]! }, (_, i) => print(axis + 1, from + step * i));
    if (isCut[axis]) cells.splice(EDGE, 0, "…");
    const indent = " ".repeat(8 + axis);
    const depth = sizes.length - 1 - axis;
    if (depth > 0) return `[${cells.join(`,${"\n".repeat(depth)}${indent}`)}]`;
    const perLine = Math.max(Math.floor((WIDTH - indent.length) / (entries[0]!.length + 2)), 1);
    const lines = Array.from({ length: Math.ceil(cells.length / perLine) }, (_, i) =>
      cells.slice(i * perLine, (i + 1) * perLine).join(", "),
    );
    return `[${lines.join(`,\n${indent}`)}]`;
  };
  return print(0, 0);
}
