import { manualSeed, randn, randomState, setRandomState, tensor } from "@convgrad/core";
import { DataLoader, type DataLoaderOptions, type LabelledImages } from "@convgrad/data";
import {
  BatchNorm2D,
  Conv2D,
  Dense,
  Dropout,
  Flatten,
  MaxPool,
  ReLU,
  Sequential,
} from "@convgrad/layers";

const CLASSES = 3;

/** Pictures 1 × 8 × 8 of noise with a bright bar, whose place is the class. */
export function pictures(count: number, seed = 7): LabelledImages {
  const before = randomState();
  manualSeed(seed);
  const pixels = randn([count, 1, 8, 8]).mul(0.5).toTypedArray() as Float32Array;
  const labels = Int32Array.from({ length: count }, (_, i) => (i * 7) % CLASSES);
  labels.forEach((label, i) => {
    for (let x = 0; x < 8; x++) pixels[i * 64 + (1 + 2 * label) * 8 + x]! += 1.5;
  });
  setRandomState(before);
  return { images: tensor(pixels, { shape: [count, 1, 8, 8] }), labels: tensor(labels) };
}

/** A convolution, running statistics and dropout: all that a run must carry along. */
export function net(seed = 1): Sequential {
  manualSeed(seed);
  return new Sequential(
    new Conv2D(1, 4, 3, { padding: "same" }),
    new BatchNorm2D(4),
    new ReLU(),
    new MaxPool(2),
    new Flatten(),
    new Dropout(0.25),
    new Dense(64, CLASSES),
  );
}

export function loaderOf(
  count = 50,
  options: DataLoaderOptions<LabelledImages, LabelledImages> = {},
): DataLoader<LabelledImages> {
  return new DataLoader(pictures(count), { batch: 8, shuffle: true, seed: 3, ...options });
}

/** Batches of pictures that no run was trained on. */
export function validationLoader(): DataLoader<LabelledImages> {
  return new DataLoader(pictures(30, 8), { batch: 16 });
}
