import { memory, primitives, tensor } from "@convgrad/core";
import { conv2d } from "@convgrad/layers";
import katex from "katex";
import { describe, expect, it } from "vitest";
import { readState } from "../address/fields.ts";
import { expectClose, type GoldenTensor, goldenCases } from "../golden/goldenCases.ts";
import { COMPOSED, equationOf, PRIMITIVES } from "./equations.ts";
import { FIELDS, type GraphState } from "./fields.ts";
import { editableLeaves } from "./losses.ts";
import { type Walk, walk } from "./walk.ts";

interface ArticleCase {
  readonly name: string;
  readonly inputs: Readonly<Record<"x_l" | "w" | "b" | "target", GoldenTensor>>;
  readonly outputs: { o_l: GoldenTensor; x_next: GoldenTensor; E_eq9: number; delta: GoldenTensor };
  readonly grads: Readonly<Record<"eq13_dW" | "eq20_dX" | "dB", GoldenTensor>>;
}

const golden = goldenCases<ArticleCase>("seed_equations.json").find(
  ({ name }) => name === "article_4x4_k2_relu_integers",
)!;

const stateOf = (part: Partial<GraphState>): GraphState => ({
  ...readState(FIELDS, new URLSearchParams()),
  ...part,
});
const named = ({ nodes }: Walk, name: string) => nodes.find((node) => node.name === name)!;

const LOSSES: Partial<GraphState>[] = [
  { loss: "layer" },
  { loss: "net" },
  { loss: "dense" },
  { loss: "batchNorm" },
  { loss: "deep", depth: 3, activation: "relu" },
  { loss: "deep", depth: 3, activation: "tanh" },
];
const EACH = LOSSES.flatMap((part) =>
  (["operations", "layers"] as const).map((detail) => ({ ...part, detail })),
);

describe("the walk through one layer of the article", () => {
  it("begins with the golden inputs", () => {
    const values = editableLeaves(stateOf({})).map((leaf) => leaf.values);
    const { x_l, w, b, target } = golden.inputs;
    expect(values).toEqual([x_l, w, b, target].map(({ data }) => data));
  });

  it.each(["operations", "layers"] as const)("has the golden numbers: %s", (detail) => {
    const walked = walk(stateOf({ detail }));
    expectClose([walked.loss], [golden.outputs.E_eq9]);
    expectClose(named(walked, "x").gradient!, golden.grads.eq20_dX.data);
    expectClose(named(walked, "w").gradient!, golden.grads.eq13_dW.data);
    expectClose(named(walked, "b").gradient!, golden.grads.dB.data);
    // Equations (6) and (7): pre-activation and output are two nodes.
    const output = walked.nodes.find(({ operation }) => operation === "relu")!;
    expectClose(named(walked, "x").value!, golden.inputs.x_l.data);
    expectClose(output.value!, golden.outputs.o_l.data);
    const isNext = detail === "layers" ? "conv2d" : "add";
    const next = walked.nodes.find(({ operation }) => operation === isNext)!;
    expectClose(next.value!, golden.outputs.x_next.data);
    expectClose(next.gradient!, golden.outputs.delta.data);
  });

  it("computes values anew that the library has let go", () => {
    const { nodes } = walk(stateOf({}));
    const [x, w] = (["x_l", "w"] as const).map((name) => {
      const { shape, data } = golden.inputs[name];
      return tensor([...data], { shape: [1, 1, ...shape], dtype: "float64" });
    });
    const sum = nodes.find(({ operation }) => operation === "contract")!;
    expectClose(sum.value!, conv2d(x!.relu(), w!).toTypedArray() as Float64Array);
    expect(nodes.filter(({ value }) => !value)).toEqual([]);
  });
});

describe.each(EACH)("the walk through %j", (part) => {
  const walked = walk(stateOf(part));

  it("visits every node once, outputs before inputs", () => {
    const { nodes, edges, order } = walked;
    expect([...order].sort((p, q) => p - q)).toEqual(nodes.map(({ id }) => id));
    for (const { from, to } of edges)
      expect(order.indexOf(from)).toBeGreaterThan(order.indexOf(to));
  });

  it("gives each node the sum of what its outputs pass", () => {
    const { nodes, edges, loss } = walked;
    expect([...nodes.at(-1)!.value!]).toEqual([loss]);
    expect([...nodes.at(-1)!.gradient!]).toEqual([1]);
    for (const node of nodes.slice(0, -1)) {
      const sum = new Float64Array(node.gradient!.length);
      for (const { passed } of edges.filter(({ from }) => from === node.id)) {
        passed!.forEach((value, i) => {
          sum[i]! += value;
        });
      }
      expectClose(sum, node.gradient!);
    }
  });

  it("has an equation for every operation, with a gradient for every input", () => {
    for (const { id, operation, kind } of walked.nodes) {
      if (kind === "leaf") continue;
      const inputs = walked.edges.filter(({ to }) => to === id).map(({ input }) => input);
      const equation = equationOf(operation);
      for (const input of inputs) expect(equation?.pullbacks[input], operation).toBeTruthy();
    }
  });
});

describe("equations", () => {
  it("are there for every primitive and are KaTeX", () => {
    expect(Object.keys(PRIMITIVES).sort()).toEqual(Object.keys(primitives).sort());
    for (const { forward, pullbacks } of [...Object.values(PRIMITIVES), ...Object.values(COMPOSED)])
      for (const tex of [forward, ...pullbacks.flatMap((one) => one ?? [])])
        katex.renderToString(tex, { throwOnError: true, strict: false, trust: true });
    expect(equationOf("somebody's own")).toBeNull();
  });
});

describe("what a walk shows beside the nodes", () => {
  it("a softmax whose gradient is (softmax − onehot) / N, for large logits too", () => {
    for (const b of [null, [1000, 0, -1000]]) {
      const [row] = walk(stateOf({ loss: "dense", label: 2, b })).softmax!;
      expect(row!.label).toBe(2);
      expectClose(row!.gradient, row!.expected);
      expectClose([Array.from(row!.probabilities).reduce((sum, p) => sum + p, 0)], [1]);
    }
  });

  it("gradient norms that vanish under a sigmoid and small weights, and explode with large ones", () => {
    const normsOf = (part: Partial<GraphState>) =>
      walk(stateOf({ loss: "deep", depth: 8, ...part })).norms.map(({ norm }) => norm);
    const vanishing = normsOf({ activation: "sigmoid", start: "small" });
    expect(vanishing[0]! / vanishing.at(-1)!).toBeLessThan(1e-4);
    const [he, large] = (["he", "large"] as const).map((start) =>
      normsOf({ activation: "relu", start }),
    );
    expect(he![0]! / he!.at(-1)!).toBeGreaterThan(0.05);
    expect(large![0]! / he![0]!).toBeGreaterThan(1e4);
  });

  it("the norm of a gradient of any length", () => {
    const net = readState(FIELDS, new URLSearchParams("net=flat-dense300-dense10")).net;
    const { norms, nodes } = walk(stateOf({ loss: "own", detail: "layers", net }));
    const weight = nodes.find(({ name }) => name === "1.weight")!;
    expect(weight.shape).toEqual([784, 300]);
    const squares = Array.from(weight.gradient!, (v) => v * v);
    expectClose(
      [norms.find(({ name }) => name === "1.weight")!.norm ** 2],
      [squares.reduce((sum, v) => sum + v, 0)],
    );
  });

  it.each(["layer", "net", "dense", "batchNorm", "deep", "own"] as const)(
    "and leaves no tensor behind: %s",
    (loss) => {
      const before = memory().tensors;
      for (const detail of ["operations", "layers"] as const) walk(stateOf({ loss, detail }));
      expect(memory().tensors).toBe(before);
    },
  );

  it("what stays when numbers of the address do not fit", () => {
    expect(walk(stateOf({ w: [1, 2, 3] })).loss).toBe(golden.outputs.E_eq9);
    expect(walk(stateOf({ b: [Number.NaN] })).loss).toBeNaN();
  });
});
