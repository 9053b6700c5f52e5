import type { Letters, View, Window } from "@convgrad/core";
import type { Engine } from "./engine.ts";

/** Where a tensor lies: the byte address of its first element, and strides in elements by axis. */
interface Placed<Axis extends string> {
  readonly address: number;
  readonly strides: Readonly<Record<Axis, number>>;
}

/**
 * A 2-D convolution as a contraction shows it, y[n, o, h, w] = Σ x[n, c, h·… + i·…, w·… + j·…]·w[o, c, i, j]:
 * the sizes of its axes and the places of its three tensors, whichever of them is the unknown.
 * `x` is the window view: `h` and `w` step from window to window, `i` and `j` from tap to tap.
 */
export interface Convolution {
  readonly sizes: Readonly<Record<"n" | "c" | "o" | "h" | "w" | "i" | "j", number>>;
  readonly x: Placed<"n" | "c" | "h" | "w" | "i" | "j">;
  readonly filters: Placed<"o" | "c" | "i" | "j">;
  readonly y: Placed<"n" | "o" | "h" | "w">;
}

type Sizes = Convolution["sizes"];
const X = ["n", "c", "h", "w", "i", "j"] as const;
const FILTERS = ["o", "c", "i", "j"] as const;
const Y = ["n", "o", "h", "w"] as const;
type Names = Readonly<Record<keyof Sizes, string>>;

const only = (letters: string, ...others: readonly string[]) =>
  Array.from(letters).filter((letter) => others.every((other) => !other.includes(letter)));
const shared = (letters: string, other: string) =>
  Array.from(letters).filter((letter) => other.includes(letter));

/** The places of a view's axes, given the letter that each axis of a convolution has here. */
function place<Axis extends keyof Sizes>(
  engine: Engine,
  view: View,
  letters: string,
  names: Names,
  axes: readonly Axis[],
): Placed<Axis> {
  const strides = axes.map((axis) => [axis, view.strides[letters.indexOf(names[axis])]!] as const);
  return {
    address: engine.address(view),
    strides: Object.fromEntries(strides) as Record<Axis, number>,
  };
}

function sizesOf(x: View, xLetters: string, y: View, yLetters: string, names: Names): Sizes {
  const size = (axis: keyof Sizes) =>
    axis === "o" ? y.shape[yLetters.indexOf(names.o)]! : x.shape[xLetters.indexOf(names[axis])]!;
  return {
    n: size("n"),
    c: size("c"),
    o: size("o"),
    h: size("h"),
    w: size("w"),
    i: size("i"),
    j: size("j"),
  };
}

/** Names three and three and one letter, or says that there are more or fewer. */
function named(nhw: readonly string[], cij: readonly string[], o: readonly string[]): Names | null {
  if (nhw.length !== 3 || cij.length !== 3 || o.length !== 1) return null;
  return { n: nhw[0]!, h: nhw[1]!, w: nhw[2]!, c: cij[0]!, i: cij[1]!, j: cij[2]!, o: o[0]! };
}

function assembled(
  engine: Engine,
  names: Names,
  [x, xLetters]: [View, string],
  [filters, filterLetters]: [View, string],
  [y, yLetters]: [View, string],
): Convolution {
  return {
    sizes: sizesOf(x, xLetters, y, yLetters, names),
    x: place(engine, x, xLetters, names, X),
    filters: place(engine, filters, filterLetters, names, FILTERS),
    y: place(engine, y, yLetters, names, Y),
  };
}

/**
 * The forward pass "ncijhw, ocij -> nohw" in any letters and with either operand first, or `null` for a contraction
 * that looks different.
 */
export function forwardConvolution(
  engine: Engine,
  a: View,
  b: View,
  letters: Letters,
  out: View,
): Convolution | null {
  if (letters.a.length === 4 && letters.b.length === 6) {
    return forwardConvolution(engine, b, a, { ...letters, a: letters.b, b: letters.a }, out);
  }
  if (letters.a.length !== 6 || letters.b.length !== 4 || letters.out.length !== 4) return null;
  const names = named(
    only(letters.out, letters.b),
    only(letters.a, letters.out),
    only(letters.b, letters.a),
  );
  return names && assembled(engine, names, [a, letters.a], [b, letters.b], [out, letters.out]);
}

/** The gradient of the filters, "nohw, ncijhw -> ocij": the unknown is `filters`. */
export function filterConvolution(
  engine: Engine,
  a: View,
  b: View,
  letters: Letters,
  out: View,
): Convolution | null {
  if (letters.a.length === 6 && letters.b.length === 4) {
    return filterConvolution(engine, b, a, { ...letters, a: letters.b, b: letters.a }, out);
  }
  if (letters.a.length !== 4 || letters.b.length !== 6 || letters.out.length !== 4) return null;
  const names = named(
    shared(letters.a, letters.b),
    only(letters.b, letters.a),
    only(letters.a, letters.b),
  );
  return names && assembled(engine, names, [b, letters.b], [out, letters.out], [a, letters.a]);
}

/**
 * The gradient of the image, fold of "nohw, ocij -> ncijhw": the unknown is `x`, placed as the window view of the image
 * `out` `[N, C, H, W]`. The last four letters of the columns are kernel and output axes.
 */
export function imageConvolution(
  engine: Engine,
  a: View,
  b: View,
  letters: Letters,
  window: Window,
  out: View,
): Convolution | null {
  const columns = Array.from(letters.out);
  if (columns.length !== 6 || letters.a.length !== 4 || letters.b.length !== 4) return null;
  const [n, c, i, j, h, w] = columns as [string, string, string, string, string, string];
  if (letters.b.includes(n) && letters.a.includes(c)) {
    return imageConvolution(engine, b, a, { ...letters, a: letters.b, b: letters.a }, window, out);
  }
  const summed = only(letters.a, letters.out);
  const fits = [n, h, w].every(
    (letter) => letters.a.includes(letter) && !letters.b.includes(letter),
  );
  const fitsToo = [c, i, j].every((letter) => letters.b.includes(letter));
  if (summed.length !== 1 || !fits || !fitsToo) return null;
  const names: Names = { n, c, i, j, h, w, o: summed[0]! };
  const y = place(engine, a, letters.a, names, Y);
  const filters = place(engine, b, letters.b, names, FILTERS);
  const [sn, sc, sh, sw] = out.strides as [number, number, number, number];
  const size = (letter: string) =>
    letters.a.includes(letter)
      ? a.shape[letters.a.indexOf(letter)]!
      : b.shape[letters.b.indexOf(letter)]!;
  return {
    sizes: {
      n: size(n),
      c: size(c),
      o: size(names.o),
      h: size(h),
      w: size(w),
      i: size(i),
      j: size(j),
    },
    x: {
      address: engine.address(out),
      strides: {
        n: sn,
        c: sc,
        h: sh * window.stride[0]!,
        w: sw * window.stride[1]!,
        i: sh * window.dilation[0]!,
        j: sw * window.dilation[1]!,
      },
    },
    filters,
    y,
  };
}
