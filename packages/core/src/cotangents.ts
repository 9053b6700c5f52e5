import { inspect, inspectPull, isDetecting } from "./anomaly.ts";
import { ShapeError } from "./errors.ts";
import type { GradientHook, Node } from "./graph.ts";
import { Scope, within } from "./scope.ts";
import { formatShape, sameShape } from "./shape.ts";
import type { Storage } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

/** The gradients on their way, and the memory they occupy. */
export class Cotangents {
  readonly #waiting = new Map<Node, Tensor>();
  /** How many waiting gradients share a storage; views do. */
  readonly #uses = new Map<Storage, number>();
  /** What hooks on several nodes have heard so far. */
  readonly #gathered = new Map<GradientHook, Map<Node, Tensor>>();
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

  /** Tells the node's hooks its gradient; one that it shares with nodes still to come waits for them. */
  callHooks(node: Node, isToCome: (other: Node) => boolean): void {
    for (const hook of [...node.hooks!]) {
      const g = this.get(node);
      const gathered = this.#gathered.get(hook) ?? new Map<Node, Tensor>();
      if (g) gathered.set(node, g);
      if (hook.nodes.some((other) => other.id < node.id && isToCome(other))) {
        if (g) this.#use(g.storage, 1);
        this.#gathered.set(hook, gathered);
      } else if (gathered.size > 0) {
        this.#gathered.delete(hook);
        this.#call(hook, node, gathered);
        for (const [other, held] of gathered) if (other !== node) this.#use(held.storage, -1);
      }
    }
  }

  #call(hook: GradientHook, node: Node, gathered: ReadonlyMap<Node, Tensor>): void {
    const call = () => [hook.call(hook.nodes.map((other) => gathered.get(other) ?? null))];
    this.#run("a gradient hook", call, ([g]) => this.#replace(node, g!));
  }

  #replace(node: Node, g: Tensor | null): void {
    const former = this.#waiting.get(node);
    if (!g || !former || g === former) return;
    if (isDetecting()) inspect("onGradient", [former], g);
    if (node.leaf) void g.storage.block; // as in #spread
    this.#use(g.storage, 1);
    this.#waiting.set(node, g);
    this.#use(former.storage, -1);
  }

  /** Runs the node's pullback and hands its results on. */
  pull(node: Node, g: Tensor, wanted: (input: number) => boolean): void {
    const call = () => pull(node, g, wanted);
    this.#run("a pullback", call, (gradients) => this.#spread(node, gradients, wanted));
  }

  /** Hands on what `fn` returns; what it computed on the way is released at once. */
  #run(
    name: string,
    fn: () => readonly (Tensor | null)[],
    handOn: (found: readonly (Tensor | null)[]) => void,
  ): void {
    const scope = this.#scope;
    if (!scope) {
      handOn(fn());
      return;
    }
    const local = new Scope(name, null);
    try {
      const found = within(local, fn);
      for (const g of found) if (g?.storage.owner === local) scope.adopt(g.storage);
      handOn(found);
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

function pull(
  node: Node,
  g: Tensor,
  wanted: (input: number) => boolean,
): readonly (Tensor | null)[] {
  const gradients = node.pull!(g, wanted);
  if (isDetecting()) inspectPull(node, g, gradients);
  return gradients;
}
