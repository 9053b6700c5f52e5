import {
  full,
  gradients,
  manualSeed,
  randn,
  reference,
  scope,
  tensor,
  withBackend,
} from "@convgrad/core";
import { conv2d } from "@convgrad/layers";
import { createKernels, type WasmKernels } from "@convgrad/wasm";
import { describe, expect, it } from "vitest";

/** One filter per channel, or two, and how it slides over images of these sizes. */
interface Setting {
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly multiplier: number;
}

const SIZES = [
  [8, 8],
  [9, 13],
  [12, 34],
  [17, 18],
  [5, 41],
] as const;
const STRIDES = [
  [1, 1],
  [2, 2],
  [3, 3],
  [2, 1],
  [1, 3],
  [4, 2],
] as const;
const KERNELS = [
  [1, 1],
  [2, 2],
  [3, 3],
  [4, 4],
  [5, 5],
  [3, 5],
] as const;

const DILATIONS = [
  [1, 1],
  [2, 2],
  [2, 1],
] as const;

const SETTINGS: readonly Setting[] = KERNELS.flatMap((kernel) =>
  STRIDES.flatMap((stride) =>
    SIZES.flatMap((size) =>
      DILATIONS.flatMap((dilation) =>
        [1, 2].map((multiplier) => ({ size, kernel, stride, dilation, multiplier })),
      ),
    ),
  ),
);

const CHANNELS = 3;

/** The outputs and the gradients of images, filters and biases; `edit` changes filters before. */
function run(
  { size, kernel, stride, dilation, multiplier }: Setting,
  edit: (filters: Float32Array) => void = () => {},
  samples = 2,
): Float32Array[] {
  manualSeed(4);
  const filters = CHANNELS * multiplier;
  const x = randn([samples, CHANNELS, ...size], { requiresGrad: true });
  const values = Float32Array.from(randn([filters, 1, ...kernel]).toTypedArray());
  edit(values);
  const w = tensor(values, { requiresGrad: true }).reshape([filters, 1, ...kernel]);
  const b = randn([filters], { requiresGrad: true });
  const padding = [Math.floor(kernel[0] / 2), 0] as const;
  const y = conv2d(x, w, b, { stride, dilation, padding, groups: CHANNELS });
  const g = randn(y.shape);
  const found = gradients(y, [x, w, b], { gradient: g });
  return [y, ...found].map((t) => t.toTypedArray() as Float32Array);
}

/** The same on a backend whose free memory holds NaN. */
const onWasm = (kernels: WasmKernels, setting: Setting, edit?: (filters: Float32Array) => void) =>
  withBackend(kernels, () => {
    scope(() => [200, 2000, 8000].map((n) => full([n], Number.NaN).size));
    return run(setting, edit);
  });

const fits = ({ size, kernel, dilation }: Setting) =>
  size.every((n, axis) => n >= (kernel[axis]! - 1) * dilation[axis]! + 1);

function worst(ours: Float32Array, theirs: Float32Array): number {
  expect(ours.length).toBe(theirs.length);
  return ours.reduce((most, value, i) => {
    if (Object.is(value, theirs[i])) return most;
    const error = Math.abs(value - theirs[i]!);
    return error <= most ? most : error;
  }, 0);
}

/** Large images at stride 2 or 3. */
const hasWorkForThreads = ({ size, kernel, stride, dilation, multiplier }: Setting) =>
  size[1] === 34 && kernel[1] >= 3 && stride[1] === stride[0] && dilation[1] === multiplier;

const name = (setting: Setting) => JSON.stringify(setting);

describe("convolutions of single channels", () => {
  const kernels = createKernels({ threads: 1 });

  it.each(KERNELS)("equal the reference: filters %i × %i", (...kernel) => {
    for (const setting of SETTINGS.filter((s) => fits(s) && `${s.kernel}` === `${kernel}`)) {
      const theirs = withBackend(reference, () => run(setting));
      const ours = onWasm(kernels, setting);
      for (const [i, found] of ours.entries()) {
        expect(worst(found, theirs[i]!), `${name(setting)} ${i}`).toBeLessThan(1e-4);
      }
    }
  });

  it("spread no NaN or infinity of a tap to cells that it does not reach", () => {
    for (const setting of SETTINGS.filter(fits)) {
      const edit = (filters: Float32Array) => {
        filters[0] = Number.NaN;
        filters[filters.length - 1] = Number.POSITIVE_INFINITY;
      };
      const theirs = withBackend(reference, () => run(setting, edit))[1]!;
      expect(worst(onWasm(kernels, setting, edit)[1]!, theirs), name(setting)).toBeLessThan(1e-4);
    }
  });

  it("give the same bits on any number of threads", async () => {
    const several = createKernels({ threads: 3 });
    await several.settle?.();
    for (const setting of SETTINGS.filter(hasWorkForThreads)) {
      const [one, three] = [kernels, several].map((each) =>
        withBackend(each, () => run(setting, undefined, 600)),
      );
      for (const [i, found] of one!.entries()) {
        const bytes = [found, three![i]!].map((values) => new Uint8Array(values.buffer));
        expect(Buffer.compare(bytes[0]!, bytes[1]!), `${name(setting)} ${i}`).toBe(0);
      }
    }
  });
});
