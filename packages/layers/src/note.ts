import {
  formatValue,
  type Node,
  type Note,
  requireTensor,
  type Tensor,
  ValueError,
} from "@convgrad/core";

/** A {@link Note} as it is left, with the tensors themselves. */
export interface Annotation extends Omit<Note, "inputs"> {
  readonly inputs: readonly (Tensor | null | undefined)[];
}

/**
 * Says of a tensor, of any shape, which composed operation made it and of what; dropped with the graph. `graph` draws what lies between
 * the inputs and the result as one group.
 *
 * @returns y itself
 * @throws {@link ValueError} unless y is a tensor, and the annotation has a list of inputs.
 */
export function annotate(y: Tensor, annotation: Annotation): Tensor {
  requireTensor("annotate", "result y", y);
  const { inputs, ...rest }: Annotation = Object(annotation);
  if (!Array.isArray(inputs)) {
    throw new ValueError(
      "annotate",
      `the inputs are ${formatValue(inputs)}; pass { operation: "mine", equation: "y = …", inputs: [x] }`,
      { inputs },
    );
  }
  const { node } = y;
  if (node && !node.leaf && !node.note && inputs.every((x) => x?.node !== node)) {
    node.note = {
      ...rest,
      inputs: inputs.map((x) => (x ? { shape: x.shape, node: x.node } : null)),
    };
  }
  return y;
}

/** The nodes of a composed operation: its result's and all between that and its inputs. */
export function membersOf(result: Node): Set<Node> {
  const outside = new Set(result.note?.inputs.map((x) => x?.node));
  const members = new Set([result]);
  for (const node of members) {
    for (const input of node.inputs) if (input && !outside.has(input)) members.add(input);
  }
  return members;
}

/** The composed operations among nodes that come oldest first: their results, and of which one a node is part. */
export function groupsOf(order: readonly Node[]): {
  results: Node[];
  resultOf: Map<Node, Node>;
} {
  const results = order.filter((node) => node.note);
  const resultOf = new Map<Node, Node>();
  for (const result of results) {
    for (const node of membersOf(result)) if (!resultOf.has(node)) resultOf.set(node, result);
  }
  return { results, resultOf };
}
