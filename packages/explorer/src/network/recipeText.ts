import { choice, type Field, real, type StateOf, whole } from "../address/fields.ts";
import type { LayerCard, Recipe } from "./recipe.ts";

/** The least and the most that the editor allows; more would keep the page waiting, or its memory full. */
export const LIMITS = {
  layers: [0, 32],
  filters: [1, 256],
  kernel: [1, 15],
  stride: [1, 8],
  padding: [0, 8],
  size: [1, 28],
  units: [1, 4096],
  /** Of dropout, in hundredths. */
  percent: [0, 95],
  batch: [1, 512],
  epochs: [1, 100],
} as const;

type Numbers = Readonly<Record<string, number>>;
type Type = LayerCard["type"];

/** How a layer is written: a word, then its numbers, each after its letter. */
interface Word {
  readonly word: string;
  /** The numbers in their order: a letter (none for the first), the limits, and what is meant where one is left out. */
  readonly numbers: readonly {
    readonly name: string;
    readonly letter: string;
    readonly within: readonly [number, number];
    readonly usual?: (before: Numbers) => number;
  }[];
}

const POOL: Word["numbers"] = [
  { name: "size", letter: "", within: LIMITS.size },
  { name: "stride", letter: "s", within: LIMITS.size, usual: ({ size }) => size! },
];
const WORDS: Readonly<Record<Type, Word>> = {
  conv: {
    word: "conv",
    numbers: [
      { name: "filters", letter: "", within: LIMITS.filters },
      { name: "kernel", letter: "k", within: LIMITS.kernel },
      { name: "stride", letter: "s", within: LIMITS.stride, usual: () => 1 },
      { name: "padding", letter: "p", within: LIMITS.padding, usual: () => 0 },
    ],
  },
  maxPool: { word: "max", numbers: POOL },
  avgPool: { word: "avg", numbers: POOL },
  lpPool: { word: "lp", numbers: POOL },
  relu: { word: "relu", numbers: [] },
  tanh: { word: "tanh", numbers: [] },
  sigmoid: { word: "sigmoid", numbers: [] },
  gelu: { word: "gelu", numbers: [] },
  batchNorm: { word: "norm", numbers: [] },
  globalAvgPool: { word: "mean", numbers: [] },
  flatten: { word: "flat", numbers: [] },
  dropout: { word: "drop", numbers: [{ name: "percent", letter: "", within: LIMITS.percent }] },
  dense: { word: "dense", numbers: [{ name: "units", letter: "", within: LIMITS.units }] },
};

/** Layers as a short text for an address: `conv6k5p2-relu-max2-flat-dense10`. */
export function writeLayers(layers: readonly LayerCard[]): string {
  return layers.map(writeCard).join("-");
}

function writeCard(card: LayerCard): string {
  const { word, numbers } = WORDS[card.type];
  const values = numbersOf(card);
  const parts = numbers.map(({ name, letter, usual }) =>
    usual?.(values) === values[name] ? "" : `${letter}${values[name]}`,
  );
  return word + parts.join("");
}

/** Dropout's p has two digits after the point. */
function numbersOf(card: LayerCard): Numbers {
  return card.type === "dropout"
    ? { percent: Math.round(100 * card.p) }
    : (Object.fromEntries(Object.entries(card).slice(1)) as Numbers);
}

/** The layers of a text, which may come from anywhere; `undefined` for what is none, or too much. */
export function readLayers(text: string): readonly LayerCard[] | undefined {
  if (text === "") return [];
  if (text.length > 1000) return undefined;
  const cards = text.split("-").map(readCard);
  const fits = cards.length <= LIMITS.layers[1];
  return fits && cards.every((card) => card !== undefined) ? cards : undefined;
}

function readCard(text: string): LayerCard | undefined {
  for (const [type, { word, numbers }] of Object.entries(WORDS)) {
    const pattern = numbers.map(
      ({ letter, usual }) => `(?:${letter}(\\d{1,4}))${usual ? "?" : ""}`,
    );
    const found = new RegExp(`^${word}${pattern.join("")}$`).exec(text);
    if (!found) continue;
    const values: Record<string, number> = {};
    for (const [i, { name, within, usual }] of numbers.entries()) {
      const given = found[i + 1];
      const value = given === undefined ? usual!(values) : Number(given);
      if (value < within[0] || value > within[1]) return undefined;
      values[name] = value;
    }
    const { percent, ...rest } = values;
    const settings = percent === undefined ? rest : { p: percent / 100 };
    return { type: type as Type, ...settings } as LayerCard;
  }
  return undefined;
}

/** LeNet-5 with today's ReLU and max pooling, as `leNet5()` builds it. */
const LENET = "conv6k5p2-relu-max2-conv16k5-relu-max2-flat-dense120-relu-dense84-relu-dense10";
const NETWORK: Field<readonly LayerCard[]> = {
  initial: readLayers(LENET)!,
  write: writeLayers,
  read: readLayers,
};

/** A recipe in an address. */
export const RECIPE_FIELDS = {
  network: NETWORK,
  seed: whole(1, 0, Number.MAX_SAFE_INTEGER),
  batch: whole(32, ...LIMITS.batch),
  optimizer: choice("sgd", ["sgd", "adam"]),
  lr: real(0.05, 0, 10),
  momentum: real(0.9, 0, 0.999),
  epochs: whole(10, ...LIMITS.epochs),
};

/** The recipe that a state of {@link RECIPE_FIELDS} means. */
export function recipeOf(state: StateOf<typeof RECIPE_FIELDS>): Recipe {
  const { network: layers, seed, batch, optimizer, lr, momentum, epochs } = state;
  return { layers, seed, batch, optimizer, lr, momentum, epochs };
}
