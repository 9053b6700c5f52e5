import {
  arange,
  type Node,
  type Note,
  type Shape,
  sizeOf,
  type Tensor,
  unravelIndex,
} from "@convgrad/core";
import { type Conv2DOptions, convSentence } from "./conv2d.ts";
import { denseSentence } from "./dense.ts";

/** One product of a contraction that an element takes part in, by the places of result and other operand. */
export interface Product {
  readonly output: number;
  /** −1 in the padding. */
  readonly source: number;
  /** What the other operand holds there. */
  readonly factor: number;
}

interface Sentence {
  readonly spec: string;
  readonly a: Tensor;
  readonly b: Tensor;
}

/** The operations that are contractions, said over places instead of values: the same sentence, so the same places. */
const SENTENCES: Readonly<Record<string, (x: Tensor, w: Tensor, options: unknown) => Sentence>> = {
  conv2d: (x, w, options) => convSentence(x, w, options as Conv2DOptions, -1),
  dense: denseSentence,
};

/** Whether an operation is a contraction that is known. */
export function isContraction({ operation }: Note): boolean {
  return Object.hasOwn(SENTENCES, operation);
}

/**
 * The products that an element of operand 0 (x) or 1 (w) takes part in; `null` where the operation is no contraction
 * that is known.
 *
 * @param inside the nodes between the operation's result and the element's tensor
 * @param place of the element in its operand, in row-major order
 */
export function productsOf(
  note: Note,
  inside: ReadonlySet<Node>,
  role: number,
  place: number,
): Product[] | null {
  const [x, w] = note.inputs;
  if (!isContraction(note) || !x || !w || role > 1) return null;
  const { spec, a, b } = SENTENCES[note.operation]!(
    placesOf(x.shape),
    placesOf(w.shape),
    note.options,
  );
  const [forA, forB, out] = spec.match(/\w+/g) as [string, string, string];
  const sizes = sizesOf(forA, a.shape, sizesOf(forB, b.shape));
  const products: Product[] = [];
  const add = (at: ReadonlyMap<string, number>, source: number, factor: number) => {
    const output = [...out].reduce((flat, name) => flat * sizes.get(name)! + at.get(name)!, 0);
    products.push({ output, source, factor });
  };
  const [own, other] = role === 0 ? [a, b] : [b, a];
  const values = keptOperand(inside, role);
  const [ownLetters, otherLetters] = role === 0 ? [forA, forB] : [forB, forA];
  // Only this sample's windows can show the element; those of a batch would be many.
  const row = role === 0 ? Math.floor(place / (sizeOf(x.shape) / a.shape[0]!)) : 0;
  const searched = role === 0 ? own.slice([row], [row + 1]) : own;
  searched.toTypedArray().forEach((shown, i) => {
    if (shown !== place) return;
    const at = lettersAt(ownLetters, unravelIndex(i, searched.shape));
    if (role === 0) at.set(ownLetters[0]!, row);
    const start = Array.from(otherLetters, (name) => at.get(name) ?? 0);
    const stop = Array.from(otherLetters, (name) => (at.has(name) ? at.get(name)! + 1 : null));
    const partners = other.slice(start, stop);
    const factors = values.slice(start, stop).toTypedArray();
    partners.toTypedArray().forEach((source, j) => {
      const index = unravelIndex(j, partners.shape).map((k, axis) => k + start[axis]!);
      add(new Map([...at, ...lettersAt(otherLetters, index)]), source, factors[j]!);
    });
  });
  return products.sort((p, q) => p.output - q.output);
}

/** The other operand of the contraction: its rule keeps the second for the first, then the first for the second. */
function keptOperand(inside: ReadonlySet<Node>, role: number): Tensor {
  const { saved } = [...inside].find(({ name }) => name === "contract")!;
  return saved.at(role === 0 ? 0 : -1)!;
}

function placesOf(shape: Shape): Tensor {
  return arange(0, sizeOf(shape), 1, { dtype: "int32" }).reshape(shape);
}

function lettersAt(letters: string, index: readonly number[]): Map<string, number> {
  return new Map(index.map((i, axis) => [letters[axis]!, i]));
}

function sizesOf(letters: string, shape: Shape, known = new Map<string, number>()) {
  return new Map([...known, ...lettersAt(letters, shape)]);
}
