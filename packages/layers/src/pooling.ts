import {
  checkBoolean,
  checkOptions,
  formatShape,
  requireTensor,
  type Shape,
  ShapeError,
  type Tensor,
  windowExtent,
} from "@convgrad/core";
import {
  checkWindow,
  formatPair,
  type Pair,
  type Side,
  type WindowGeometry,
  type WindowSettings,
  windowGeometry,
} from "./geometry.ts";
import { type Taps, tapsOf } from "./loops/windows.ts";
import { Module } from "./module.ts";

/** How a pooling window slides. */
export interface PoolOptions {
  /** Cells from one window to the next; default: the kernel, so that windows do not overlap. */
  readonly stride?: Pair;
  /** Cells around the image, at most half the kernel; default 0. What they hold depends on the pooling. */
  readonly padding?: Pair | readonly [vertical: Side, horizontal: Side];
  /** Count a last window that overhangs the image; default false. */
  readonly ceilMode?: boolean;
}

/** {@link PoolOptions} of poolings whose windows may have holes. */
export interface DilatedPoolOptions extends PoolOptions {
  /** Cells from one tap of the window to the next; default 1. */
  readonly dilation?: Pair;
}

/** The names of {@link DilatedPoolOptions}. */
export const POOL_OPTIONS = ["stride", "padding", "dilation", "ceilMode"] as const;

/**
 * The settings of a pooling, defaults included.
 *
 * @throws {@link ShapeError} when one is out of range, or the padding is more than half the kernel:
 * a window could then lie wholly in the padding.
 */
function poolSettings(
  operation: string,
  kernel: Pair,
  options: DilatedPoolOptions,
): WindowSettings {
  const { stride = kernel, padding = 0, dilation = 1, ceilMode = false } = options;
  checkBoolean(operation, "ceilMode", ceilMode);
  const settings = { kernel, stride, padding, dilation, ceilMode };
  const window = checkWindow(operation, settings);
  checkBoolean(operation, "ceilMode", ceilMode);
  // "same", which the types do not offer, never exceeds half the kernel.
  const sides = window.padding === "same" ? [] : window.padding;
  sides.forEach((side, axis) => {
    const extent = windowExtent(window.kernel[axis]!, window.dilation[axis]!);
    if (Math.max(...side) > extent / 2) {
      throw new ShapeError(
        operation,
        `padding ${Math.max(...side)} is more than half the kernel (${extent}), so a window could hold nothing else; ` +
          `lower it to ${Math.floor(extent / 2)} or less`,
        { padding, kernel },
      );
    }
  });
  return settings;
}

/**
 * The window of a pooling over the last two axes.
 *
 * @throws {@link ShapeError} when a setting is out of range, no window fits, or one holds only
 * padding.
 */
export function poolGeometry(
  operation: string,
  x: Tensor,
  kernel: Pair,
  options: DilatedPoolOptions,
): WindowGeometry {
  requireTensor(operation, "input x", x);
  return poolWindow(operation, x.shape, kernel, options);
}

/** {@link poolGeometry} for an input of a given shape. */
export function poolWindow(
  operation: string,
  image: Shape,
  kernel: Pair,
  options: DilatedPoolOptions,
): WindowGeometry {
  if (image.length < 2) {
    throw new ShapeError(operation, `expects images […, H, W], not ${formatShape(image)}`, {
      shape: image,
    });
  }
  const window = windowGeometry(operation, image, poolSettings(operation, kernel, options));
  refuseEmptyWindows(operation, image, window);
  return window;
}

/**
 * @throws {@link ShapeError} when all taps of a window fall into the padding, which holes between
 * them, or an image without cells, allow.
 */
function refuseEmptyWindows(operation: string, image: Shape, window: WindowGeometry): void {
  for (const axis of [0, 1] as const) {
    const size = image.at(axis - 2)!;
    const dilation = window.dilation[axis];
    for (let u = 0; u < window.output[axis]; u++) {
      const start = u * window.stride[axis] - window.padding[axis][0];
      const skipped = start < 0 ? Math.ceil(-start / dilation) : 0;
      if (skipped >= window.kernel[axis] || start + skipped * dilation >= size) {
        throw new ShapeError(
          operation,
          `${dilation === 1 ? "" : `with dilation ${dilation} `}all taps of window ${u} ` +
            `fall into the padding (axis of ${size}, kernel ${window.kernel[axis]}); lower the padding or the dilation`,
          { image, window },
        );
      }
    }
  }
}

/** A pooling layer's name: `MaxPool(2×2, stride 1)`. */
export function formatPool(name: string, kernel: Pair, options: DilatedPoolOptions): string {
  const { stride, padding = 0, dilation = 1, ceilMode = false } = options;
  const extras = [
    stride === undefined ? "" : `, stride ${formatPair(stride)}`,
    padding === 0 ? "" : `, padding ${JSON.stringify(padding)}`,
    dilation === 1 ? "" : `, dilation ${formatPair(dilation)}`,
    ceilMode ? ", ceil mode" : "",
  ];
  return `${name}(${formatPair(kernel)}${extras.join("")})`;
}

/** A layer that pools; it has no parameters.  `[…, H, W] → […, oh, ow]` */
export abstract class Pool<Options extends DilatedPoolOptions> extends Module {
  readonly kernel: Pair;
  readonly options: Options;
  readonly #name: string;

  /**
   * @param name as messages and `summary()` give it
   * @param kernel height and width of a window
   * @param known the names of the options
   * @throws {@link ShapeError} when a setting is out of range; {@link ValueError} for an option that does not exist.
   */
  constructor(
    name: string,
    kernel: Pair,
    options: Options,
    known: readonly (keyof Options & string)[] = POOL_OPTIONS,
  ) {
    super();
    checkOptions(name, options, known);
    poolSettings(name, kernel, options);
    this.#name = name;
    this.kernel = kernel;
    this.options = options;
  }
  /** The window over an input of a given shape. */
  protected window(x: Shape): WindowGeometry {
    return poolWindow(this.#name, x, this.kernel, this.options);
  }
  override reach(x: Tensor): WindowGeometry {
    return poolGeometry(this.#name, x, this.kernel, this.options);
  }
  override toString(): string {
    return formatPool(this.#name, this.kernel, this.options);
  }
}

/** A layer that pools whole planes; it has no parameters. */
export abstract class GlobalPool extends Module {
  override reach(): "all" {
    return "all";
  }
  /** The one window, for `toLoops()`. */
  protected taps(x: Shape): Taps {
    const [h, w] = x.slice(-2) as [number, number];
    return tapsOf(poolWindow("globalPool", x, [h, w], {}), x);
  }
}
