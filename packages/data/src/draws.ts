import { arange, randomBlock, ShapeError, scope } from "@convgrad/core";
import type { PixelStep } from "./pixelProgram.ts";
import type {
  RandomAffine,
  RandomCrop,
  RandomErasing,
  RandomRotation,
  Range,
  Transform,
} from "./transform.ts";
import { cosine, power, sine } from "./trigonometry.ts";

/** [N, C, H, W] */
export type ImageShape = readonly [number, number, number, number];

/** What the random numbers of an image follow from: these, and the place of the transform in its list. */
export interface DrawKeys {
  readonly seed: number;
  readonly epoch: number;
  /** The number of each image in its data set. */
  readonly indices: ArrayLike<number>;
}

/** The first random stream of transforms: beyond those that orders are drawn from. */
const AUGMENTING = 2 ** 33;
/** Random words that a transform may use for an image: sixteen blocks. */
const BLOCKS = 16;
/** Places in a list; see `checkTransforms`. */
const PLACES = 256;

/** Uniform numbers in [0, 1) of one image and one transform after the other. */
class Uniform {
  readonly #seed: number;
  readonly #stream: number;
  readonly #words = new Uint32Array(4);
  #block = 0;
  #drawn = 0;

  constructor(seed: number, epoch: number) {
    this.#seed = seed;
    this.#stream = AUGMENTING + epoch;
  }

  begin(sample: number, place: number): void {
    this.#block = (sample * PLACES + place) * BLOCKS;
    this.#drawn = 0;
  }

  next(): number {
    const at = this.#drawn++ % 4;
    if (at === 0) randomBlock(this.#seed, this.#stream, this.#block++, this.#words);
    return this.#words[at]! / 2 ** 32;
  }

  between([least, greatest]: Range): number {
    return least + (greatest - least) * this.next();
  }

  /** A whole number from 0 to n. */
  upTo(n: number): number {
    return Math.floor(this.next() * (n + 1));
  }
}

/**
 * Draws everything that is random about the transforms of a batch.
 *
 * @returns what is to be done with the pixels, and the shape that they have afterwards
 * @throws {@link ShapeError} when images are too small or have other channels than a transform was made for.
 */
export function drawSteps(
  transforms: readonly Transform[],
  shape: ImageShape,
  { seed, epoch, indices }: DrawKeys,
): { readonly steps: PixelStep[]; readonly shape: ImageShape } {
  const uniform = new Uniform(seed, epoch);
  let now = shape;
  const steps = transforms.map((transform, place) => {
    const each = (count: number, draw: (out: Float64Array, at: number) => void) => {
      const draws = new Float64Array(count * now[0]);
      for (let n = 0; n < now[0]; n++) {
        uniform.begin(indices[n]!, place);
        draw(draws, n * count);
      }
      return draws;
    };
    const step = stepOf(transform, now, uniform, each);
    if (step.kind === "crop") now = [now[0], now[1], ...step.size];
    return step;
  });
  return { steps, shape: now };
}

/** Calls `draw` once for each image; it puts its `count` numbers into `out` from `at` on. */
type Each = (count: number, draw: (out: Float64Array, at: number) => void) => Float64Array;

function stepOf(transform: Transform, shape: ImageShape, uniform: Uniform, each: Each): PixelStep {
  switch (transform.name) {
    case "normalize": {
      const { mean, std } = transform;
      checkChannels("normalize", "means", mean, shape);
      checkChannels("normalize", "stds", std, shape);
      return { kind: "normalize", mean, std };
    }
    case "randomHorizontalFlip":
    case "randomVerticalFlip": {
      const draws = each(1, (out, at) => {
        out[at] = uniform.next() < transform.p ? 1 : 0;
      });
      return { kind: "flip", vertical: transform.name === "randomVerticalFlip", draws };
    }
    case "randomCrop":
      return crop(transform, shape, uniform, each);
    case "randomRotation":
    case "randomAffine": {
      const draws = each(6, (out, at) => out.set(matrix(transform, shape, uniform), at));
      return { kind: "affine", fill: transform.fill, draws };
    }
    case "randomErasing": {
      checkChannels("randomErasing", "values", transform.value, shape);
      const draws = each(4, (out, at) => out.set(rectangle(transform, shape, uniform), at));
      return { kind: "erase", value: transform.value, draws };
    }
  }
}

function checkChannels(
  operation: string,
  what: string,
  list: readonly number[],
  shape: ImageShape,
): void {
  const [, channels] = shape;
  if (list.length === 1 || list.length === channels) return;
  throw new ShapeError(
    operation,
    `${list.length} ${what} for images of ${channels} channels [${shape}]; give one number, or ${channels}`,
    { shape, [what]: list },
  );
}

function crop(transform: RandomCrop, shape: ImageShape, uniform: Uniform, each: Each): PixelStep {
  const { padding, paddingMode, fill } = transform;
  const [, , height, width] = shape;
  const size = transform.size ?? [height, width];
  const spare = [height + 2 * padding[0] - size[0], width + 2 * padding[1] - size[1]] as const;
  if (Math.min(...spare) < 0) {
    throw new ShapeError(
      "randomCrop",
      `${size.join("×")} is more than images of ${height}×${width} with padding [${padding}] have; ` +
        "crop less, or pad more",
      { size, padding, shape },
    );
  }
  checkPadding(transform, shape);
  // What pad does with the numbers of rows says where each row of the padded image comes from.
  const sources = (n: number, margin: number) =>
    scope(() =>
      arange(0, n, 1, { dtype: "int32" })
        .pad([[margin, margin]], paddingMode === "constant" ? -1 : { mode: paddingMode })
        .toTypedArray(),
    ) as Int32Array;
  return {
    kind: "crop",
    size,
    rows: sources(height, padding[0]),
    columns: sources(width, padding[1]),
    fill,
    draws: each(2, (out, at) => {
      out[at] = uniform.upTo(spare[0]);
      out[at + 1] = uniform.upTo(spare[1]);
    }),
  };
}

/** What lies around an image is taken from it once: see `pad`. */
function checkPadding({ padding, paddingMode }: RandomCrop, shape: ImageShape): void {
  const [, , height, width] = shape;
  const isReflect = paddingMode === "reflect";
  if (!isReflect && paddingMode !== "circular") return;
  const most = (side: number) => (isReflect ? Math.max(side - 1, 0) : side);
  if (padding[0] <= most(height) && padding[1] <= most(width)) return;
  throw new ShapeError(
    "randomCrop",
    `padding [${padding}] with mode "${paddingMode}" is more than images of ${height}×${width} can give; ` +
      `pad by ${isReflect ? "less than a side" : "a side at most"}, or use mode "replicate"`,
    { padding, paddingMode, shape },
  );
}

/**
 * Where the pixels of an affinely moved image come from, as `PixelStep` has it: the inverse of
 * M = T · C · R · S · C⁻¹ with the translation T, the middle C, the rotation R and the scales and shears S.
 * Source: torchvision, `_get_inverse_affine_matrix`.
 */
function matrix(
  transform: RandomAffine | RandomRotation,
  [, , height, width]: ImageShape,
  uniform: Uniform,
): readonly number[] {
  // Torchvision turns the one clockwise, the other counter-clockwise.
  const isRotation = transform.name === "randomRotation";
  const drawn = uniform.between(transform.degrees);
  const degrees = isRotation ? -drawn : drawn;
  const [dx, dy] = isRotation ? [0, 0] : transform.translate;
  const x = Math.round(uniform.between([-dx * width, dx * width]));
  const y = Math.round(uniform.between([-dy * height, dy * height]));
  const scale = isRotation ? 1 : uniform.between(transform.scale);
  const [x0, x1, y0, y1] = isRotation ? [0, 0, 0, 0] : transform.shear;
  const lean = uniform.between([x0, x1]);
  const rise = uniform.between([y0, y1]);
  const tangent = sine(lean) / cosine(lean);
  const [cos, sin] = [cosine(degrees - rise) / cosine(rise), sine(degrees - rise) / cosine(rise)];
  const a = (cosine(degrees) - sin * tangent) / scale;
  const b = (cos * tangent + sine(degrees)) / scale;
  const d = -sin / scale;
  const e = cos / scale;
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  const c = middleX - a * (middleX + x) - b * (middleY + y);
  const f = middleY - d * (middleX + x) - e * (middleY + y);
  return [a, b, c, d, e, f];
}

/** Rectangles that are tried before the image is left as it is. */
const TRIES = 10;
const NOTHING = [0, 0, 0, 0] as const;

/** Top, left, height and width of what is erased. */
function rectangle(
  { p, scale, ratio }: RandomErasing,
  [, , height, width]: ImageShape,
  uniform: Uniform,
): readonly number[] {
  if (uniform.next() >= p) return NOTHING;
  for (let k = 0; k < TRIES; k++) {
    const area = height * width * uniform.between(scale);
    // Its logarithm is uniform.
    const aspect = ratio[0] * power(ratio[1] / ratio[0], uniform.next());
    const h = Math.round(Math.sqrt(area * aspect));
    const w = Math.round(Math.sqrt(area / aspect));
    if (h < height && w < width) {
      return [uniform.upTo(height - h), uniform.upTo(width - w), h, w];
    }
  }
  return NOTHING;
}
