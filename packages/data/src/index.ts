export type { DataLoaderOptions } from "./dataLoader.ts";
export { DataLoader } from "./dataLoader.ts";
export type { Columns, Dataset } from "./dataset.ts";
export { tensorDataset } from "./dataset.ts";
export type { IdxArray, ReadIdxOptions } from "./idx.ts";
export { readIdx } from "./idx.ts";
export type { LabelledImages, MnistOptions } from "./mnist.ts";
export { mnist } from "./mnist.ts";
export { pixels, scalePixels } from "./pixels.ts";
