import { GraphError, gradients, randn, type Tensor, tensor, ValueError } from "@convgrad/core";
import {
  annotate,
  Conv2D,
  crossEntropy,
  Dense,
  Flatten,
  type Graph,
  graph,
  MaxPool,
  Module,
  ReLU,
  Sequential,
} from "@convgrad/layers";
import { describe, expect, it } from "vitest";

const leaf = (values: number | number[]): Tensor => tensor(values, { requiresGrad: true });

function lenet(): { model: Sequential; loss: Tensor } {
  const model = new Sequential(
    new Conv2D(1, 2, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool(2),
    new Flatten(),
    new Dense(2 * 4 * 4, 3),
  );
  return {
    model,
    loss: crossEntropy(model.forward(randn([2, 1, 8, 8])), tensor(new Int32Array(2))),
  };
}

class Residual extends Module {
  readonly convs = [1, 2, 3].map(() => new Conv2D(2, 2, 3, { padding: "same" }));
  forward(x: Tensor): Tensor {
    return this.convs.reduce((y, conv) => conv.forward(y.relu()).add(x).add(y), x);
  }
}

describe("graph", () => {
  it("lists nodes with inputs before outputs, and edges with the position of the input", () => {
    const [x, w] = [leaf([1, 2]), leaf([3, 4])];
    const g = graph(tensor([5, 5]).mul(x).sub(w.mul(w)).sum(), { names: [["x", x]] });
    const named = g.nodes.map(({ operation, name, kind, shape }) => [operation, name, kind, shape]);
    expect(named.slice(0, 5)).toEqual([
      ["leaf", "x", "leaf", [2]],
      ["leaf", null, "leaf", [2]],
      ["mul", null, "operation", [2]],
      ["mul", null, "operation", [2]],
      ["sub", null, "operation", [2]],
    ]);
    expect(g.edges.slice(0, 5)).toEqual([
      { from: 0, to: 2, input: 1 },
      { from: 1, to: 3, input: 0 },
      { from: 1, to: 3, input: 1 },
      { from: 2, to: 4, input: 0 },
      { from: 3, to: 4, input: 1 },
    ]);
    expect(g.nodes.map(({ id }) => id)).toEqual([...g.nodes.keys()]);
    expect(g.nodes[3]!.saved).toEqual([[2]]);
    expect(String(g).split("\n").slice(0, 3)).toEqual([
      "%0 = x [2]",
      "%1 = leaf [2]",
      "%2 = mul(·, %0) [2]",
    ]);
  });

  it("takes names from a model, groups what a layer is made of, or draws layers as one node", () => {
    const { model, loss } = lenet();
    const full = graph(loss, { names: model });
    expect(full.groups.map(({ operation }) => operation)).toEqual([
      "conv2d",
      "maxPool",
      "dense",
      "crossEntropy",
    ]);
    const inConv = full.nodes.filter(({ group }) => group === 0).map(({ operation }) => operation);
    expect(inConv).toContain("contract");
    expect(inConv).not.toContain("leaf");
    expect(full.nodes.filter(({ kind }) => kind === "leaf").map(({ name }) => name)).toEqual([
      "0.weight",
      "0.bias",
      "4.weight",
      "4.bias",
    ]);
    const layers = graph(loss, { names: model, detail: "layers" });
    expect(String(layers).split("\n")).toEqual([
      "%0 = 0.weight [2, 1, 3, 3]",
      "%1 = 0.bias [2]",
      "%2 = 4.weight [32, 3]",
      "%3 = 4.bias [3]",
      "%4 = conv2d(·, %0, %1) [2, 2, 8, 8]",
      "%5 = relu(%4) [2, 2, 8, 8]",
      "%6 = maxPool(%5) [2, 2, 4, 4]",
      "%7 = reshape(%6) [2, 32]",
      "%8 = dense(%7, %2, %3) [2, 3]",
      "%9 = crossEntropy(%8) []",
    ]);
    expect(layers.nodes[4]!.equation).toBe("y = x ⊗ w + b");
    const bare = new Conv2D(1, 1, 1, { bias: false, flip: true }).forward(randn([1, 1, 2, 2]));
    expect(graph(bare, { detail: "layers" }).nodes.at(-1)!.equation).toBe("y = x ∗ w");
  });

  it("shows a composed operation of the user's own", () => {
    const silu = (x: Tensor) =>
      annotate(x.mul(x.sigmoid()), { operation: "mySilu", equation: "y = x·σ(x)", inputs: [x] });
    const x = leaf([1]);
    expect(String(graph(silu(x), { detail: "layers" }))).toBe("%0 = leaf [1]\n%1 = mySilu(%0) [1]");
    expect(annotate(x, { operation: "nothing", inputs: [] })).toBe(x); // a leaf stays a leaf
  });

  it("works before backward and after one that retained the graph, not after it was freed", () => {
    const { loss } = lenet();
    const before = String(graph(loss));
    loss.backward(undefined, { retainGraph: true });
    expect(String(graph(loss))).toBe(before);
    loss.backward();
    expect(() => graph(loss)).toThrow(GraphError);
    expect(() => graph(loss)).toThrow(/graph: the graph behind .* was freed .*retainGraph: true/);
  });

  it("of a leaf is that leaf", () => {
    expect(graph(leaf([1])).nodes).toHaveLength(1);
    expect(graph(leaf([1])).toSvg()).toContain("leaf");
  });

  it("refuses tensors without a graph and unknown details", () => {
    expect(() => graph(tensor([1]))).toThrow(GraphError);
    expect(() => graph(tensor([1]))).toThrow(/set requiresGrad on the parameters first/);
    expect(() => graph(leaf([1]), { detail: "all" as never })).toThrow(ValueError);
    expect(() => graph(3 as never)).toThrow(ValueError);
  });

  it("is iterative: a chain of 100,000 nodes has data and DOT; a picture of it is refused", () => {
    let y = leaf(1);
    for (let i = 0; i < 100_000; i++) y = y.neg();
    const g = graph(y);
    expect(g.nodes).toHaveLength(100_001);
    expect(g.toDot().split("\n").length).toBeGreaterThan(200_000);
    expect(String(g)).toMatch(/… 99960 more\n%100000 = neg\(%99999\) \[\]$/);
    expect(() => g.toSvg()).toThrow(ValueError);
    expect(() => g.toSvg()).toThrow(/too many to be read; use \{ detail: "layers" \}.*toDot\(\)/);
  });

  it("of the backward pass too, when it is recorded", () => {
    const x = leaf(2);
    const [slope] = gradients(x.pow(3), [x], { createGraph: true });
    expect(graph(slope).nodes.length).toBeGreaterThan(3);
  });
});

describe("a layout for pictures of one's own", () => {
  it.each(["operations", "layers"] as const)(
    "of %s has each box and each path once; paths begin below one box and end above the other",
    (detail) => {
      const { model, loss } = lenet();
      const g = graph(loss, { names: model, detail });
      const { width, height, boxes, paths } = g.layout();
      expect(boxes.map(({ node }) => node).sort((p, q) => p - q)).toEqual([...g.nodes.keys()]);
      expect(paths.map(({ edge }) => edge).sort((p, q) => p - q)).toEqual([...g.edges.keys()]);
      const boxOf = new Map(boxes.map((box) => [box.node, box]));
      for (const { edge, d } of paths) {
        const numbers = d.match(/[\d.]+/g)!.map(Number);
        const [from, to] = [boxOf.get(g.edges[edge]!.from)!, boxOf.get(g.edges[edge]!.to)!];
        expect(numbers[0]).toBeCloseTo(from.x + from.width / 2, 0);
        expect(numbers[1]).toBeCloseTo(from.y + from.height, 0);
        expect(numbers.at(-2)).toBeCloseTo(to.x + to.width / 2, 0);
        expect(numbers.at(-1)).toBeCloseTo(to.y, 0);
      }
      expect(Math.max(...boxes.map((b) => b.x + b.width))).toBeLessThanOrEqual(width);
      expect(Math.max(...boxes.map((b) => b.y + b.height))).toBeLessThanOrEqual(height);
      expect(boxOf.get(0)!.lines).toEqual(["0.weight", "[2, 1, 3, 3]"]);
    },
  );

  it("is refused, under its own name, where nobody could read it", () => {
    let y = leaf(1);
    for (let i = 0; i < 20_000; i++) y = y.neg();
    expect(() => graph(y).layout()).toThrow(/layout: 20001 boxes and bends are too many/);
  });

  it("goes with the recorded nodes, of a composed operation the last", () => {
    const { model, loss } = lenet();
    const g = graph(loss, { names: model, detail: "layers" });
    expect(g.recorded).toHaveLength(g.nodes.length);
    expect(g.recorded.at(-1)).toBe(loss.node);
    expect(g.recorded[0]!.leaf).toBe(model.namedParameters()[0]![1]);
    g.nodes.forEach(({ shape }, id) => {
      expect(g.recorded[id]!.shape).toEqual(shape);
    });
  });
});

describe("DOT and Mermaid", () => {
  const awkward = () => {
    const x = leaf([1]);
    return graph(x.mul(2), { names: [['a"b\\<c>&#d', x]] });
  };

  it("DOT has one line per node and edge, quoted strings and closed braces", () => {
    const { model, loss } = lenet();
    const g = graph(loss, { names: model });
    const lines = g.toDot().split("\n");
    expect(lines[0]).toBe("digraph convgrad {");
    expect(lines.at(-1)).toBe("}");
    expect(
      lines.filter((line) =>
        /^ +n\d+ \[label="(?:[^"\\]|\\.)*"(?:, shape=ellipse)?\];$/.test(line),
      ),
    ).toHaveLength(g.nodes.length);
    expect(
      lines.filter((line) => /^ {2}n\d+ -> n\d+ \[headlabel="\d+"\];$/.test(line)),
    ).toHaveLength(g.edges.length);
    expect(lines.filter((line) => line.endsWith("{"))).toHaveLength(1 + g.groups.length);
    expect(lines.filter((line) => line.trim() === "}")).toHaveLength(1 + g.groups.length);
    expect(awkward().toDot()).toContain('label="a\\"b\\\\<c>&#d\\n[1]", shape=ellipse');
  });

  it("Mermaid has one line per node and edge, entities and closed subgraphs", () => {
    const { model, loss } = lenet();
    const g = graph(loss, { names: model });
    const lines = g.toMermaid().split("\n");
    expect(lines[0]).toBe("flowchart TD");
    expect(
      lines.filter((line) =>
        /^ +n\d+(?:\["[^"<>&]*(?:<br\/>[^"<>&]*)*"\]|\(\["[^"]*"\]\))$/.test(line),
      ),
    ).toHaveLength(g.nodes.length);
    expect(lines.filter((line) => /^ {2}n\d+ -->\|\d+\| n\d+$/.test(line))).toHaveLength(
      g.edges.length,
    );
    expect(lines.filter((line) => /^ {2}subgraph g\d+ \["\w+"\]$/.test(line))).toHaveLength(
      g.groups.length,
    );
    expect(lines.filter((line) => line === "  end")).toHaveLength(g.groups.length);
    expect(awkward().toMermaid()).toContain('(["a#34;b\\#60;c#62;#38;#35;d<br/>[1]"])');
  });
});

describe("SVG", () => {
  interface Box {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }

  function boxes(svg: string): Box[] {
    const rects = svg.matchAll(
      /<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)"/g,
    );
    return [...rects].map(([, ...numbers]) => {
      const [x, y, width, height] = numbers.map(Number) as [number, number, number, number];
      return { x, y, width, height };
    });
  }

  const pictures = (): [string, Graph][] => {
    const { model, loss } = lenet();
    const residual = new Residual();
    const y = residual.forward(randn([1, 2, 5, 5], { requiresGrad: true })).mean();
    const [x, w] = [leaf([1, 2]), leaf([3, 4])];
    let shared: Tensor = x;
    for (let i = 0; i < 12; i++) shared = shared.mul(w).add(x).tanh();
    return [
      ["a net", graph(loss, { names: model })],
      ["its layers", graph(loss, { names: model, detail: "layers" })],
      ["a residual", graph(y, { names: residual })],
      ["weights shared over steps", graph(shared.sum())],
    ];
  };

  it.each(pictures())("of %s: a box per node inside the picture, none over another", (_, g) => {
    const svg = g.toSvg();
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number) as [
      number,
      number,
      number,
    ];
    const all = boxes(svg);
    expect(all).toHaveLength(g.nodes.length);
    expect(svg.match(/marker-end/g)).toHaveLength(g.edges.length);
    all.forEach((a, i) => {
      expect(a.x).toBeGreaterThanOrEqual(0);
      expect(a.y).toBeGreaterThanOrEqual(0);
      expect(a.x + a.width).toBeLessThanOrEqual(width);
      expect(a.y + a.height).toBeLessThanOrEqual(height);
      for (const b of all.slice(i + 1)) {
        const apart =
          a.x + a.width <= b.x ||
          b.x + b.width <= a.x ||
          a.y + a.height <= b.y ||
          b.y + b.height <= a.y;
        expect(apart).toBe(true);
      }
    });
  });

  it("draws inputs above outputs", () => {
    const { loss } = lenet();
    const g = graph(loss, { detail: "layers" });
    const all = boxes(g.toSvg());
    // Boxes come row by row; the result is the last.
    expect(all.at(-1)!.y).toBe(Math.max(...all.map(({ y }) => y)));
    expect(all[0]!.y).toBe(Math.min(...all.map(({ y }) => y)));
  });

  it("escapes text and takes the colours of the page", () => {
    const x = leaf([1]);
    const svg = graph(x.mul(2), { names: [['<b & "c"', x]] }).toSvg();
    expect(svg).toContain("&#60;b &#38; &#34;c&#34;");
    expect(svg).not.toContain("<b &");
    expect(svg).toContain("currentColor");
    expect(svg).toContain("prefers-color-scheme: dark");
  });

  it("keeps names from breaking lines, XML and Mermaid", () => {
    const x = leaf([1]);
    const g = graph(x.mul(2), { names: [["`a\n\0\ud800\u2028b` %%{", x]] });
    expect(g.toSvg()).toContain(">`a b` %%{<");
    expect(g.toDot()).toContain('n0 [label="`a b` %%{\\n[1]"');
    expect(g.toMermaid()).toContain('n0(["#96;a b#96; #37;#37;{<br/>[1]"])');
  });

  it("refuses names that are none", () => {
    const x = leaf([1]);
    const named = (names: unknown) => () => graph(x.mul(2), { names: names as never });
    for (const names of [5, null, "w", [null], { w: x }]) {
      expect(named(names)).toThrow(ValueError);
      expect(named(names)).toThrow(/names must be a model, or pairs/);
    }
    expect(named([["w", null]])).toThrow(/leaf "w" must be a tensor, not null/);
  });
});
