import {
  checkOptions,
  formatShape,
  formatValue,
  GraphError,
  history,
  type Node,
  requireTensor,
  type Shape,
  type Tensor,
  ValueError,
} from "@convgrad/core";
import { type GraphLayout, layOut } from "./graphLayout.ts";
import { drawSvg } from "./graphSvg.ts";
import { groupsOf } from "./note.ts";

/** A recorded operation, or a leaf. */
export interface GraphNode {
  /** Its place in {@link Graph.nodes}; inputs come before outputs. */
  readonly id: number;
  /** The primitive, or what a composed operation calls itself; `"leaf"`. */
  readonly operation: string;
  readonly kind: "leaf" | "operation";
  /** Of its result. */
  readonly shape: Shape;
  /** A leaf's name, where one was given. */
  readonly name: string | null;
  /** The equation of a composed operation that is drawn as one node, if it has told. */
  readonly equation: string | null;
  /** What it holds for the backward pass. */
  readonly saved: readonly Shape[];
  /** Its place in {@link Graph.groups}, or `null`. */
  readonly group: number | null;
}

/** The result of a node goes into another as its input number `input`. */
export interface GraphEdge {
  readonly from: number;
  readonly to: number;
  readonly input: number;
}

/** A composed operation of several nodes. */
export interface GraphGroup {
  readonly id: number;
  readonly operation: string;
}

/** Names for leaves: `[name, tensor]` pairs, or a model. */
export type LeafNames = NamePairs | Named;

type NamePairs = Iterable<readonly [name: string, leaf: Tensor]>;
type Named = { namedParameters(): NamePairs };

/** How {@link graph} reads. */
export interface GraphOptions {
  readonly names?: LeafNames;
  /** `"operations"`, every primitive, is the default; `"layers"` makes one node of each composed operation. */
  readonly detail?: "operations" | "layers";
}

const SHOWN = 40;

/** The recorded operations behind a tensor as data, and as pictures. Tensors without a gradient are not in it. */
export class Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly groups: readonly GraphGroup[];
  /** What the library recorded for each of the nodes, in their order; of a composed operation its last one. */
  readonly recorded: readonly Node[];

  constructor(
    nodes: readonly GraphNode[],
    edges: readonly GraphEdge[],
    groups: readonly GraphGroup[],
    recorded: readonly Node[],
  ) {
    this.nodes = nodes;
    this.edges = edges;
    this.groups = groups;
    this.recorded = recorded;
  }

  /** For Graphviz: `dot -Tsvg`. */
  toDot(): string {
    const text = (lines: readonly string[]) =>
      `"${lines.map((line) => line.replace(/[\\"]/g, "\\$&")).join("\\n")}"`;
    const node = (n: GraphNode) =>
      `n${n.id} [label=${text(labelOf(n))}${n.kind === "leaf" ? ", shape=ellipse" : ""}];`;
    return [
      "digraph convgrad {",
      '  node [shape=box, style=rounded, fontname="sans-serif", fontsize=11];',
      ...this.#grouped(node, (g) => [
        `subgraph cluster_${g.id} {`,
        `label=${text([plain(g.operation)])};`,
        "}",
      ]),
      ...this.edges.map(({ from, to, input }) => `  n${from} -> n${to} [headlabel="${input}"];`),
      "}",
    ].join("\n");
  }

  /** For Markdown: a `mermaid` block. */
  toMermaid(): string {
    const text = (lines: readonly string[]) =>
      `"${lines.map((line) => line.replace(/[#%&<>"`]/g, (c) => `#${c.charCodeAt(0)};`)).join("<br/>")}"`;
    const node = (n: GraphNode) =>
      `n${n.id}${n.kind === "leaf" ? `([${text(labelOf(n))}])` : `[${text(labelOf(n))}]`}`;
    return [
      "flowchart TD",
      ...this.#grouped(node, (g) => [`subgraph g${g.id} [${text([plain(g.operation)])}]`, "end"]),
      ...this.edges.map(({ from, to, input }) => `  n${from} -->|${input}| n${to}`),
    ].join("\n");
  }

  /**
   * Where the boxes and curves of a drawing go, for pictures of one's own.
   *
   * @throws {@link ValueError} for more than some thousand boxes and bends.
   */
  layout(): GraphLayout {
    return this.#layOut("layout");
  }

  /**
   * A picture that needs nothing else, readable on light and dark pages.
   *
   * @throws {@link ValueError} for more than some thousand boxes and bends; `toDot()` has no limit.
   */
  toSvg(): string {
    const looks = this.nodes.map(({ kind, group, equation, saved }) => ({
      kind: group === null && equation === null ? kind : ("layer" as const),
      saved,
    }));
    return drawSvg(this.#layOut("toSvg"), looks);
  }

  /** A line per node, long graphs shortened. */
  toString(): string {
    const inputs = new Map<number, string[]>();
    for (const { from, to, input } of this.edges) {
      const list = inputs.get(to) ?? [];
      list[input] = `%${from}`;
      inputs.set(to, list);
    }
    const line = (n: GraphNode) => {
      const from = Array.from(inputs.get(n.id) ?? [], (input) => input ?? "·").join(", ");
      return `%${n.id} = ${n.name ?? n.operation}${n.kind === "leaf" ? "" : `(${from})`} ${formatShape(n.shape)}`;
    };
    const [head, tail] = [this.nodes.slice(0, SHOWN), this.nodes.slice(SHOWN)];
    const rest = tail.length > 1 ? [`… ${tail.length - 1} more`] : [];
    return [...head.map(line), ...rest, ...tail.slice(-1).map(line)].join("\n");
  }

  /** What `console.log` shows in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  #layOut(operation: string): GraphLayout {
    return layOut(operation, { boxes: this.nodes.map(labelOf), edges: this.edges });
  }

  /** A line per node, those of a group between the lines that open and close it. */
  #grouped(node: (n: GraphNode) => string, around: (group: GraphGroup) => string[]): string[] {
    const members = new Map<number | null, string[]>([[null, []]]);
    for (const n of this.nodes) {
      const list = members.get(n.group) ?? [];
      list.push(`  ${n.group === null ? "" : "  "}${node(n)}`);
      members.set(n.group, list);
    }
    const groups = this.groups.flatMap((group) => {
      const lines = around(group).map((line) => `  ${line}`);
      return [...lines.slice(0, -1), ...(members.get(group.id) ?? []), ...lines.slice(-1)];
    });
    return [...groups, ...members.get(null)!];
  }
}

/** What a box says; no line holds what breaks lines or may not stand in XML. */
function labelOf(n: GraphNode): string[] {
  const title = n.kind === "leaf" ? (n.name ?? "leaf") : n.operation;
  const lines = [title, ...(n.equation ? [n.equation] : []), formatShape(n.shape)];
  return lines.map(plain);
}

function plain(line: string): string {
  return line.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\uFFFE\uFFFF]+/gu, " ");
}

/**
 * The recorded operations behind a tensor of any shape: before its backward pass, or after one that retained the graph.
 *
 * @throws {@link GraphError} for a tensor without a graph, or whose graph was freed; {@link ValueError} for an unknown
 * detail.
 * @example
 * writeFileSync("loss.svg", graph(loss, { names: model, detail: "layers" }).toSvg());
 */
export function graph(y: Tensor, options: GraphOptions = {}): Graph {
  requireTensor("graph", "argument", y);
  checkOptions("graph", options, ["names", "detail"]);
  const { names = [], detail = "operations" } = options;
  if (detail !== "operations" && detail !== "layers") {
    const remedy = 'use "operations" or "layers"';
    throw new ValueError("graph", `detail ${formatValue(detail)} is unknown; ${remedy}`, {
      detail,
    });
  }
  if (y.node === null) {
    throw new GraphError(
      "graph",
      `nothing was recorded for this tensor ${formatShape(y.shape)}; set requiresGrad on the parameters first`,
    );
  }
  const order = history([y.node]).reverse();
  for (const node of order) node.checkFreed("graph");
  const named = new Map<Node | null, string>();
  for (const [name, leaf] of pairsOf(names)) {
    requireTensor("graph", `leaf ${formatValue(name)}`, leaf);
    named.set(leaf.node, `${name}`);
  }
  const { results, resultOf } = groupsOf(order);
  const groupOf = new Map(results.map((result, id) => [result, id]));
  const whole = (node: Node) => (detail === "layers" && resultOf.get(node)) || node;

  const drawn = order.filter((node) => whole(node) === node);
  const idOf = new Map(drawn.map((node, id) => [node, id]));
  const nodes = drawn.map((node, id): GraphNode => {
    const note = detail === "layers" ? node.note : null;
    return {
      id,
      operation: note?.operation ?? node.name,
      kind: node.leaf ? "leaf" : "operation",
      shape: node.shape,
      name: named.get(node) ?? null,
      equation: note?.equation ?? null,
      saved: node.saved.map((x) => x.shape),
      group: detail === "layers" ? null : (groupOf.get(resultOf.get(node)!) ?? null),
    };
  });
  const edges = drawn.flatMap((node) => {
    const note = detail === "layers" ? node.note : null;
    const inputs = note ? note.inputs.map((x) => x?.node ?? null) : node.inputs;
    return inputs.flatMap((from, input): GraphEdge[] =>
      from ? [{ from: idOf.get(whole(from))!, to: idOf.get(node)!, input }] : [],
    );
  });
  const groups =
    detail === "layers" ? [] : results.map(({ note }, id) => ({ id, operation: note!.operation }));
  return new Graph(nodes, edges, groups, drawn);
}

/** @throws {@link ValueError} unless names are pairs, or a model that has some. */
function pairsOf(names: LeafNames): readonly (readonly [name: string, leaf: Tensor])[] {
  const listed = "namedParameters" in Object(names) ? (names as Named).namedParameters() : names;
  const pairs = Symbol.iterator in Object(listed) ? [...(listed as NamePairs)] : [null];
  if (pairs.every((pair) => Array.isArray(pair))) return pairs;
  throw new ValueError("graph", 'names must be a model, or pairs: [["w", w], ["b", b]]');
}
