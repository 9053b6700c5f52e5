import { symbol } from "../equation/Equation.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import type { Net } from "./net.ts";
import type { Spot } from "./spot.ts";
import type { Story } from "./terms.ts";

/** A letter of the equations and its meaning. */
export interface Letter {
  readonly name: string;
  readonly tex: string;
  readonly is: string;
}

const [u, v, o, c, i, j] = ["u", "v", "o", "c", "i", "j"].map((name) => symbol(name)) as [
  string, string, string, string, string, string,
]; // biome-ignore format: a list
const [h, l] = [symbol("h"), symbol("l", "\\ell")];
const [s, p, d] = [symbol("s"), symbol("p"), symbol("d")];
const delta = symbol("delta", "\\delta");
const [x, w, b, y] = [symbol("x"), symbol("w"), symbol("b"), symbol("y")];
const cell = `${x}_{${c},\\; ${u}${s} + ${i}${d} - ${p},\\; ${v}${s} + ${j}${d} - ${p}}`;

const GENERAL: Readonly<Record<Spot["of"], string>> = {
  y: `${y}_{${o},${u},${v}} = ${b}_{${o}} + \\sum_{${c},${i},${j}} ${w}_{${o},${c},${i},${j}} \\cdot ${cell}`,
  w: `\\frac{\\partial E}{\\partial ${w}_{${o},${c},${i},${j}}} = \\sum_{${u},${v}} ${delta}_{${o},${u},${v}} \\cdot ${cell}`,
  b: `\\frac{\\partial E}{\\partial ${b}_{${o}}} = \\sum_{${u},${v}} ${delta}_{${o},${u},${v}}`,
  x:
    `\\frac{\\partial E}{\\partial ${x}_{${c},${h},${l}}} = \\sum_{${o},${i},${j}} ` +
    `${delta}_{${o},\\; (${h} + ${p} - ${i}${d})/${s},\\; (${l} + ${p} - ${j}${d})/${s}} \\cdot ${w}_{${o},${c},${i},${j}}`,
};

/** The equation of an element, for any layer. */
export function generalEquation({ of }: Spot): string {
  return GENERAL[of];
}

/** The indices of x in this layer, as `2u + i − 1`. */
export function ownIndices(net: Net): string {
  const { stride, dilation, padding, kernel } = net.shapes.geometry;
  const rows = [
    [u, i, 0],
    [v, j, 1],
  ] as const;
  return rows
    .map(([out, tap, axis]) => {
      const turned = net.state.flip && kernel[axis] > 1;
      const inner = turned ? `(${kernel[axis] - 1} - ${tap})` : tap;
      const first = padding[axis][0];
      const times = (n: number, letter: string) => (n === 1 ? "" : symbol(letter, `${n}`));
      const less = first === 0 ? "" : ` - ${symbol("p", `${first}`)}`;
      return `${times(stride[axis], "s")}${out} + ${times(dilation[axis], "d")}${inner}${less}`;
    })
    .join(",\\; ");
}

/** A number in KaTeX, to four digits. */
export function numberTex(n: number): string {
  if (Number.isNaN(n)) return "\\mathrm{NaN}";
  if (!Number.isFinite(n)) return n > 0 ? "\\infty" : "-\\infty";
  const [mantissa, exponent] = formatNumber(n).replaceAll("−", "-").split("e");
  return exponent === undefined ? mantissa! : `${mantissa}\\cdot 10^{${exponent}}`;
}

const MOST_TERMS = 9;

/** The equation with the numbers of a story: at most nine products, then dots. */
export function filledEquation({ spot, terms, bias, value }: Story): string {
  const factor = (n: number) => (n < 0 || Object.is(n, -0) ? `(${numberTex(n)})` : numberTex(n));
  const shown = terms.slice(0, MOST_TERMS);
  const products = shown.map(({ a, b, tap }) =>
    tap ? `${factor(a)} \\cdot ${factor(b)}` : factor(a),
  );
  const more = terms.length - shown.length;
  const parts = [
    ...(bias === null ? [] : [numberTex(bias)]),
    ...products,
    ...(more > 0 ? [`\\cdots\\ (${more}\\text{ more})`] : []),
  ];
  const index = spot.index.join(",");
  const name = spot.of === "y" ? `y_{${index}}` : `\\partial E/\\partial ${spot.of}_{${index}}`;
  return `${name} = ${parts.length > 0 ? `${parts.join(" + ")} = ` : ""}${numberTex(value)}`;
}

const LETTERS: Readonly<Record<string, readonly [tex: string, is: string]>> = {
  y: ["y", "output"],
  delta: ["\\delta", "∂E/∂y"],
  w: ["w", "weight"],
  x: ["x", "input"],
  b: ["b", "bias"],
  o: ["o", "filter"],
  c: ["c", "channel"],
  u: ["u", "row of y"],
  v: ["v", "column of y"],
  i: ["i", "row of w"],
  j: ["j", "column of w"],
  h: ["h", "row of x"],
  l: ["\\ell", "column of x"],
  s: ["s", "stride"],
  p: ["p", "padding"],
  d: ["d", "dilation"],
};

const USED: Readonly<Record<Spot["of"], readonly string[]>> = {
  y: ["y", "w", "x", "b", "o", "u", "v", "c", "i", "j", "s", "p", "d"],
  w: ["w", "delta", "x", "o", "c", "i", "j", "u", "v", "s", "p", "d"],
  b: ["b", "delta", "o", "u", "v"],
  x: ["x", "delta", "w", "c", "h", "l", "o", "i", "j", "s", "p", "d"],
};

/** The letters of the equation of an element. */
export function lettersOf({ of }: Spot): Letter[] {
  return USED[of].map((name) => ({ name, tex: LETTERS[name]![0], is: LETTERS[name]![1] }));
}
