import {
  formatShape,
  formatValue,
  type Shape,
  ShapeError,
  sizeOf,
  windowCount,
  windowExtent,
} from "@convgrad/core";

/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [h: number, w: number];

/** Cells before and after an axis. */
export type Side = readonly [before: number, after: number];

/**
 * Zero cells around an image: n on all sides, [h, w] on both sides of an axis, [[top, bottom], [left, right]],
 * `"valid"` = none, or `"same"` = as many as make the output ⌈size / stride⌉, the odd one at the end (TensorFlow's rule;
 * PyTorch's too, where the stride is 1).
 */
export type PaddingOption = Pair | readonly [vertical: Side, horizontal: Side] | "same" | "valid";

/** A window over the last two axes of an image, with the padding that it slides over. */
export interface WindowGeometry {
  readonly kernel: readonly [h: number, w: number];
  readonly stride: readonly [h: number, w: number];
  readonly dilation: readonly [h: number, w: number];
  readonly padding: readonly [vertical: Side, horizontal: Side];
  /** Output height and width. */
  readonly output: readonly [h: number, w: number];
}

/** @throws {@link ShapeError} unless an option is a whole number ≥ `least`. */
export function checkSize(operation: string, what: string, n: number, least: number): void {
  if (Number.isSafeInteger(n) && n >= least) return;
  throw new ShapeError(operation, `${what} ${formatValue(n)} must be a whole number ≥ ${least}`, {
    [what]: n,
  });
}

/** @throws {@link ShapeError} unless groups is a whole number ≥ 1 that divides channels and filters of a layer. */
export function checkGroups(
  operation: string,
  groups: number,
  channels: number,
  filters: number,
): void {
  checkSize(operation, "groups", groups, 1);
  if (channels % groups === 0 && filters % groups === 0) return;
  throw new ShapeError(
    operation,
    `${groups} groups must divide ${channels} channels and ${filters} filters`,
    { groups },
  );
}

/**
 * A pair from an option.
 *
 * @throws {@link ShapeError} unless it is a whole number ≥ `least` or two of them:
 * `Conv2D: stride [1,1.5] must be a whole number ≥ 1, or a pair [h, w] of them`.
 */
export function pairOf(
  operation: string,
  what: string,
  option: Pair,
  least: number,
): [number, number] {
  const pair: readonly number[] = typeof option === "number" ? [option, option] : option;
  const isPair = Array.isArray(pair) && pair.length === 2;
  if (!isPair || !pair.every((n) => Number.isSafeInteger(n) && n >= least)) {
    throw new ShapeError(
      operation,
      `${what} ${formatValue(option)} must be a whole number ≥ ${least}, or a pair [h, w] of them`,
      { [what]: option },
    );
  }
  return [pair[0]!, pair[1]!];
}

/** Cells along a side: up to there float32, in which places are reckoned, holds each whole number. */
const MOST_CELLS = 2 ** 24;
/** Elements of a tensor: int32 must be able to name each place. */
const MOST_ELEMENTS = 2 ** 31 - 1;

/**
 * Refuses images so large that the tables behind them would not end, before any is made.
 *
 * @param image `[…, H, W]`
 * @throws {@link ShapeError} for a side of more than 2²⁴ cells, or more than 2³¹ − 1 elements:
 * `upsample: an output of 2147483648×4 cells is too large (a side has at most 16777216); lower size or scale`
 */
export function checkImageSize(operation: string, image: Shape, remedy: string): void {
  const [h, w] = image.slice(-2) as [number, number];
  if (Math.max(h, w) > MOST_CELLS) {
    throw new ShapeError(
      operation,
      `an output of ${h}×${w} cells is too large (a side has at most ${MOST_CELLS}); ${remedy}`,
      { shape: image },
    );
  }
  checkElements(operation, "an output", image, remedy);
}

/** @throws {@link ShapeError} for a shape of more than 2³¹ − 1 elements. */
export function checkElements(operation: string, what: string, shape: Shape, remedy: string): void {
  if (sizeOf(shape) <= MOST_ELEMENTS) return;
  throw new ShapeError(
    operation,
    `${what} ${formatShape(shape)} is too large (a tensor has at most ${MOST_ELEMENTS} elements); ${remedy}`,
    { shape },
  );
}

type AxisSettings = { size: number; kernel: number; stride: number; dilation: number };

function samePadding({ size, kernel, stride, dilation }: AxisSettings): Side {
  const output = Math.ceil(size / stride);
  const total = Math.max((output - 1) * stride + windowExtent(kernel, dilation) - size, 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

/** What the padding option means; "same" depends on the image. */
function paddingOf(operation: string, option: PaddingOption): [Side, Side] | "same" {
  if (option === "same") return "same";
  if (typeof option === "string" && option !== "valid") {
    throw new ShapeError(
      operation,
      `padding "${option}" is unknown; use "same", "valid", n, [h, w] or [[t, b], [l, r]]`,
      { padding: option },
    );
  }
  if (isSides(option)) {
    const [vertical, horizontal] = option;
    return [pairOf(operation, "padding", vertical, 0), pairOf(operation, "padding", horizontal, 0)];
  }
  const [h, w] = pairOf(operation, "padding", option === "valid" ? 0 : option, 0);
  return [
    [h, h],
    [w, w],
  ];
}

function isSides(option: PaddingOption): option is readonly [vertical: Side, horizontal: Side] {
  return Array.isArray(option) && option.length === 2 && option.every(Array.isArray);
}

/** The settings of a sliding window, as the layers take them. */
export interface WindowSettings {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: PaddingOption;
  readonly dilation: Pair;
  /** Count a last window that overhangs the padded image. */
  readonly ceilMode?: boolean;
}

/** {@link WindowSettings} in full, so far as they do not depend on the image. */
export interface CheckedWindow {
  readonly kernel: readonly [h: number, w: number];
  readonly stride: readonly [h: number, w: number];
  readonly dilation: readonly [h: number, w: number];
  readonly padding: readonly [vertical: Side, horizontal: Side] | "same";
}

/** @throws {@link ShapeError} when a setting is out of range, whatever the image. */
export function checkWindow(operation: string, settings: WindowSettings): CheckedWindow {
  return {
    kernel: pairOf(operation, "kernel", settings.kernel, 1),
    stride: pairOf(operation, "stride", settings.stride, 1),
    dilation: pairOf(operation, "dilation", settings.dilation, 1),
    padding: paddingOf(operation, settings.padding),
  };
}

/**
 * Resolves the settings for an image `[…, H, W]`; with `ceilMode` the padding grows at the end to hold the overhang.
 *
 * @throws {@link ShapeError} when a setting is out of range or no window fits:
 * `conv2d: kernel 5×5 does not fit the padded input 4×4 (4 + 2·0 − 5 < 0); lower the kernel or raise the padding`.
 */
export function windowGeometry(
  operation: string,
  image: Shape,
  settings: WindowSettings,
): WindowGeometry {
  const { kernel, stride, dilation, padding: option } = checkWindow(operation, settings);
  const size = image.slice(-2) as [number, number];
  const axis = (i: 0 | 1): AxisSettings => ({
    size: size[i],
    kernel: kernel[i],
    stride: stride[i],
    dilation: dilation[i],
  });
  const padding =
    option === "same" ? ([samePadding(axis(0)), samePadding(axis(1))] as const) : option;
  for (const i of [0, 1] as const) {
    const padded = size[i] + padding[i][0] + padding[i][1];
    if (padded < windowExtent(kernel[i], dilation[i]))
      throw tooLarge(operation, size, kernel, dilation, padding, i);
  }
  const counts = [0, 1].map((i) =>
    outputSize(axis(i as 0 | 1), padding[i]!, settings.ceilMode ?? false),
  );
  const output: [number, number] = [counts[0]!, counts[1]!];
  const overhang = (i: 0 | 1): Side => {
    const needed = (output[i] - 1) * stride[i] + windowExtent(kernel[i], dilation[i]);
    return [padding[i][0], Math.max(padding[i][1], needed - size[i] - padding[i][0])];
  };
  return { kernel, stride, dilation, padding: [overhang(0), overhang(1)], output };
}

/** ⌊·⌋ or, in ceil mode, ⌈·⌉ without a window that would start beyond the image and its leading padding. */
function outputSize(
  { size, kernel, stride, dilation }: AxisSettings,
  [before, after]: Side,
  ceilMode: boolean,
): number {
  const padded = size + before + after;
  if (!ceilMode) return windowCount(padded, kernel, stride, dilation);
  const count = windowCount(padded + stride - 1, kernel, stride, dilation);
  return (count - 1) * stride >= size + before ? count - 1 : count;
}

function tooLarge(
  operation: string,
  size: readonly number[],
  kernel: readonly number[],
  dilation: readonly number[],
  padding: readonly Side[],
  axis: 0 | 1,
): ShapeError {
  const padded = size.map((n, i) => n + padding[i]![0] + padding[i]![1]);
  const [before, after] = padding[axis]!;
  const extent = windowExtent(kernel[axis]!, dilation[axis]!);
  const sum = before === after ? `2·${before}` : `${before} + ${after}`;
  const taps =
    dilation[axis] === 1 ? `${kernel[axis]}` : `(${dilation[axis]}·(${kernel[axis]} − 1) + 1)`;
  return new ShapeError(
    operation,
    `kernel ${kernel.join("×")} does not fit the padded input ${padded.join("×")} ` +
      `(${size[axis]} + ${sum} − ${taps} < 0); lower the kernel${extent === kernel[axis] ? "" : " or the dilation"} ` +
      "or raise the padding",
    { size, kernel, dilation, padding },
  );
}

/** @throws {@link ShapeError} unless x is `[N, C, H, W]`. */
export function requireImages(operation: string, shape: Shape): void {
  if (shape.length !== 4) {
    throw new ShapeError(
      operation,
      `expects images [N, C, H, W], not ${formatShape(shape)}` +
        `${shape.length === 3 ? "; add the batch axis with unsqueeze(0)" : ""}`,
      { shape },
    );
  }
}

/** A pair as it stands in a layer's name: `5×5`. */
export function formatPair(pair: Pair): string {
  return typeof pair === "number" ? `${pair}×${pair}` : pair.join("×");
}
