import {
  GraphError,
  gradients,
  history,
  type MapOp,
  type Node,
  type Note,
  ones,
  type Tensor,
  type ZipOp,
} from "@convgrad/core";
import { groupsOf, membersOf } from "./note.ts";

/** What only moves elements: what a tensor is used for is what comes after. */
const MOVEMENTS: ReadonlySet<string> = new Set([
  "contiguous",
  "to",
  "reshape",
  "permute",
  "flip",
  "slice",
  "pad",
  "concat",
  "broadcast",
  "windows",
]);

/** An operation, primitive or composed, that takes a tensor in, directly or through movements. */
export interface Use {
  /** Of its result. */
  readonly top: Node;
  /** On a composed operation. */
  readonly note: Note | null;
  /** The tensors by which it takes x in: x itself, or what movements made of it. */
  readonly entries: ReadonlySet<Node>;
  /** The nodes between its result and x. */
  readonly inside: ReadonlySet<Node>;
}

/** The operations behind `root` that take x in, oldest first. */
export function usesOf(root: Node, x: Node): Use[] {
  const order = history([root]).reverse();
  const { resultOf } = groupsOf(order);
  const consumers = new Map<Node, Set<Node>>();
  for (const node of order) {
    for (const input of node.inputs) {
      if (input) consumers.set(input, (consumers.get(input) ?? new Set()).add(node));
    }
  }
  const moved = new Set([x]);
  const entries = new Map<Node, Set<Node>>();
  for (const value of moved) {
    for (const consumer of consumers.get(value) ?? []) {
      const group = resultOf.get(consumer);
      // What lies within a composed operation is used by its parts.
      const composed = group && resultOf.get(value) !== group ? group : null;
      if (!composed && MOVEMENTS.has(consumer.name) && consumers.has(consumer)) {
        moved.add(consumer);
        continue;
      }
      const top = composed ?? consumer;
      entries.set(top, (entries.get(top) ?? new Set()).add(value));
    }
  }
  moved.delete(x);
  return [...entries]
    .sort(([p], [q]) => p.id - q.id)
    .map(([top, from]) => {
      const isWhole = resultOf.get(top) === top && ![...from].some((e) => resultOf.get(e) === top);
      const members = isWhole ? membersOf(top) : [top];
      const inside = leading(x, [...members, ...moved]);
      return { top, note: isWhole ? top.note : null, entries: from, inside };
    });
}

/** Those nodes from which a path among them leads to x. */
function leading(x: Node, nodes: readonly Node[]): Set<Node> {
  const found = new Set<Node>();
  for (const node of nodes.toSorted((p, q) => p.id - q.id)) {
    if (node.inputs.some((input) => input === x || (input && found.has(input)))) found.add(node);
  }
  return found;
}

/** The gradients that reach x, and the nodes inside on the way, from δ at `top`: linear in δ, and recorded. */
function pullThrough(
  { top, inside }: Pick<Use, "top" | "inside">,
  x: Node,
  delta: Tensor,
): Map<Node, Tensor> {
  const reached = new Map([[top, delta]]);
  for (const node of [...inside].sort((p, q) => q.id - p.id)) {
    const g = reached.get(node);
    if (!g) continue;
    const wanted = (i: number) => {
      const input = node.inputs[i];
      return input === x || (input != null && inside.has(input));
    };
    node.pull!(g, wanted).forEach((gradient, i) => {
      const input = node.inputs[i];
      if (!input || !gradient || !wanted(i)) return;
      reached.set(input, reached.get(input)?.add(gradient) ?? gradient);
    });
  }
  return reached;
}

/**
 * ∂top[q] / ∂x[index] for every q, through the nodes inside: the gradient of x[index] is linear in δ at `top`, and these
 * are its coefficients, which differentiating the backward pass by δ gives.
 */
export function factorsOf(
  use: Pick<Use, "top" | "inside">,
  x: Node,
  index: readonly number[],
  like: Tensor,
): ArrayLike<number> {
  const delta = variable(like);
  const reached = pullThrough(use, x, delta);
  const pulled = reached.get(x);
  if (!pulled) return new Float64Array(delta.size);
  if (!pulled.requiresGrad) {
    throw new GraphError(
      "explain",
      `the backward pass of ${use.top.name} was not recorded; call explain outside noGrad, ` +
        "and write custom backward functions in tensor operations",
    );
  }
  const element = pulled.slice(
    index,
    index.map((i) => i + 1),
  );
  const factors = gradients(element.sum(), [delta], { retainGraph: true })[0].toTypedArray();
  if (!factors.some(Number.isNaN)) return factors;
  const felt = placesFelt(use, x, index, reached);
  return Array.from(factors, (factor, at) => (felt[at] === 0 ? 0 : factor));
}

/** What works on each element by itself. */
const ELEMENTWISE: ReadonlySet<string> = new Set<MapOp | ZipOp | "where" | "to" | "contiguous">([
  ...([
    "neg",
    "abs",
    "exp",
    "log",
    "sqrt",
    "tanh",
    "sigmoid",
    "relu",
    "sin",
    "cos",
    "erf",
  ] as const),
  ...(["add", "sub", "mul", "div", "pow", "maximum", "minimum", "gate"] as const),
  ...(["where", "to", "contiguous"] as const),
]);

/**
 * The places of `top` in which x[index] is felt: in any other, a factor 0 · NaN is 0. Elementwise work leaves a place
 * where it is; other nodes are asked for the factors of all places that their inputs are felt in.
 *
 * @param reached of every node a tensor of its shape and type
 */
function placesFelt(
  { top, inside }: Pick<Use, "top" | "inside">,
  x: Node,
  index: readonly number[],
  reached: ReadonlyMap<Node, Tensor>,
): ArrayLike<number> {
  const one = ones(
    index.map(() => 1),
    { dtype: reached.get(x)!.dtype },
  );
  const around = index.map((i, axis) => [i, x.shape[axis]! - i - 1] as const);
  const felt = new Map([[x, one.pad(around)]]);
  for (const node of [...inside].sort((p, q) => p.id - q.id)) {
    const like = reached.get(node);
    node.inputs.forEach((input, i) => {
      const mark = input && felt.get(input);
      if (!like || !mark) return;
      const image = ELEMENTWISE.has(node.name) ? mark : marksAfter(node, i, mark, like);
      const before = felt.get(node);
      felt.set(node, before ? before.maximum(image) : image);
    });
  }
  return felt.get(top)!.toTypedArray();
}

/** 1 where any factor between the marked places of a node's input and the node is not 0. */
function marksAfter(node: Node, input: number, mark: Tensor, like: Tensor): Tensor {
  const delta = variable(like);
  const pulled = node.pull!(delta, (i) => i === input)[input]!;
  const [factors] = gradients(pulled.mul(mark).sum(), [delta]);
  return factors.equal(0).equal(0).to(like.dtype);
}

/** A tensor like another, to differentiate by. */
function variable(like: Tensor): Tensor {
  const copy = like.detach().clone();
  copy.requiresGrad = true;
  return copy;
}
