export type { ApplyTransformsOptions } from "./applyTransforms.ts";
export { applyTransforms } from "./applyTransforms.ts";
export type { Cifar100Options } from "./cifar.ts";
export { cifar10, cifar100 } from "./cifar.ts";
export type { DataLoaderOptions, DataLoaderSettings, DataLoaderState } from "./dataLoader.ts";
export { DataLoader } from "./dataLoader.ts";
export type { Columns, Dataset } from "./dataset.ts";
export { tensorDataset } from "./dataset.ts";
export type { DecodeImageOptions, ImageOptions } from "./decodeImage.ts";
export { decodeImage } from "./decodeImage.ts";
export type { EmnistOptions } from "./emnist.ts";
export { emnist } from "./emnist.ts";
export type { IdxArray, ReadIdxOptions } from "./idx.ts";
export { readIdx } from "./idx.ts";
export type { ImageFolder, ImageFolderOptions } from "./imageFolder.ts";
export { imageFolder } from "./imageFolder.ts";
export type { ImageSetOptions, LabelledImageSets, LabelledImages } from "./labelledImages.ts";
export type { MnistOptions } from "./mnist.ts";
export { fashionMnist, mnist } from "./mnist.ts";
export { pixels, scalePixels } from "./pixels.ts";
export type { ReadCifarOptions } from "./readCifar.ts";
export { readCifar } from "./readCifar.ts";
export type { Subset } from "./subset.ts";
export { subset } from "./subset.ts";
export type { SplitOptions } from "./trainValidationSplit.ts";
export { trainValidationSplit } from "./trainValidationSplit.ts";
export type {
  CropPadding,
  Normalize,
  NormalizeOptions,
  RandomAffine,
  RandomAffineOptions,
  RandomCrop,
  RandomCropOptions,
  RandomErasing,
  RandomErasingOptions,
  RandomFlip,
  RandomRotation,
  RandomRotationOptions,
  Range,
  Transform,
} from "./transform.ts";
export {
  normalize,
  randomAffine,
  randomCrop,
  randomErasing,
  randomHorizontalFlip,
  randomRotation,
  randomVerticalFlip,
} from "./transform.ts";
