import { requireTensor } from "../construct.ts";
import { ShapeError } from "../errors.ts";
import type { Letters } from "../kernels.ts";
import { sum } from "../primitives/broadcast.ts";
import { contraction } from "../primitives/contract.ts";
import type { Refusing, Result } from "../shape.rule.ts";
import type { Shape } from "../shape.ts";
import { broadcastShapes, formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { MatMul } from "./contract.rule.ts";
import { squeeze } from "./shape.ts";

/** Names for the batch axes of `matmul`; x, y and z are its own. */
const BATCH_LETTERS = "abcdefghijklmnopqrstuvwABCDEFGHIJKLMNOPQRSTUVWXYZ";

const SPEC = /^\s*([a-zA-Z]*)\s*,\s*([a-zA-Z]*)\s*->\s*([a-zA-Z]*)\s*$/;

/** @throws {@link ShapeError} unless `spec` reads `"ab, bc -> ac"` with distinct letters in each part. */
function parseSpec(spec: string): Letters {
  const [, a, b, out] = SPEC.exec(spec) ?? [];
  if (a === undefined || b === undefined || out === undefined) {
    throw new ShapeError("contract", `"${spec}" is no contraction; write it like "mk, kn -> mn"`, {
      spec,
    });
  }
  for (const part of [a, b, out]) {
    if (new Set(part).size !== part.length) {
      throw new ShapeError(
        "contract",
        `"${part}" in "${spec}" repeats a letter; name each axis once`,
        { spec },
      );
    }
  }
  const orphan = [...out].find((letter) => !a.includes(letter) && !b.includes(letter));
  if (orphan)
    throw new ShapeError("contract", `"${orphan}" in "${spec}" belongs to no operand`, { spec });
  return { a, b, out };
}

/**
 * A sum of products over named axes, the one sentence behind matmul, dense layers and convolutions:
 * letters missing from the result are summed.  `"mk, kn -> mn"`: `[m, k], [k, n] → [m, n]`
 *
 *     y[out] = Σ a[…]·b[…] over the letters missing from out,   ∂a = contract(g, b), ∂b = contract(g, a)
 *
 * @example
 * contract("mk, kn -> mn", a, b);                              // matrix product
 * contract("ncijhw, ocij -> nohw", x.windows([3, 3]), w);      // convolution
 * @throws {@link ShapeError} for a malformed spec, or when ranks or the sizes behind a letter differ.
 */
export function contract(spec: string, a: Tensor, b: Tensor): Tensor {
  requireTensor("contract", "operand a", a);
  requireTensor("contract", "operand b", b);
  const { letters, lonely } = parsed(spec);
  const [p, pLetters] = sumLonely(a, letters.a, lonely.a);
  const [q, qLetters] = sumLonely(b, letters.b, lonely.b);
  return contraction(p, q, { a: pLetters, b: qLetters, out: letters.out });
}

interface Parsed {
  readonly letters: Letters;
  /** The axes of each operand whose letters stand nowhere else. */
  readonly lonely: { readonly a: readonly number[]; readonly b: readonly number[] };
}

/** A program writes few specs and runs them often. */
const known = new Map<string, Parsed>();
const MOST_KNOWN = 100;

function parsed(spec: string): Parsed {
  const found = known.get(spec);
  if (found) return found;
  const letters = parseSpec(spec);
  const { a, b, out } = letters;
  const lonely = (own: string, elsewhere: string) =>
    [...own].flatMap((letter, axis) => (elsewhere.includes(letter) ? [] : [axis]));
  const made = { letters, lonely: { a: lonely(a, b + out), b: lonely(b, a + out) } };
  if (known.size === MOST_KNOWN) known.clear();
  known.set(spec, made);
  return made;
}

/** Sums the lonely axes. */
function sumLonely(x: Tensor, letters: string, lonely: readonly number[]): [Tensor, string] {
  if (lonely.length === 0 || letters.length !== x.rank) return [x, letters];
  return [
    squeeze(sum(x, { axes: lonely }), lonely),
    [...letters].filter((_, axis) => !lonely.includes(axis)).join(""),
  ];
}

/**
 * Matrix product over the last two axes; the axes before broadcast. A vector operand counts as a row or column and
 * its axis is dropped from the result, as in PyTorch.  `[…, m, k] × […, k, n] → […, m, n]`
 *
 * @throws {@link ShapeError} when the inner sizes differ or the batch axes do not broadcast.
 */
export function matmul<A extends Shape, B extends Shape>(
  a: Tensor<A>,
  b: Refusing<MatMul<A, B>, Tensor<B>>,
): Tensor<Result<MatMul<A, B>>>;
export function matmul(a: Tensor, b: Tensor): Tensor {
  requireTensor("matmul", "operand", a);
  requireTensor("matmul", "other operand", b);
  const aInner = a.shape.at(-1);
  const bInner = b.shape.at(b.rank > 1 ? -2 : -1);
  if (aInner === undefined || bInner === undefined || aInner !== bInner) {
    throw new ShapeError(
      "matmul",
      `inner sizes differ: ${formatShape(a.shape)} × ${formatShape(b.shape)} (${aInner ?? "scalar"} ≠ ${bInner ?? "scalar"}); ` +
        "transpose one operand?",
      { a: a.shape, b: b.shape },
    );
  }
  const batchShape = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const batch = batchShape.length;
  const names = BATCH_LETTERS.slice(0, batch);
  // A batch axis of size 1 is left out of its operand: the contraction then repeats it.
  const side = (x: Tensor, own: string): [Tensor, string] => {
    const lead = Math.max(x.rank - 2, 0);
    const single = x.shape.slice(0, lead).flatMap((n, axis) => (n === 1 ? [axis] : []));
    const letters = [...names.slice(batch - lead)]
      .filter((_, axis) => !single.includes(axis))
      .join("");
    return [single.length > 0 ? squeeze(x, single) : x, letters + own];
  };
  const [p, pLetters] = side(a, a.rank > 1 ? "xy" : "y");
  const [q, qLetters] = side(b, b.rank > 1 ? "yz" : "y");
  const out = [...names].filter((letter) => (pLetters + qLetters).includes(letter)).join("");
  const y = contraction(p, q, {
    a: pLetters,
    b: qLetters,
    out: out + (a.rank > 1 ? "x" : "") + (b.rank > 1 ? "z" : ""),
  });
  return y.reshape([...batchShape, ...y.shape.slice(out.length)]);
}
