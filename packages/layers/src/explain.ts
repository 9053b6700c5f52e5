import {
  checkOptions,
  formatShape,
  formatValue,
  GraphError,
  history,
  type Node,
  ones,
  propagate,
  requireTensor,
  type Shape,
  ShapeError,
  sameShape,
  scope,
  sizeOf,
  type Tensor,
  unravelIndex,
} from "@convgrad/core";
import { isContraction, type Product, productsOf } from "./sources.ts";
import { formatTable } from "./table.ts";
import { factorsOf, type Use, usesOf } from "./uses.ts";

/** One summand δ·factor of a gradient's element. */
export interface GradientTerm {
  /** What uses the tensor: `"conv2d"`, `"dense"`, `"mul"`. */
  readonly operation: string;
  /** The first entry of `output`, in a batch the sample; `null` where the output is a scalar. */
  readonly sample: number | null;
  /** The position in the operation's output, for a convolution [n, o, u, v]. */
  readonly output: readonly number[];
  /** δ: ∂L/∂output there. */
  readonly delta: number;
  /** ∂output/∂element. */
  readonly factor: number;
  /**
   * Where the factor stands in the other operand, for the input of a convolution the tap [o, c, i, j] of its weight;
   * `null` for a padding cell and where the factor is no element of another operand.
   */
  readonly source: readonly number[] | null;
  /**
   * What the factor is: an element of the operation's input or weight, a padding cell (0), the 1 of a bias, a sum of
   * several taps (of an image padded with itself), or else the slope of the operation.
   */
  readonly kind: "input" | "weight" | "padding" | "one" | "taps" | "slope";
  /** δ·factor */
  readonly value: number;
}

/** How {@link explain} finds the loss. */
export interface ExplainOptions {
  /** The loss, before its backward pass; default: where the last one began that reached x and retained the graph. */
  readonly of?: Tensor;
}

/** An element of a gradient as the sum that it is; printed as a table. */
export class Explanation {
  /** Of the tensor. */
  readonly shape: Shape;
  readonly index: readonly number[];
  /** The gradient's element, as the backward pass gives it. */
  readonly gradient: number;
  /** Of the terms; it differs from `gradient` by rounding at most. */
  readonly sum: number;
  readonly terms: readonly GradientTerm[];

  constructor(
    shape: Shape,
    index: readonly number[],
    gradient: number,
    terms: readonly GradientTerm[],
  ) {
    this.shape = shape;
    this.index = index;
    this.gradient = gradient;
    this.terms = terms;
    this.sum = terms.reduce((total, { value }) => total + value, 0);
  }

  /** The positions in the outputs that the element takes part in, each once: of an input, its region Q. */
  get affectedOutputs(): readonly (readonly number[])[] {
    return [...new Map(this.terms.map(({ output }) => [output.join(), output])).values()];
  }

  /** The terms as a table, long ones shortened, with their sum. */
  toString(): string {
    return formatTable(this);
  }
  /** What `console.log` shows in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return formatTable(this);
  }
}

/**
 * Every term of one element of a gradient. For a convolution's weight they are δ times the input cell under that tap,
 * padding cells included; for its input δ times the tap, over the outputs whose windows show the cell:
 *
 *     ∂L/∂w[o, c, i, j] = Σ_{n, u, v} δ[n, o, u, v] · x̃[n, c, u·s + i·d, v·s + j·d]
 *     ∂L/∂x[n, c, h, w] = Σ_{o, u, v} δ[n, o, u, v] · w[o, c, h + p − u·s, w + p − v·s]
 *
 * A tensor that several operations use has the terms of all. For other operations than convolutions and dense layers the
 * factor is the slope, and positions with slope 0 are left out. A NaN or ∞ is the factor of the terms that meet it, and
 * of no other. The sum equals the gradient exactly where the sums of
 * floats are exact, such as those of small whole numbers, and to rounding otherwise. It runs a backward pass of its own,
 * hooks included, and leaves every `grad` alone.
 *
 * @param x a parameter, an input or a computed tensor that requires a gradient
 * @param index of the element, one whole number per axis
 * @throws {@link GraphError} when no graph of a loss behind x is there; {@link ShapeError} for an index that is none.
 * Source: DeepGrid, "Backpropagation in Convolutional Neural Networks", 2016, eq. 10 to 18.
 * @example
 * console.log(explain(conv.weight, [0, 0, 1, 1], { of: loss }));
 */
export function explain(
  x: Tensor,
  index: readonly number[],
  options: ExplainOptions = {},
): Explanation {
  requireTensor("explain", "argument", x);
  checkIndex(x.shape, index);
  checkOptions("explain", options, ["of"]);
  const root = rootOf(x, options.of);
  const node = x.node!;
  return scope(() => {
    const uses = usesOf(root.node!, node);
    const deltas = gradientsAt(root, new Set([node, ...uses.map(({ top }) => top)]));
    const terms = uses.flatMap((use) => termsOf(use, node, index, deltas.get(use.top)));
    const gradient = deltas.get(node)?.toTypedArray()[placeOf(index, x.shape)] ?? 0;
    return new Explanation(x.shape, [...index], gradient, terms);
  });
}

function checkIndex(shape: Shape, index: readonly number[]): void {
  const fits =
    Array.isArray(index) &&
    index.length === shape.length &&
    index.every((i, axis) => Number.isSafeInteger(i) && i >= 0 && i < shape[axis]!);
  if (fits) return;
  throw new ShapeError(
    "explain",
    `${formatValue(index)} is no element of ${formatShape(shape)}; give a whole number from 0 for each axis`,
    { shape, index },
  );
}

/** @throws {@link GraphError} where x, or a loss that depends on it, has no graph. */
function rootOf(x: Tensor, of: Tensor | undefined): Tensor {
  if (of !== undefined) requireTensor("explain", "loss", of);
  const refuse = (message: string): never => {
    throw new GraphError("explain", message, { shape: x.shape });
  };
  const { node } = x;
  if (node === null) {
    return refuse(
      `the tensor ${formatShape(x.shape)} requires no gradient; set requiresGrad first`,
    );
  }
  const root = of ?? node.root?.deref();
  if (root === undefined) {
    return refuse(
      "there is no loss to explain; pass { of: loss } before its backward pass, " +
        "or run loss.backward(undefined, { retainGraph: true }) first and hold on to the loss",
    );
  }
  if (root === x) return refuse("a tensor is no term of itself; pass a tensor behind the loss");
  if (root.size !== 1) {
    return refuse(
      `the loss is ${formatShape(root.shape)}, not a scalar; reduce it with sum() or mean() and pass { of: loss }`,
    );
  }
  if (root.node === null || !history([root.node]).includes(node)) {
    return refuse("the loss does not depend on this tensor; pass { of: loss } with one that does");
  }
  return root;
}

/** ∂L/∂ the results of nodes, by a pass of its own. */
function gradientsAt(root: Tensor, nodes: ReadonlySet<Node>): Map<Node, Tensor> {
  const found = new Map<Node, Tensor>();
  propagate(
    "explain",
    [{ y: root, g: ones(root.shape, { dtype: root.dtype }) }],
    (node) => nodes.has(node),
    { retainGraph: true },
    (node, g) => found.set(node, g.clone()),
  );
  return found;
}

/** What an operation adds to the element; nothing where no gradient reaches it. */
function termsOf(
  use: Use,
  x: Node,
  index: readonly number[],
  gradient: Tensor | undefined,
): GradientTerm[] {
  if (!gradient) return [];
  const { top, note } = use;
  const operation = note?.operation ?? top.name;
  const deltas = gradient.toTypedArray();
  const term = (
    place: number,
    factor: number,
    kind: GradientTerm["kind"],
    source: readonly number[] | null = null,
  ) => {
    const output = unravelIndex(place, top.shape);
    const delta = deltas[place]!;
    const sample = output[0] ?? null;
    return { operation, sample, output, delta, factor, source, kind, value: delta * factor };
  };
  const role = roleOf(use);
  const place = role === null ? null : entryOf(use, x, index, gradient);
  const products = place === null ? null : productsOf(note!, use.inside, role!, place);
  if (products) {
    const other = note!.inputs[1 - role!]!;
    return oncePerOutput(products).map(({ output, source, factor, taps }) => {
      if (taps > 1) return term(output, factor, "taps");
      if (source < 0) return term(output, factor, "padding");
      const stands = unravelIndex(source, other.shape);
      return term(output, factor, role === 0 ? "weight" : "input", stands);
    });
  }
  const factors = factorsOf(use, x, index, gradient);
  const kind = role === 2 && isContraction(note!) ? "one" : "slope";
  // An elementwise operation connects an element with its own position, be the slope 0.
  const own = note === null && sameShape(x.shape, top.shape) ? placeOf(index, x.shape) : -1;
  return Array.from(factors, (_, at) => at)
    .filter((at) => factors[at] !== 0 || at === own)
    .map((at) => term(at, factors[at]!, kind));
}

/** As which of its inputs a composed operation takes x in; `null` for several or none. */
function roleOf({ note, entries }: Use): number | null {
  const roles = [...(note?.inputs.keys() ?? [])].filter((i) => {
    const node = note!.inputs[i]?.node;
    return node && entries.has(node);
  });
  return roles.length === 1 && entries.size === 1 ? roles[0]! : null;
}

/** Where movements have put the element in the operation's input; `null` for several places. */
function entryOf(
  { entries, inside }: Use,
  x: Node,
  index: readonly number[],
  like: Tensor,
): number | null {
  const [entry] = entries as Set<Node>;
  if (entry === x) return placeOf(index, x.shape);
  const chain = { top: entry!, inside };
  const shown = factorsOf(chain, x, index, ones(entry!.shape, { dtype: like.dtype }));
  const places = Array.from(shown, (_, at) => at).filter((at) => shown[at] !== 0);
  return places.length === 1 ? places[0]! : null;
}

/** Products with one output are one term: an image padded with itself shows a cell several times in a window. */
function oncePerOutput(products: readonly Product[]): (Product & { taps: number })[] {
  const found = new Map<number, Product & { taps: number }>();
  for (const product of products) {
    const before = found.get(product.output);
    const factor = before ? before.factor + product.factor : product.factor;
    found.set(product.output, { ...product, factor, taps: 1 + (before?.taps ?? 0) });
  }
  return [...found.values()];
}

function placeOf(index: readonly number[], shape: Shape): number {
  return index.reduce((place, i, axis) => place + i * sizeOf(shape.slice(axis + 1)), 0);
}
