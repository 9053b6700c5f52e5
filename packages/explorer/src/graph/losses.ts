import { manualSeed, randn, type Tensor, tensor, ValueError, zeros } from "@convgrad/core";
import {
  batchNorm2d,
  Conv2D,
  conv2d,
  crossEntropy,
  Dense,
  dense,
  Flatten,
  MaxPool,
  type Module,
  mse,
  ReLU,
  Sequential,
} from "@convgrad/layers";
import { ARTICLE } from "../golden/article.ts";
import type { Grid } from "../golden/grid.ts";
import { buildNetwork } from "../network/buildNetwork.ts";
import type { GraphState, LeafName } from "./fields.ts";

/** A loss with its graph, float64. */
export interface Recorded {
  readonly loss: Tensor;
  readonly names: readonly (readonly [name: string, leaf: Tensor])[];
  /** What a softmax follows, `[N, K]`, and the classes `[N]`. */
  readonly scores: { readonly logits: Tensor; readonly labels: Tensor } | null;
  /** Whose leaves they are, for the caller to release. */
  readonly model?: Module;
}

/** A tensor whose numbers people may change. */
export interface EditableLeaf {
  readonly name: LeafName;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

type Inputs = Readonly<Partial<Record<LeafName, Omit<EditableLeaf, "name">>>>;

/** How many classes the chosen loss tells apart. */
export function classesOf({ loss }: GraphState): number {
  return loss === "own" ? 10 : 3;
}

const ARTICLE_LAYER = ARTICLE.article_4x4_k2_relu_integers;
const inputOf = ({ rows, columns, values }: Grid) => ({ shape: [rows, columns], values });

/** One layer of the article, its golden case of 4×4 pixels; and a layer that classifies. */
const EDITABLE: Readonly<Partial<Record<GraphState["loss"], Inputs>>> = {
  layer: {
    x: inputOf(ARTICLE_LAYER.x),
    w: inputOf(ARTICLE_LAYER.w),
    b: { shape: [1], values: [ARTICLE_LAYER.bias] },
    t: inputOf(ARTICLE_LAYER.target),
  },
  dense: {
    x: { shape: [1, 3], values: [1, 2, -1] },
    w: { shape: [3, 3], values: [0.5, -0.25, 1, 0.75, 0.5, -1, -0.5, 1, 0.25] },
    b: { shape: [3], values: [0, 0.5, -0.5] },
  },
};

/** The leaves of the chosen loss that can be edited, with the numbers of the address where these fit. */
export function editableLeaves(state: GraphState): readonly EditableLeaf[] {
  const inputs = EDITABLE[state.loss] ?? {};
  return (Object.keys(inputs) as LeafName[]).map((name) => {
    const { shape, values } = inputs[name]!;
    const own = state[name];
    return { name, shape, values: own?.length === values.length ? own : values };
  });
}

/** The chosen loss, computed and recorded. */
export function record(state: GraphState): Recorded {
  manualSeed(7);
  switch (state.loss) {
    case "layer":
      return layer(state);
    case "net":
      return net(state);
    case "dense":
      return classifier(state);
    case "batchNorm":
      return normalised();
    case "deep":
      return deep(state);
    case "own":
      return own(state);
  }
}

const float64 = { dtype: "float64" } as const;
const leaf = { ...float64, requiresGrad: true } as const;

/** The leaf as the operations want it. */
function editable(state: GraphState, name: LeafName, shape: readonly number[]): Tensor {
  const { values } = editableLeaves(state).find((one) => one.name === name)!;
  return tensor([...values], { ...(name === "t" ? float64 : leaf), shape });
}

/** Equations (6) to (9) of the article: o = f(x), the next x = w ⊗ o + b, E = ½ Σ (x − t)². */
function layer(state: GraphState): Recorded {
  const x = editable(state, "x", [1, 1, 4, 4]);
  const w = editable(state, "w", [1, 1, 2, 2]);
  const b = editable(state, "b", [1]);
  const loss = mse(conv2d(x.relu(), w, b), editable(state, "t", [1, 1, 3, 3]), {
    reduction: "halfSum",
  });
  return { loss, names: Object.entries({ x, w, b }), scores: null };
}

/** A class of another loss may be none of this one. */
function labelOf(state: GraphState): number {
  return Math.min(state.label, classesOf(state) - 1);
}

function classifier(state: GraphState): Recorded {
  const x = editable(state, "x", [1, 3]);
  const w = editable(state, "w", [3, 3]);
  const b = editable(state, "b", [3]);
  return classified(dense(x, w, b), labelOf(state), Object.entries({ x, w, b }));
}

function classified(logits: Tensor, label: number, names: Recorded["names"]): Recorded {
  const labels = tensor(new Int32Array([label]));
  return { loss: crossEntropy(logits, labels), names, scores: { logits, labels } };
}

/** The article's net as a reader asked for it: conv – relu – max – conv – relu – max – flatten – dense – softmax. */
function net(state: GraphState): Recorded {
  const { filters } = state;
  const model = new Sequential(
    new Conv2D(1, 2, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool(2),
    new Conv2D(2, filters, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool(2),
    new Flatten(),
    new Dense(filters * 4, 3),
  );
  return ofModel(model, [1, 1, 8, 8], labelOf(state));
}

/** The trainer's network, on an image of the size of its digits. */
function own(state: GraphState): Recorded {
  const classes = classesOf(state);
  const { rows, model } = buildNetwork(state.net, { imageShape: [1, 28, 28], classes });
  if (!model) {
    const fault = rows.find(({ error }) => error)?.error ?? "graph: no layers; add some";
    const [operation = "", ...message] = fault.split(": "); // as the library has put them together
    throw new ValueError(operation, message.join(": "));
  }
  return ofModel(model, [1, 1, 28, 28], labelOf(state));
}

/** A model's loss for one image of random pixels. */
function ofModel(model: Module, shape: readonly number[], label: number): Recorded {
  const single = Object.values(model.stateDict()).map(({ storage }) => storage);
  model.to("float64");
  for (const storage of single) storage.release("released, since float64 took its place");
  const x = randn(shape, leaf);
  const names = [["x", x], ...model.namedParameters()] as const;
  return { ...classified(model.forward(x), label, names), model };
}

function normalised(): Recorded {
  const x = randn([2, 2, 3, 3], leaf);
  const weight = tensor([1, 2], leaf);
  const bias = tensor([0, 0.5], leaf);
  const y = batchNorm2d(x, weight, bias).relu();
  const loss = mse(y, zeros(y.shape, float64), { reduction: "halfSum" });
  return { loss, names: Object.entries({ x, weight, bias }), scores: null };
}

const UNITS = 8;
/** Of √(2 / 8), the standard deviation that He et al. 2015 propose. */
const STARTS = { small: 0.3, he: 1, large: 3 } as const;

/** Dense layers of 8 units, one after another, with the same activation between. */
function deep({ depth, activation, start }: GraphState): Recorded {
  let y = randn([1, UNITS], float64);
  const names: (readonly [string, Tensor])[] = [];
  for (let i = 0; i < depth; i++) {
    const deviation = STARTS[start] * Math.sqrt(2 / UNITS);
    const w = randn([UNITS, UNITS], float64).mul(deviation).detach();
    w.requiresGrad = true;
    names.push([`w${i + 1}`, w]);
    y = dense(y, w)[activation]();
  }
  return { loss: mse(y, zeros(y.shape, float64), { reduction: "halfSum" }), names, scores: null };
}
