import { history, type Node, oneHot, ones, propagate, scope, type Tensor } from "@convgrad/core";
import { type Graph, type GraphLayout, type GraphNode, graph } from "@convgrad/layers";
import { releaseModel } from "../network/releaseModel.ts";
import type { GraphState } from "./fields.ts";
import { type Recorded, record } from "./losses.ts";
import { valuesOf } from "./values.ts";

/** A node with its numbers, row-major. */
export interface WalkNode extends Omit<GraphNode, "group"> {
  /** What composed operation it is part of. */
  readonly within: string | null;
  /** `null` where no pullback needs it, and the library has let it go. */
  readonly value: Float64Array | null;
  /** δ = ∂E/∂y, all that came to it added up; `null` where the pass does not come by. */
  readonly gradient: Float64Array | null;
}

/** An edge with what passes it on the way back. */
export interface WalkEdge {
  readonly from: number;
  readonly to: number;
  readonly input: number;
  /** In the shape of the node `from`. */
  readonly passed: Float64Array | null;
}

/** Probabilities of one sample and the gradient of its logits. */
export interface SoftmaxRow {
  readonly label: number;
  readonly probabilities: ArrayLike<number>;
  /** (softmax − onehot) / N */
  readonly expected: ArrayLike<number>;
  /** As the backward pass has it. */
  readonly gradient: ArrayLike<number>;
}

/** A recorded graph, and the backward pass through it. */
export interface Walk {
  readonly nodes: readonly WalkNode[];
  readonly edges: readonly WalkEdge[];
  readonly layout: GraphLayout;
  /** The nodes in the order in which the pass visits them. */
  readonly order: readonly number[];
  readonly loss: number;
  /** ‖∂E/∂leaf‖₂ of the leaves with names, first the one nearest to the input. */
  readonly norms: readonly { readonly name: string; readonly norm: number }[];
  readonly softmax: readonly SoftmaxRow[] | null;
}

/** Records the chosen loss and walks back through it. */
export function walk(state: GraphState): Walk {
  return scope(() => {
    const recorded = record(state);
    try {
      return walked(recorded, state);
    } finally {
      if (recorded.model) releaseModel(recorded.model);
    }
  });
}

function walked(recorded: Recorded, state: GraphState): Walk {
  const drawing = graph(recorded.loss, { names: recorded.names, detail: state.detail });
  const pass = backwardPass(recorded.loss);
  const values = valuesOf(history([recorded.loss.node!]).reverse(), known(recorded));
  const whole = graph(recorded.loss);
  const groupOf = new Map(whole.recorded.map((node, i) => [node, whole.nodes[i]!.group]));
  const nodes = drawing.nodes.map(({ group: _, ...node }, i): WalkNode => {
    const behind = drawing.recorded[i]!;
    const group = state.detail === "layers" ? null : groupOf.get(behind);
    return {
      ...node,
      within: typeof group === "number" ? whole.groups[group]!.operation : null,
      value: plain(values.get(behind)),
      gradient: pass.gradients.get(behind) ?? null,
    };
  });
  const idOf = new Map(drawing.recorded.map((node, id) => [node, id]));
  return {
    nodes,
    edges: passedAlong(drawing, pass),
    layout: drawing.layout(),
    order: [...pass.gradients.keys()].flatMap((node) => idOf.get(node) ?? []),
    loss: recorded.loss.item(),
    norms: recorded.names.map(([name, leaf]) => ({
      name,
      norm: lengthOf(pass.gradients.get(leaf.node!)),
    })),
    softmax: softmaxRows(recorded, pass),
  };
}

/** ‖v‖₂ */
function lengthOf(v: Float64Array | undefined): number {
  return Math.sqrt(v?.reduce((sum, value) => sum + value * value, 0) ?? 0);
}

function known({ loss, scores }: Recorded): Tensor[] {
  return scores ? [loss, scores.logits] : [loss];
}

/** The numbers of a tensor in float64, as all of a loss are. */
function plain(x: Tensor | null | undefined): Float64Array | null {
  return x ? (x.toTypedArray() as Float64Array) : null;
}

/** What came to each node, in the order of the pass, and what each node handed to its inputs. */
interface Pass {
  readonly gradients: Map<Node, Float64Array>;
  readonly handed: Map<Node, (Float64Array | null)[]>;
}

function backwardPass(loss: Tensor): Pass {
  const pass: Pass = { gradients: new Map(), handed: new Map() };
  const seed = { y: loss, g: ones(loss.shape, { dtype: loss.dtype }) };
  propagate(
    "walk",
    [seed],
    () => true,
    { retainGraph: true },
    (node, g) => {
      pass.gradients.set(node, plain(g)!);
      if (node.leaf) return;
      const parts = node.pull!(g, (input) => node.inputs[input] !== null);
      pass.handed.set(node, parts.map(plain));
    },
  );
  return pass;
}

/** The edges of a drawing with what goes back along them; a composed operation hands on what its parts do. */
function passedAlong({ recorded, edges }: Graph, { handed }: Pass): WalkEdge[] {
  const drawn = new Set(recorded);
  const membersOf = (result: Node) => {
    const members = new Set([result]);
    for (const node of members) {
      for (const input of node.inputs) if (input && !drawn.has(input)) members.add(input);
    }
    return [...members];
  };
  return edges.map((edge) => {
    const [source, target] = [recorded[edge.from]!, recorded[edge.to]!];
    const members = membersOf(target);
    // The same tensor may come in twice, as in x·x; then each edge has its own share.
    const alone = members.length === 1 && target.inputs[edge.input] === source;
    const parts = members.flatMap((node) =>
      node.inputs.flatMap((input, i) => (input === source ? [handed.get(node)?.[i] ?? null] : [])),
    );
    return { ...edge, passed: alone ? handed.get(target)![edge.input]! : total(parts) };
  });
}

function total(parts: readonly (Float64Array | null)[]): Float64Array | null {
  const [first, ...rest] = parts.filter((part) => part !== null);
  if (!first || rest.length === 0) return first ?? null;
  return first.map((value, i) => rest.reduce((sum, part) => sum + part[i]!, value));
}

function softmaxRows({ scores }: Recorded, { gradients }: Pass): SoftmaxRow[] | null {
  if (!scores) return null;
  const { logits, labels } = scores;
  const [n, k] = logits.shape as [number, number];
  const y = logits.detach();
  const rows = (values: Float64Array) =>
    Array.from({ length: n }, (_, i) => values.slice(i * k, (i + 1) * k));
  const p = y.softmax(1);
  const probabilities = rows(plain(p)!);
  const expected = rows(plain(p.sub(oneHot(labels, k, { dtype: p.dtype })).div(n))!);
  const gradient = rows(gradients.get(logits.node!)!);
  return Array.from(labels.toTypedArray(), (label, i) => ({
    label: Number(label),
    probabilities: probabilities[i]!,
    expected: expected[i]!,
    gradient: gradient[i]!,
  }));
}
