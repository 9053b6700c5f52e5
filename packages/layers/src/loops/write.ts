/** An index and how far it counts. One that could only be 0 is written 0 and needs no loop. */
export interface Axis {
  readonly letter: string;
  readonly size: number;
}

export const axis = (letter: string, size: number): Axis => ({ letter, size });

/** The index as it stands in code and equations. */
export const at = ({ letter, size }: Axis): string => (size === 1 ? "0" : letter);

/** The indices that count, as under a Σ: `c, i, j`. */
export const counting = (...axes: readonly Axis[]): string =>
  axes
    .filter(({ size }) => size !== 1)
    .map(({ letter }) => letter)
    .join(", ");

/** A line of code, or several, or none. */
export type Line = string | false | null;

/** Lines of code; what is empty or does not apply is left out. */
export const lines = (...code: readonly Line[]): string => code.filter(Boolean).join("\n");

/** `head { … }` with the body indented. */
export const block = (head: string, ...body: readonly Line[]): string =>
  `${head} {\n${lines(...body).replaceAll(/^(?=.)/gm, "  ")}\n}`;

/** One loop, whether it counts or not. */
export const loop = ({ letter, size }: Axis, ...body: readonly Line[]): string =>
  block(`for (let ${letter} = 0; ${letter} < ${size}; ${letter}++)`, ...body);

/** Loops in loops, of those axes that count. */
export const loops = (axes: readonly Axis[], ...body: readonly Line[]): string =>
  axes.reduceRight((inner, a) => (a.size === 1 ? inner : loop(a, inner)), lines(...body));

/** `2 * u + i - 1` from [[2, "u"], [1, "i"]] and −1; an index that is 0 adds nothing. */
export function linear(terms: readonly (readonly [number, string])[], constant = 0): string {
  const sum = terms
    .filter(([, letter]) => letter !== "0")
    .map(([factor, letter]) => (factor === 1 ? letter : `${factor} * ${letter}`))
    .join(" + ");
  if (sum === "") return String(constant);
  return constant === 0 ? sum : `${sum} ${constant < 0 ? "-" : "+"} ${Math.abs(constant)}`;
}

/** The place in a flat, row-major array: `(c * 28 + u + i) * 28 + v + j`. */
export function index(...places: readonly (readonly [place: string, size: number])[]): string {
  return places.reduce((sum, [place, size]) => {
    const above = sum === "0" ? "0" : `${/ [+-] /.test(sum) ? `(${sum})` : sum} * ${size}`;
    return linear([
      [1, size === 1 ? sum : above],
      [1, place],
    ]);
  }, "0");
}

/** The place of indices in their array. */
export const indexOf = (...axes: readonly Axis[]): string =>
  index(...axes.map((a) => [at(a), a.size] as const));

/** Code as an equation: `2u + i − 1`. */
export const math = (code: string): string =>
  code
    .replaceAll(/(\d) \* (?=[a-z])/g, "$1")
    .replaceAll(" * ", "·")
    .replaceAll("-", "−");

/** A documentation comment of one line or several. */
export const comment = (...text: readonly string[]): string =>
  text.length === 1
    ? `/** ${text[0]} */`
    : lines("/**", ...text.map((line) => ` * ${line}`), " */");

/** `const gx = new Float64Array(75);` */
export const zeros = (name: string, size: number): string =>
  `const ${name} = new Float64Array(${size});`;
