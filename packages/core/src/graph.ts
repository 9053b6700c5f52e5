import { backwardOf, isDetecting } from "./anomaly.ts";
import { synchronous } from "./backend.ts";
import { Cotangents } from "./cotangents.ts";
import { checkFunction, GraphError } from "./errors.ts";
import { formatShape, type Shape } from "./shape.ts";
import { type Creation, creation } from "./stack.ts";
import type { Tensor } from "./tensor.ts";

/** Gives the gradients of an operation's inputs from that of its output; `wanted(i)` says whether input i needs one. */
export type Pull = (g: Tensor, wanted: (input: number) => boolean) => readonly (Tensor | null)[];

/** What wants to hear of the gradients of some nodes, when a pass has the last of those that it reaches. */
export interface GradientHook {
  readonly nodes: readonly Node[];
  /** `null` for a node without a gradient. What a hook on one node returns takes the place of its gradient. */
  readonly call: (gradients: readonly (Tensor | null)[]) => Tensor | null;
}

/** What a composed operation leaves on the node of its result, for those who read the graph. */
export interface Note {
  /** As the user calls it: `"conv2d"`. */
  readonly operation: string;
  readonly equation?: string;
  /** Its tensors in the order of its arguments; `null` for one left out. No values: a note keeps nothing alive. */
  readonly inputs: readonly ({ readonly shape: Shape; readonly node: Node | null } | null)[];
  readonly options?: unknown;
}

interface SavedValue {
  readonly tensor: Tensor;
  readonly version: number;
}

let born = 0;

/**
 * One recorded operation, or one leaf. Nodes point to the nodes of their inputs, never to values:
 * what a node keeps alive is what its pullback captured and no more.
 */
export class Node {
  /** Inputs are older than outputs, so descending birth order is a topological order. */
  readonly id = born++;
  readonly name: string;
  readonly shape: Shape;
  readonly inputs: readonly (Node | null)[];
  /** The tensor whose `grad` this node fills; `null` for an operation. */
  readonly leaf: Tensor | null;
  pull: Pull | null = null;
  /** In order of registration; `null` while there are none. */
  hooks: Set<GradientHook> | null = null;
  /** Where the operation was called, noted while anomalies are looked for. */
  readonly created: Creation | null = isDetecting() ? creation() : null;
  /** On the result of a composed operation. */
  note: Note | null = null;
  /** Where the last `backward()` that came by and retained the graph began. */
  root: WeakRef<Tensor> | null = null;
  #saved: SavedValue[] = [];

  constructor(
    name: string,
    shape: Shape,
    inputs: readonly (Node | null)[],
    leaf: Tensor | null = null,
  ) {
    this.name = name;
    this.shape = shape;
    this.inputs = inputs;
    this.leaf = leaf;
  }

  /** Marks a tensor as needed by the pullback, so that a later write to it is noticed. */
  save(tensor: Tensor): Tensor {
    if (!this.#saved.some((saved) => saved.tensor === tensor)) {
      this.#saved.push({ tensor, version: tensor.storage.version });
    }
    return tensor;
  }

  get saved(): readonly Tensor[] {
    return this.#saved.map(({ tensor }) => tensor);
  }

  /** @throws {@link GraphError} when the graph behind this node is gone. */
  checkFreed(operation: string): void {
    if (this.leaf === null && this.pull === null) {
      throw new GraphError(
        operation,
        `the graph behind ${this.name} ${formatShape(this.shape)} was freed by an earlier backward pass; ` +
          "pass { retainGraph: true } to the earlier one",
        { node: this.name },
      );
    }
  }

  /** @throws {@link GraphError} when the backward pass cannot run through this node. */
  check(operation: string): void {
    this.checkFreed(operation);
    for (const { tensor, version } of this.#saved) {
      if (tensor.storage.version !== version) {
        throw new GraphError(
          operation,
          `a value that ${this.name} saved, ${formatShape(tensor.shape)}, was modified in place afterwards ` +
            `(version ${tensor.storage.version}, saved ${version}); run backward before modifying it, or clone() it`,
          { node: this.name, shape: tensor.shape },
        );
      }
      if (tensor.storage.released) {
        throw new GraphError(
          operation,
          `a value that ${this.name} saved, ${formatShape(tensor.shape)}, was released with its scope; ` +
            "call backward() inside the scope, or return the result from scope(fn)",
          { node: this.name, shape: tensor.shape },
        );
      }
    }
  }

  free(): void {
    this.pull = null;
    this.hooks = null;
    this.note = null;
    this.#saved = [];
  }
}

let recording = true;

/** Whether operations are being recorded. */
export function isRecording(): boolean {
  return recording;
}

/** Runs `fn` with recording on or off. */
export function withRecording<T>(on: boolean, fn: () => T): T {
  const before = recording;
  recording = on;
  try {
    return fn();
  } finally {
    recording = before;
  }
}

/**
 * Runs synchronous `fn` without recording: no gradients, less memory.
 *
 * @throws {@link GraphError} when `fn` returns a promise, because its later parts would be recorded;
 * {@link ValueError} when `fn` is no function.
 */
export function noGrad<T>(fn: () => T): T {
  checkFunction("noGrad", "fn", fn, "noGrad(() => …)");
  return synchronous("noGrad", withRecording(false, fn));
}

/**
 * Every node from which the roots were computed, youngest first. Iterative: a chain may be 100,000 nodes long.
 *
 * @internal for the other packages
 */
export function history(roots: readonly Node[]): Node[] {
  const found = new Set(roots);
  for (const node of found) {
    for (const input of node.inputs) if (input) found.add(input);
  }
  return [...found].sort((p, q) => q.id - p.id);
}

/** How a backward pass treats the graph. */
export interface BackwardOptions {
  /** Keep the graph for another pass; default: the value of `createGraph`. */
  readonly retainGraph?: boolean;
  /** Record the pass itself, so that its gradients have gradients. */
  readonly createGraph?: boolean;
}

/** Where the pass starts: a tensor and ∂L/∂tensor. */
export interface Seed {
  readonly y: Tensor;
  readonly g: Tensor;
}

/** What the pass hands over: the gradient of a wanted node, and whether its memory may be taken rather than copied. */
export type Deliver = (node: Node, g: Tensor, owned: boolean) => void;

/**
 * The backward pass: reverse accumulation over the nodes in descending age.
 * Gradients nobody waits for are released as the pass goes, unless the pass is itself recorded.
 *
 * @internal for the other packages
 */
export function propagate(
  operation: string,
  seeds: readonly Seed[],
  isWanted: (node: Node) => boolean,
  options: BackwardOptions,
  deliver: Deliver,
): void {
  const { createGraph = false, retainGraph = createGraph } = options;
  const order = history(seeds.map(({ y }) => y.node!));
  const leadsSomewhere = new Set<Node>();
  const goesOn = (node: Node) => node.inputs.some((input) => input && leadsSomewhere.has(input));
  for (const node of order.toReversed()) {
    if (isWanted(node) || goesOn(node)) leadsSomewhere.add(node);
  }
  const path = order.filter((node) => leadsSomewhere.has(node));
  for (const node of path) if (goesOn(node)) node.check(operation);

  const pending = new Cotangents(createGraph);
  const outer = backwardOf(null);
  withRecording(createGraph, () => {
    try {
      for (const { y, g } of seeds) pending.add(y.node!, g);
      for (const node of path) {
        backwardOf(node);
        if (node.hooks) pending.callHooks(node, (other) => leadsSomewhere.has(other));
        const g = pending.get(node);
        if (g === undefined) continue;
        if (isWanted(node)) deliver(node, g, pending.isSoleOwner(g));
        if (goesOn(node)) {
          pending.pull(node, g, (i) => leadsSomewhere.has(node.inputs[i]!));
          if (!retainGraph) node.free();
        }
        pending.drop(node);
      }
    } finally {
      pending.close();
      backwardOf(outer);
    }
  });
}
