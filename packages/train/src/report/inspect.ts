import {
  checkFunction,
  checkOptions,
  checkWhole,
  formatValue,
  noGrad,
  type RemoveHook,
  requireTensor,
  type Shape,
  scope,
  type Tensor,
  tensor,
  ValueError,
} from "@convgrad/core";
import {
  type ClassificationScores,
  Conv2D,
  Module,
  precisionRecallF1,
  type SummaryRow,
} from "@convgrad/layers";
import {
  type Batches,
  type BatchReader,
  checkBatches,
  inputAndTarget,
  type LabelledBatch,
} from "../batches.ts";
import { remember } from "../evaluate.ts";
import { weightsHash } from "../weightsHash.ts";
import { checkClasses } from "./classes.ts";
import { eachPlane, type Picture, pictureOf, planesOf, shown, symmetricRange } from "./picture.ts";
import { type Example, type Mistake, Walk } from "./walk.ts";

/** What {@link inspect} is told. */
export interface InspectOptions<B = LabelledBatch> {
  /** What the model takes of a batch, and the classes; default: `[images, labels]`. */
  readonly batch?: BatchReader<B>;
  /** What the classes are called; default: their numbers. */
  readonly classes?: readonly string[];
  /** What the batches are, for captions; default `"validation"`. */
  readonly data?: string;
  /** Samples whose feature maps are kept, 0 or more; default 8. */
  readonly images?: number;
  /** The worst mistakes that are kept, 0 or more; default 24. */
  readonly mistakes?: number;
  /** Feature maps of each of the first two convolutions, and four times as many filters, 0 or more; default 16. */
  readonly maps?: number;
}

/** Pictures that belong to one layer. */
export interface LayerPictures {
  /** `"0 Conv2D(1 → 6, 5×5)"` */
  readonly layer: string;
  readonly pictures: readonly Picture[];
  /** How many there are; `pictures` may be the first of them. */
  readonly of: number;
}

/** A sample on its way through the first layers. */
export interface InspectedImage {
  /** Its number in the order of the batches, from 0. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  readonly picture: Picture;
  readonly maps: readonly LayerPictures[];
}

/** What {@link inspect} finds, plain data. */
export interface Inspection {
  /** What the samples were, `"validation"`. */
  readonly data: string;
  readonly classes: readonly string[];
  readonly samples: number;
  /** Means over the samples: cross entropy, and the part whose largest logit is the label. */
  readonly loss: number;
  readonly accuracy: number;
  /** How often each class was taken for each, m[truth][prediction]. */
  readonly confusion: readonly (readonly number[])[];
  readonly scores: ClassificationScores;
  /** The worst first. */
  readonly mistakes: readonly Mistake[];
  /** The filters of the first convolution; `null` if there is none. */
  readonly filters: LayerPictures | null;
  readonly images: readonly InspectedImage[];
  readonly summary: {
    readonly inputShape: Shape;
    readonly rows: readonly SummaryRow[];
    readonly parameters: number;
    readonly multiplyAdds: number;
  };
  /** As `weightsHash` gives it. */
  readonly weightsHash: string;
}

const KNOWN = ["batch", "classes", "data", "images", "mistakes", "maps"] as const;
const LIMITS = { images: 8, mistakes: 24, maps: 16 };
const CONVOLUTIONS = 2;

/**
 * Looks into a classifier: what it confuses, its worst mistakes, its first filters, what the first layers make of a few
 * images. Walks over the batches once, in `eval()` mode; the model goes back to the mode it was in. The result is plain
 * data, for {@link renderReport} and for `JSON.stringify`.
 *
 * @param model gives logits `[N, K]` for images `[N, C, H, W]`, or for other samples `[N, …]`, which have no pictures
 * @param batches a `DataLoader`, or any list of batches `{ images, labels }`
 * @throws {@link ValueError} for an unknown or wrong option, what is no `Module`, no batches or an empty list of them;
 * {@link ShapeError} for a model that gives no logits: `inspect: the model gives [4, 3, 2]; logits must be [N, K]`.
 *
 * @example
 * const found = await inspect(model, new DataLoader(test, { batch: 250, transform: scalePixels }));
 * console.log(found.scores.perClass[3].recall, found.mistakes[0]);
 */
export async function inspect<B = LabelledBatch>(
  model: Module,
  batches: Batches<B>,
  options: InspectOptions<B> = {},
): Promise<Inspection> {
  const { data, maps, ...most } = checkedOptions(options);
  const { batch: read } = options;
  if (!(model instanceof Module)) {
    throw new ValueError("inspect", `the model is ${formatValue(model)}; it must be a Module`);
  }
  checkBatches("inspect", "the batches are", batches);
  const walk = new Walk(most);
  const restore = remember(model);
  model.eval();
  let inputShape: Shape = [];
  try {
    for await (const batch of batches) {
      const [images, labels] = inputAndTarget("inspect", batch, read);
      inputShape = images.shape.slice(1);
      if (images.shape[0] !== 0) scope(() => noGrad(() => step(model, walk, images, labels)));
    }
    if (walk.samples === 0) {
      throw new ValueError("inspect", "there is no sample; pass a loader with data");
    }
    const { rows, parameters, multiplyAdds } = model.summary([1, ...inputShape]);
    const { confusion, samples, loss, mistakes } = walk;
    const hits = confusion.reduce((sum, row, k) => sum + row[k]!, 0);
    return {
      data,
      classes: namesOf(options.classes, walk.classes),
      samples,
      loss,
      accuracy: hits / samples,
      confusion,
      scores: scope(() => precisionRecallF1(tensor(confusion))),
      mistakes,
      filters: scope(() => filtersOf(model, 4 * maps)),
      images: walk.examples.map((example) => scope(() => look(model, example, maps))),
      summary: { inputShape: [1, ...inputShape], rows, parameters, multiplyAdds },
      weightsHash: await weightsHash(model.parameters()),
    };
  } finally {
    restore();
  }
}

function checkedOptions<B>(options: InspectOptions<B>): typeof LIMITS & { readonly data: string } {
  checkOptions("inspect", options, KNOWN);
  const { data = "validation", classes, batch } = options;
  if (batch !== undefined) checkFunction("inspect", "batch", batch, "(batch) => [images, labels]");
  const limits = { ...LIMITS };
  for (const name of ["images", "mistakes", "maps"] as const) {
    limits[name] = options[name] ?? limits[name];
    checkWhole("inspect", name, limits[name], 0);
  }
  if (typeof data !== "string") {
    throw new ValueError("inspect", `data is ${formatValue(data)}; it must be a text`, { data });
  }
  checkClasses("inspect", classes);
  return { ...limits, data };
}

function namesOf(classes: readonly string[] | undefined, count: number): readonly string[] {
  if (classes && classes.length !== count) {
    throw new ValueError(
      "inspect",
      `classes has ${classes.length} names, the model tells ${count} apart; pass one for each`,
      { names: classes.length, classes: count },
    );
  }
  return classes ?? Array.from({ length: count }, (_, k) => String(k));
}

function step(model: Module, walk: Walk, images: Tensor, labels: Tensor): void {
  const logits = model.forward(images);
  requireTensor("inspect", "result of the model", logits);
  walk.add(images, labels, logits);
}

/** The convolutions in a model with their names, in the order of its properties. */
function convolutionsOf(
  model: Module,
  name = "",
  above: readonly Module[] = [],
): [name: string, layer: Conv2D][] {
  if (model instanceof Conv2D) return [[name, model]];
  const path = [...above, model];
  return model
    .children()
    .filter(([, child]) => !path.includes(child)) // a part may point back at its whole
    .flatMap(([key, child]) => convolutionsOf(child, name === "" ? key : `${name}.${key}`, path));
}

const titleOf = (name: string, layer: Module) => `${name} ${layer}`.trim();

function filtersOf(model: Module, most: number): LayerPictures | null {
  const [first] = convolutionsOf(model);
  if (!first) return null;
  const [name, layer] = first;
  const count = layer.weight.shape[0]!;
  const planes = Array.from({ length: Math.min(count, most) }, (_, o) =>
    shown(planesOf(layer.weight, o)!),
  );
  const range = symmetricRange(planes);
  const pictures = planes.map((each) => pictureOf(each, range));
  return { layer: titleOf(name, layer), pictures, of: count };
}

/** The image once more through the model, with an eye on the first convolutions. */
function look(model: Module, example: Example, most: number): InspectedImage {
  const { planes, ...rest } = example;
  const maps: LayerPictures[] = [];
  const hooks: RemoveHook[] = [];
  const seen = new Set<Conv2D>();
  for (const [name, layer] of convolutionsOf(model)) {
    hooks.push(
      layer.onForward(({ output }) => {
        const isNew = !seen.has(layer) && maps.length < CONVOLUTIONS;
        if (isNew) maps.push(mapsOf(titleOf(name, layer), output, most));
        seen.add(layer);
        return undefined;
      }),
    );
  }
  try {
    const image = tensor(planes.values, { shape: [1, ...planes.shape] });
    noGrad(() => model.forward(image));
  } finally {
    for (const remove of hooks) remove();
  }
  return { ...rest, picture: pictureOf(planes), maps };
}

function mapsOf(layer: string, output: Tensor, most: number): LayerPictures {
  const all = planesOf(output, 0);
  const planes = all ? eachPlane(all).slice(0, most) : [];
  const range = symmetricRange(planes);
  const pictures = planes.map((each) => pictureOf(each, range));
  return { layer, pictures, of: output.shape[1]! };
}
