import { checkOptions, checkWhole, formatValue, ValueError } from "@convgrad/core";

/** See {@link normalize}. */
export interface Normalize {
  readonly name: "normalize";
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** See {@link randomCrop}. */
export interface RandomCrop {
  readonly name: "randomCrop";
  /** Height and width; `null`: those of the image. */
  readonly size: readonly [number, number] | null;
  readonly padding: readonly [number, number];
  readonly paddingMode: CropPadding;
  readonly fill: number;
}

/** See {@link randomHorizontalFlip} and {@link randomVerticalFlip}. */
export interface RandomFlip {
  readonly name: "randomHorizontalFlip" | "randomVerticalFlip";
  readonly p: number;
}

/** See {@link randomRotation}. */
export interface RandomRotation {
  readonly name: "randomRotation";
  readonly degrees: Range;
  readonly fill: number;
}

/** See {@link randomAffine}. */
export interface RandomAffine {
  readonly name: "randomAffine";
  readonly degrees: Range;
  readonly translate: readonly [number, number];
  readonly scale: Range;
  readonly shear: readonly [number, number, number, number];
  readonly fill: number;
}

/** See {@link randomErasing}. */
export interface RandomErasing {
  readonly name: "randomErasing";
  readonly p: number;
  readonly scale: Range;
  readonly ratio: Range;
  readonly value: readonly number[];
}

/**
 * What becomes of images, as plain data: it can be printed, kept in a file and sent to a worker. Every setting is there,
 * the ones left to their defaults too.
 */
export type Transform =
  | Normalize
  | RandomCrop
  | RandomFlip
  | RandomRotation
  | RandomAffine
  | RandomErasing;

/** The least and the greatest value. */
export type Range = readonly [least: number, greatest: number];

const PADDINGS = ["constant", "reflect", "replicate", "circular"] as const;
/** What lies around a padded image: one value, or pixels of the image, as `pad` has them. */
export type CropPadding = (typeof PADDINGS)[number];

/** Options of {@link normalize}. */
export interface NormalizeOptions {
  /** Of all channels, or one for each. */
  readonly mean: number | readonly number[];
  /** Of all channels, or one for each; not 0. */
  readonly std: number | readonly number[];
}

/**
 * (x − mean) ÷ std in float32, channel by channel. Source: torchvision's `Normalize`.
 *
 * @throws {@link ValueError} for options that are unknown, or a std of 0: `normalize: std is 0; …`
 */
export function normalize(options: NormalizeOptions): Normalize {
  const name = "normalize";
  checkOptions(name, options, ["mean", "std"]);
  const [mean, std] = [listOf(name, "mean", options.mean), listOf(name, "std", options.std)];
  const same = mean.length === std.length || mean.length === 1 || std.length === 1;
  if (!same || !std.every((s) => Math.fround(s) > 0)) {
    const what = `std is ${formatValue(options.std)}`;
    throw new ValueError(name, `${what}; it must be positive numbers, one or as many as in mean`, {
      mean,
      std,
    });
  }
  return { name, mean, std };
}

/** Options of {@link randomCrop}. */
export interface RandomCropOptions {
  /** Height and width of the result, or both at once; default: those of the image. */
  readonly size?: number | readonly [number, number] | null;
  /** Pixels that are put above and below, left and right of the image, or on all sides; default 0. */
  readonly padding?: number | readonly [number, number];
  /** Default `"constant"`: `fill`. */
  readonly paddingMode?: CropPadding;
  /** Default 0. */
  readonly fill?: number;
}

/**
 * A part of the image, padded before, at a place that is drawn: each is equally likely. Source: torchvision's
 * `RandomCrop`, with the padding modes of `pad`.
 *
 * @throws {@link ValueError} for options that are unknown or out of range: `randomCrop: padding is -1; …`
 * @example
 * const transform = [randomCrop({ padding: 4 }), randomHorizontalFlip(), normalize({ mean: 0.5, std: 0.25 })];
 */
export function randomCrop(options: RandomCropOptions = {}): RandomCrop {
  const name = "randomCrop";
  checkOptions(name, options, ["size", "padding", "paddingMode", "fill"]);
  const { size = null, padding = 0, paddingMode = "constant", fill = 0 } = options;
  if (!PADDINGS.includes(paddingMode)) {
    const known = PADDINGS.map((mode) => `"${mode}"`).join(", ");
    throw new ValueError(name, `paddingMode is ${formatValue(paddingMode)}; known: ${known}`);
  }
  return {
    name,
    size: size === null ? null : wholePair(name, "size", size, 1),
    padding: wholePair(name, "padding", padding, 0),
    paddingMode,
    fill: finite(name, "fill", fill),
  };
}

/**
 * The image as a mirror shows it, left and right exchanged, with probability p. Source: torchvision's
 * `RandomHorizontalFlip`.
 *
 * @param p 0 to 1
 * @throws {@link ValueError} for a p out of range.
 */
export function randomHorizontalFlip(p = 0.5): RandomFlip {
  const name = "randomHorizontalFlip";
  return { name, p: finite(name, "p", p, 0, 1) };
}

/**
 * The image upside down, as water shows it, with probability p. Source: torchvision's `RandomVerticalFlip`.
 *
 * @param p 0 to 1
 * @throws {@link ValueError} for a p out of range.
 */
export function randomVerticalFlip(p = 0.5): RandomFlip {
  const name = "randomVerticalFlip";
  return { name, p: finite(name, "p", p, 0, 1) };
}

/** Options of {@link randomRotation}. */
export interface RandomRotationOptions {
  /** What comes in from outside the image; default 0. */
  readonly fill?: number;
}

/**
 * The image turned about its middle by an angle that is drawn, counter-clockwise if positive; the size stays. Pixels in
 * between are interpolated bilinearly. Source: torchvision's `RandomRotation`, there by default the nearest pixel.
 *
 * @param degrees the range of angles, d standing for [−d, d]
 * @throws {@link ValueError} for options that are unknown or no numbers.
 */
export function randomRotation(
  degrees: number | Range,
  options: RandomRotationOptions = {},
): RandomRotation {
  const name = "randomRotation";
  checkOptions(name, options, ["fill"]);
  const { fill = 0 } = options;
  return {
    name,
    degrees: rangeAround0(name, "degrees", degrees, FURTHEST),
    fill: finite(name, "fill", fill),
  };
}

/** Options of {@link randomAffine}. */
export interface RandomAffineOptions {
  /** The range of angles, clockwise if positive; d stands for [−d, d]. Default 0. */
  readonly degrees?: number | Range;
  /** How far the image moves at most, in parts of its width and of its height, by whole pixels; default [0, 0]. */
  readonly translate?: readonly [number, number];
  /** The range of factors; default [1, 1]. */
  readonly scale?: Range;
  /** The range of angles between −90° and 90° by which columns lean, d standing for [−d, d]; four: rows too. Default 0. */
  readonly shear?: number | Range | readonly [number, number, number, number];
  /** What comes in from outside the image; default 0. */
  readonly fill?: number;
}

/**
 * The image turned, moved, scaled and sheared about its middle, each by an amount that is drawn; the size stays. Pixels
 * in between are interpolated bilinearly. Source: torchvision's `RandomAffine`, there by default the nearest pixel.
 *
 * @throws {@link ValueError} for options that are unknown or out of range: `randomAffine: scale is [0,1]; …`
 * @example
 * const transform = [randomAffine({ degrees: 10, translate: [0.1, 0.1], scale: [0.9, 1.1] })];
 */
export function randomAffine(options: RandomAffineOptions): RandomAffine {
  const name = "randomAffine";
  checkOptions(name, options, ["degrees", "translate", "scale", "shear", "fill"]);
  const { degrees = 0, translate = [0, 0], scale = [1, 1], shear = 0, fill = 0 } = options;
  const isFour = Array.isArray(shear) && shear.length === 4;
  const columns = isFour ? shear.slice(0, 2) : shear;
  return {
    name,
    degrees: rangeAround0(name, "degrees", degrees, FURTHEST),
    translate: pairIn(name, "translate", translate, 0, 1),
    scale: rangeIn(name, "scale", scale, SMALLEST, LARGEST),
    shear: [
      ...rangeAround0(name, "shear", columns as number | Range, STEEPEST),
      ...rangeAround0(name, "shear", (isFour ? shear.slice(2) : 0) as number | Range, STEEPEST),
    ],
    fill: finite(name, "fill", fill),
  };
}

/** Options of {@link randomErasing}. */
export interface RandomErasingOptions {
  /** How probable it is, 0 to 1; default 0.5. */
  readonly p?: number;
  /** The range of the rectangle's area in parts of the image's; default [0.02, 0.33]. */
  readonly scale?: Range;
  /** The range of the rectangle's height over its width; default [0.3, 3.3]. */
  readonly ratio?: Range;
  /** What it is filled with, one number or one for each channel; default 0. */
  readonly value?: number | readonly number[];
}

/**
 * A rectangle of the image, with a size and at a place that are drawn, replaced by a value. Source: torchvision's
 * `RandomErasing`; Zhong et al., "Random erasing data augmentation", 2017.
 *
 * @throws {@link ValueError} for options that are unknown or out of range: `randomErasing: p is 2; …`
 */
export function randomErasing(options: RandomErasingOptions = {}): RandomErasing {
  const name = "randomErasing";
  checkOptions(name, options, ["p", "scale", "ratio", "value"]);
  const { p = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], value = 0 } = options;
  return {
    name,
    p: finite(name, "p", p, 0, 1),
    scale: rangeIn(name, "scale", scale, 0, 1),
    ratio: rangeIn(name, "ratio", ratio, SMALLEST, LARGEST),
    value: listOf(name, "value", value),
  };
}

/** Factors beyond these leave nothing of an image. */
const SMALLEST = 1e-3;
const LARGEST = 1e3;
/** Degrees: many turns, and still exact. */
const FURTHEST = 1e6;
/** Degrees; at 90° a picture would be infinitely long. */
const STEEPEST = 89;

function finite(
  operation: string,
  what: string,
  value: unknown,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= least && value <= most) {
    return value;
  }
  const range = Number.isFinite(least) ? ` from ${least} to ${most}` : "";
  throw new ValueError(
    operation,
    `${what} is ${formatValue(value)}; it must be a finite number${range}`,
    { [what]: value },
  );
}

function listOf(operation: string, what: string, value: unknown): readonly number[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > 0) return list.map((each) => finite(operation, what, each));
  throw new ValueError(operation, `${what} is []; pass a number, or one for each channel`);
}

function pairIn(
  operation: string,
  what: string,
  value: unknown,
  least?: number,
  most?: number,
): [number, number] {
  if (!Array.isArray(value) || value.length !== 2) {
    throw new ValueError(operation, `${what} is ${formatValue(value)}; it must be two numbers`, {
      [what]: value,
    });
  }
  return [
    finite(operation, what, value[0], least, most),
    finite(operation, what, value[1], least, most),
  ];
}

function rangeIn(
  operation: string,
  what: string,
  value: unknown,
  least?: number,
  most?: number,
): Range {
  const range = pairIn(operation, what, value, least, most);
  if (range[0] <= range[1]) return range;
  throw new ValueError(operation, `${what} is [${range}]; the lesser number comes first`, {
    [what]: value,
  });
}

function rangeAround0(operation: string, what: string, value: number | Range, most: number): Range {
  if (Array.isArray(value)) return rangeIn(operation, what, value, -most, most);
  const greatest = finite(operation, what, value, 0, most);
  return [0 - greatest, greatest]; // not −0, which a file would not keep
}

function wholePair(
  operation: string,
  what: string,
  value: unknown,
  least: number,
): [number, number] {
  const pair = Array.isArray(value) ? value : [value, value];
  if (pair.length !== 2) return pairIn(operation, what, value);
  for (const each of pair) checkWhole(operation, what, each, least, LONGEST);
  return [pair[0], pair[1]];
}

/** Pixels on a side. */
const LONGEST = 2 ** 16;

/** So many places in a list have random numbers of their own. */
const MOST_TRANSFORMS = 256;

/**
 * The transforms of a list, checked again: it may come from a file.
 *
 * @throws {@link ValueError} for what is none: `DataLoader: transform[1] is "flip"; …`
 */
export function checkTransforms(operation: string, list: readonly Transform[]): Transform[] {
  if (!Array.isArray(list) || list.length > MOST_TRANSFORMS) {
    const what = Array.isArray(list) ? `has ${list.length} entries` : `is ${formatValue(list)}`;
    throw new ValueError(
      operation,
      `transform ${what}; it must be a list of ${MOST_TRANSFORMS} transforms at most`,
    );
  }
  return list.map((transform, at) => {
    const name = (transform as Partial<Transform> | null | undefined)?.name;
    if (typeof name !== "string" || !Object.hasOwn(REMAKE, name)) {
      throw new ValueError(
        operation,
        `transform[${at}] is ${formatValue(transform)}; use ${Object.keys(REMAKE).join(", ")}`,
        { transform },
      );
    }
    return REMAKE[name](transform as never);
  });
}

const REMAKE: { readonly [K in Transform["name"]]: (given: never) => Transform } = {
  normalize: ({ name: _, ...options }: Normalize) => normalize(options),
  randomCrop: ({ name: _, ...options }: RandomCrop) => randomCrop(options),
  randomHorizontalFlip: ({ p }: RandomFlip) => randomHorizontalFlip(p),
  randomVerticalFlip: ({ p }: RandomFlip) => randomVerticalFlip(p),
  randomRotation: ({ name: _, degrees, ...options }: RandomRotation) =>
    randomRotation(degrees, options),
  randomAffine: ({ name: _, ...options }: RandomAffine) => randomAffine(options),
  randomErasing: ({ name: _, ...options }: RandomErasing) => randomErasing(options),
};
