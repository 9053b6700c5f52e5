import { tensor } from "@convgrad/core";
import { maxPoolWithIndices } from "@convgrad/layers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const;

/** The least number of each type and its neighbours: what padding could be taken for. */
const VALUES = {
  float32: [-1 / 0, -1, 0, 1],
  float64: [-1 / 0, -1, 0, 1],
  int32: [-(2 ** 31), -(2 ** 31) + 1, -1, 0],
  uint8: [0, 1],
} as const;

const upTo = (most: number, least = 1) => fc.integer({ min: least, max: most });
const cases = fc
  .record({
    kernel: fc.tuple(upTo(3), upTo(3)),
    extra: fc.tuple(upTo(3, 0), upTo(3, 0)),
    stride: upTo(3),
    pad: fc.boolean(),
    ceilMode: fc.boolean(),
    picks: fc.array(fc.nat(), { minLength: 72, maxLength: 72 }),
  })
  .map(({ kernel, extra, pad, ...rest }) => ({
    ...rest,
    kernel,
    size: [kernel[0] + extra[0], kernel[1] + extra[1]] as const,
    padding: (pad ? kernel.map((k) => Math.floor(k / 2)) : [0, 0]) as [number, number],
  }));

/** The first maximum of each window of a plane, by trying every cell. */
function firstMaxima(
  x: ArrayLike<number>,
  [h, w]: readonly [number, number],
  [oh, ow]: readonly [number, number],
  kernel: readonly [number, number],
  padding: readonly [number, number],
  stride: number,
): number[] {
  const winners: number[] = [];
  for (let u = 0; u < oh; u++)
    for (let v = 0; v < ow; v++) {
      let best = -1;
      for (let i = 0; i < kernel[0]; i++)
        for (let j = 0; j < kernel[1]; j++) {
          const [row, column] = [u * stride + i - padding[0], v * stride + j - padding[1]];
          if (row < 0 || row >= h || column < 0 || column >= w) continue;
          const at = row * w + column;
          if (best < 0 || x[at]! > x[best]!) best = at;
        }
      winners.push(best);
    }
  return winners;
}

describe("padding never wins, and the first of equal cells does", () => {
  it.each(Object.keys(ARRAYS) as (keyof typeof ARRAYS)[])("in %s", (dtype) => {
    fc.assert(
      fc.property(cases, ({ kernel, size, stride, padding, ceilMode, picks }) => {
        const [h, w] = size;
        const values = VALUES[dtype];
        const planes = [0, 1].map((plane) =>
          Array.from({ length: h * w }, (_, i) => values[picks[plane * 36 + i]! % values.length]!),
        );
        const x = tensor(ARRAYS[dtype].from(planes.flat()), {
          shape: [1, 2, h, w],
        });
        const { y, indices } = maxPoolWithIndices(x, kernel, { stride, padding, ceilMode });
        const [, , oh, ow] = y.shape as [number, number, number, number];
        const winners = planes.map((plane) =>
          firstMaxima(plane, size, [oh, ow], kernel, padding, stride),
        );
        expect([...indices.toTypedArray()]).toEqual(winners.flat());
        expect([...y.toTypedArray()]).toEqual(
          winners.flatMap((at, p) => at.map((i) => planes[p]![i])),
        );
        expect(y.dtype).toBe(dtype);
      }),
      { numRuns: 200 },
    );
  });
});
