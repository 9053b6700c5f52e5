import { synchronous } from "./backend.ts";
import { GraphError, ShapeError } from "./errors.ts";
import { Scope, within } from "./scope.ts";
import { formatShape, type Shape, sameShape } from "./shape.ts";
import type { Storage } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

/** Gives the gradients of an operation's inputs from that of its output; `wanted(i)` says whether input i needs one. */
export type Pull = (g: Tensor, wanted: (input: number) => boolean) => readonly (Tensor | null)[];

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

  /** @throws {@link GraphError} when the backward pass cannot run through this node. */
  check(operation: string): void {
    if (this.leaf === null && this.pull === null) {
      throw new GraphError(
        operation,
        `the graph behind ${this.name} ${formatShape(this.shape)} was freed by an earlier backward pass; ` +
          "pass { retainGraph: true } to the earlier one",
        { node: this.name },
      );
    }
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
    this.#saved = [];
  }
}

let recording = true;

/** Whether operations are being recorded. */
export function isRecording(): boolean {
  return recording;
}

function withRecording<T>(on: boolean, fn: () => T): T {
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
 * @throws {@link GraphError} when `fn` returns a promise, because its later parts would be recorded.
 */
export function noGrad<T>(fn: () => T): T {
  return synchronous("noGrad", withRecording(false, fn));
}

/** Every node from which the roots were computed, youngest first. Iterative: a chain may be 100,000 nodes long. */
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
  for (const node of order.toReversed()) {
    if (isWanted(node) || node.inputs.some((input) => input && leadsSomewhere.has(input)))
      leadsSomewhere.add(node);
  }
  const path = order.filter((node) => leadsSomewhere.has(node));
  const goesOn = (node: Node) => node.inputs.some((input) => input && leadsSomewhere.has(input));
  for (const node of path) if (goesOn(node)) node.check(operation);

  const pending = new Cotangents(createGraph);
  withRecording(createGraph, () => {
    try {
      for (const { y, g } of seeds) pending.add(y.node!, g);
      for (const node of path) {
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
    }
  });
}

/** The gradients on their way, and the memory they occupy. */
class Cotangents {
  readonly #waiting = new Map<Node, Tensor>();
  /** How many waiting gradients share a storage; views do. */
  readonly #uses = new Map<Storage, number>();
  /** Owns every temporary of the pass; `null` when the pass is recorded and its values are the user's. */
  readonly #scope: Scope | null;

  constructor(createGraph: boolean) {
    this.#scope = createGraph ? null : new Scope("the backward pass", null);
  }

  get(node: Node): Tensor | undefined {
    return this.#waiting.get(node);
  }

  add(node: Node, g: Tensor): void {
    const former = this.#waiting.get(node);
    const total =
      former && this.#scope ? within(this.#scope, () => former.add(g)) : (former?.add(g) ?? g);
    this.#use(total.storage, 1);
    this.#waiting.set(node, total);
    if (former) this.#use(former.storage, -1);
  }

  /** Runs the node's pullback and hands its results on; what it computed on the way is released at once. */
  pull(node: Node, g: Tensor, wanted: (input: number) => boolean): void {
    const scope = this.#scope;
    if (!scope) {
      this.#spread(node, node.pull!(g, wanted), wanted);
      return;
    }
    const local = new Scope("a pullback", null);
    try {
      const gradients = within(local, () => node.pull!(g, wanted));
      for (const gradient of gradients) {
        if (gradient && gradient.storage.owner === local) scope.adopt(gradient.storage);
      }
      this.#spread(node, gradients, wanted);
    } finally {
      local.close();
    }
  }

  #spread(
    node: Node,
    gradients: readonly (Tensor | null)[],
    wanted: (input: number) => boolean,
  ): void {
    // One gradient may go to several inputs, so all are held until each has been added.
    for (const gradient of gradients) if (gradient) this.#use(gradient.storage, 1);
    node.inputs.forEach((input, i) => {
      const gradient = gradients[i];
      if (!input || !gradient || !wanted(i)) return;
      if (!sameShape(gradient.shape, input.shape)) {
        throw new ShapeError(
          node.name,
          `its backward gave a gradient of shape ${formatShape(gradient.shape)} for input ${i} ` +
            `of shape ${formatShape(input.shape)}; they must be equal`,
          { input: i, gradient: gradient.shape, expected: input.shape },
        );
      }
      // A leaf's is needed anyway; deferred until the leaf's turn it would hold what it is computed from.
      if (input.leaf) void gradient.storage.block;
      this.add(input, gradient);
    });
    for (const gradient of gradients) if (gradient) this.#use(gradient.storage, -1);
  }

  /** Whether the gradient may be taken over: the pass made it and no other waiting gradient shares its memory. */
  isSoleOwner(g: Tensor): boolean {
    return (
      this.#scope !== null && g.storage.owner === this.#scope && this.#uses.get(g.storage) === 1
    );
  }

  drop(node: Node): void {
    const g = this.#waiting.get(node)!;
    this.#waiting.delete(node);
    this.#use(g.storage, -1);
  }

  #use(storage: Storage, change: 1 | -1): void {
    const uses = (this.#uses.get(storage) ?? 0) + change;
    if (uses > 0) this.#uses.set(storage, uses);
    else this.#uses.delete(storage);
    if (uses === 0) this.#discard(storage);
  }

  #discard(storage: Storage): void {
    if (this.#scope !== null && storage.owner === this.#scope && !this.#uses.has(storage)) {
      this.#scope.disown(storage);
      storage.release("an intermediate gradient");
    }
  }

  close(): void {
    this.#scope?.close();
  }
}
