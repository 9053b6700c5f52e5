import { scope, type Tensor, tensor } from "@convgrad/core";
import { pixels } from "@convgrad/data";
import { Conv2D, softmax } from "@convgrad/layers";
import type { ImageSets } from "./imageSets.ts";
import { imagePixels, planesPixels } from "./pictures.ts";
import type { LayerPixels, Report, Sample } from "./protocol.ts";
import type { Training } from "./training.ts";

/** Filters and feature maps that are shown of a layer. */
const MOST_FILTERS = 32;
const MOST_MAPS = 8;
/** Training images that the page shows, in all, and of a class. */
const SAMPLES = 80;
const SAMPLES_OF_CLASS = 8;
/** Among so many images they are looked for. */
const SEARCHED = 2000;

/** The filters, and what the layers make of an image to validate with. */
export function lookAt(training: Training, image: number): Extract<Report, { kind: "pictures" }> {
  const { sets } = training;
  return training.inUse((model) => {
    const bytes = one(sets.validation.images, image);
    const maps: LayerPixels[] = [];
    const logits = model.layers.reduce((x, layer, card) => {
      const y = layer.forward(x);
      if (layer instanceof Conv2D) maps.push(planesOf(y, 1, card, layer, MOST_MAPS));
      return y;
    }, pixels(bytes));
    const first = model.layers.findIndex((layer) => layer instanceof Conv2D);
    return {
      kind: "pictures",
      image,
      label: one(sets.validation.labels, image).item(),
      probabilities: [...softmax(logits, 1).toTypedArray()],
      input: imagePixels(bytes.toTypedArray(), sets.imageShape, 255),
      filters: first < 0 ? null : filtersOf(model.layers[first] as Conv2D, first),
      maps,
    };
  });
}

/** Row i, with its axis. */
const one = (x: Tensor, i: number) => x.slice([i], [i + 1]);

/** Of filters over several channels the mean over them is shown. */
function filtersOf(layer: Conv2D, card: number): LayerPixels {
  return planesOf(layer.weight.detach().mean([1]), 0, card, layer, MOST_FILTERS);
}

/** Planes as pictures; [1, K, H, W] or [K, H, W]. */
function planesOf(x: Tensor, lead: number, card: number, layer: Conv2D, most: number): LayerPixels {
  const shape = x.shape.slice(lead) as unknown as readonly [number, number, number];
  const { pictures, range } = planesPixels(x.toTypedArray(), shape, most);
  return { card, layer: String(layer), pictures, of: shape[0], range };
}

/** Some training images of each class. */
export function samplesOf({ train, classes, imageShape }: ImageSets): readonly Sample[] {
  const { images, labels } = train;
  const most = Math.max(1, Math.min(SAMPLES_OF_CLASS, Math.floor(SAMPLES / classes.length)));
  return scope(() => {
    const found = classes.map((): number[] => []);
    const some = labels.slice([0], [Math.min(SEARCHED, labels.size)]).toTypedArray();
    some.forEach((label, i) => {
      if (found[label]!.length < most) found[label]!.push(i);
    });
    const sample = (label: number, i: number): Sample => ({
      label,
      picture: imagePixels(one(images, i).toTypedArray(), imageShape, 255),
    });
    const all = found.flatMap((indices, label) => indices.map((i) => sample(label, i)));
    return all.slice(0, SAMPLES);
  });
}

/** The probability of each class for an image of numbers in [0, 1]. */
export function classify(training: Training, values: Float32Array): readonly number[] {
  return training.inUse((model) => {
    const image = tensor(values, { shape: [1, ...training.sets.imageShape] });
    return [...softmax(model.forward(image), 1).toTypedArray()];
  });
}
