import { GraphError, gradients, history, type Node, type Note, type Tensor } from "@convgrad/core";
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

/** The gradient that reaches x from δ at `top` through the nodes inside: linear in δ, and recorded. */
function pullThrough(top: Node, inside: ReadonlySet<Node>, x: Node, delta: Tensor): Tensor | null {
  const waiting = new Map([[top, delta]]);
  for (const node of [...inside].sort((p, q) => q.id - p.id)) {
    const g = waiting.get(node);
    if (!g) continue;
    const wanted = (i: number) => {
      const input = node.inputs[i];
      return input === x || (input != null && inside.has(input));
    };
    node.pull!(g, wanted).forEach((gradient, i) => {
      const input = node.inputs[i];
      if (!input || !gradient || !wanted(i)) return;
      waiting.set(input, waiting.get(input)?.add(gradient) ?? gradient);
    });
  }
  return waiting.get(x) ?? null;
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
  const delta = like.detach().clone();
  delta.requiresGrad = true;
  const pulled = pullThrough(use.top, use.inside, x, delta);
  if (pulled === null) return new Float64Array(delta.size);
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
  return gradients(element.sum(), [delta], { retainGraph: true })[0].toTypedArray();
}
