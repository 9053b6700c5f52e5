import type { Walk, WalkEdge, WalkNode } from "./walk.ts";

/** How far the backward pass has come, after so many nodes. */
export interface Progress {
  readonly steps: number;
  readonly visited: ReadonlySet<number>;
  /** The node visited last; `null` before the pass. */
  readonly current: number | null;
  /** Edges that a gradient has passed. */
  readonly passed: (edge: WalkEdge) => boolean;
}

/** @param steps more than there are nodes stand for all of them */
export function progressOf({ order }: Walk, steps: number): Progress {
  const visited = new Set(order.slice(0, steps));
  const done = Math.min(steps, order.length);
  return {
    steps: done,
    visited,
    current: order[done - 1] ?? null,
    passed: ({ to }) => visited.has(to),
  };
}

/** What has come to a node so far. */
export interface Arrived {
  /** The sum of the parts; `null` before the first. */
  readonly gradient: Float64Array | null;
  /** The operations that have passed something, and those that still will. */
  readonly from: readonly WalkNode[];
  readonly awaited: readonly WalkNode[];
}

/** The gradient of a node as it adds up: each node that used its value passes a part. */
export function arrivedAt({ nodes, edges }: Walk, node: WalkNode, progress: Progress): Arrived {
  const uses = edges.filter(({ from, passed }) => from === node.id && passed);
  const came = uses.filter(progress.passed);
  const isRoot = uses.length === 0; // ∂E/∂E = 1 stands from the beginning
  const all = came.length === uses.length;
  const [first, ...rest] = came.map(({ passed }) => passed!);
  const sum =
    rest.length > 0
      ? first!.map((value, i) => rest.reduce((total, part) => total + part[i]!, value))
      : first;
  return {
    gradient: all && (!isRoot || progress.steps > 0) ? node.gradient : (sum ?? null),
    from: came.map(({ to }) => nodes[to]!),
    awaited: uses.filter((edge) => !progress.passed(edge)).map(({ to }) => nodes[to]!),
  };
}

/** A node in a few words: `"x"`, `"contract of conv2d"`. */
export function titleOf({ name, operation, within, kind }: WalkNode): string {
  if (kind === "leaf") return name ?? "leaf";
  return within && within !== operation ? `${operation} of ${within}` : operation;
}
