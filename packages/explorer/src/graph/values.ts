import { gradients, type Node, noGrad, primitives, type Tensor, zeros } from "@convgrad/core";

type Call = (...inputs: Tensor[]) => Tensor;

/** Primitives that take nothing but tensors: with all inputs at hand they can be asked again. */
const PLAIN: Readonly<Record<string, Call>> = Object.fromEntries(
  [
    ...["neg", "abs", "exp", "log", "sqrt", "tanh", "sigmoid", "relu", "sin", "cos", "erf"],
    ...["add", "sub", "mul", "div", "pow", "maximum", "minimum", "contiguous"],
  ].map((name) => [name, primitives[name as keyof typeof primitives] as unknown as Call]),
);

/** Primitives that are linear in each input, whatever the others are. */
const LINEAR: ReadonlySet<string> = new Set(
  [
    primitives.mul,
    primitives.gate,
    primitives.cast,
    primitives.reshape,
    primitives.permute,
    primitives.flip,
    primitives.slice,
    primitives.pad,
    primitives.broadcast,
    primitives.sum,
    primitives.windows,
    primitives.fold,
    primitives.contraction,
    primitives.gather,
    primitives.scatterAdd,
  ].map(({ primitiveName }) => primitiveName),
);

/**
 * The values behind recorded nodes, which come oldest first. Nodes hold no values: known are the leaves, what pullbacks
 * saved, and the tensors that are passed in; others are computed anew from their inputs. Some cannot be, such as the sum
 * of a tensor and a constant that nothing needs on the way back: these are not in the map.
 */
export function valuesOf(nodes: readonly Node[], known: readonly Tensor[]): Map<Node, Tensor> {
  const values = new Map<Node, Tensor>();
  for (const x of [...known, ...nodes.flatMap((node) => [...node.saved, node.leaf])]) {
    if (x?.node) values.set(x.node, x);
  }
  for (const node of nodes) {
    if (values.has(node)) continue;
    const y = asked(node, values) ?? transposed(node, values);
    if (y) values.set(node, y);
  }
  return values;
}

function asked(node: Node, values: ReadonlyMap<Node, Tensor>): Tensor | null {
  const call = PLAIN[node.name];
  const inputs = node.inputs.map((input) => input && values.get(input));
  return call && inputs.every((x) => !!x) ? noGrad(() => call(...(inputs as Tensor[]))) : null;
}

/** A pullback is linear in its gradient, with the transposed matrix; so its own pullback has the matrix itself. */
function transposed(node: Node, values: ReadonlyMap<Node, Tensor>): Tensor | null {
  const input = node.inputs.findIndex((one) => one && values.has(one));
  if (input < 0 || !node.pull || !LINEAR.has(node.name)) return null;
  const x = values.get(node.inputs[input]!)!.detach();
  const g = zeros(node.shape, { dtype: x.dtype, requiresGrad: true });
  const pulled = node.pull(g, (i) => i === input)[input]!;
  return gradients(pulled, [g], { gradient: x })[0];
}
