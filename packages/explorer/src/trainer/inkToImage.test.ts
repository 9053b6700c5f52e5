import fc from "fast-check";
import { expect, it } from "vitest";
import { type Grey, inkToImage } from "./inkToImage.ts";

/** A filled box in an empty drawing. */
function box(size: number, left: number, top: number, width: number, height: number): Grey {
  const values = new Float32Array(size * size);
  for (let y = top; y < top + height; y++) values.fill(1, y * size + left, y * size + left + width);
  return { width: size, height: size, values };
}

function centre({ width, values }: Grey): [number, number] {
  let [mass, x, y] = [0, 0, 0];
  values.forEach((v, at) => {
    mass += v;
    x += v * ((at % width) + 0.5);
    y += v * (Math.floor(at / width) + 0.5);
  });
  return [x / mass, y / mass];
}

it("wherever a box is drawn, and however large, it fills 20 of 28 and lies in the middle", () => {
  const place = fc.record({
    left: fc.integer({ min: 0, max: 100 }),
    top: fc.integer({ min: 0, max: 100 }),
    width: fc.integer({ min: 30, max: 150 }),
    height: fc.integer({ min: 30, max: 150 }),
  });
  fc.assert(
    fc.property(place, ({ left, top, width, height }) => {
      const image = inkToImage(box(256, left, top, width, height))!;
      const [x, y] = centre(image);
      expect(x).toBeCloseTo(14, 2);
      expect(y).toBeCloseTo(14, 2);
      const area = image.values.reduce((sum, v) => sum + v, 0);
      const scale = 20 / Math.max(width, height);
      expect(area).toBeCloseTo(width * height * scale * scale, 1);
      expect(Math.max(...image.values)).toBeLessThanOrEqual(1);
    }),
    { numRuns: 50 },
  );
});

it("nothing is made of an empty drawing, and a dot becomes an image", () => {
  expect(inkToImage(box(100, 0, 0, 0, 0))).toBeNull();
  expect(inkToImage(box(100, 3, 4, 1, 1))!.values.some((v) => v > 0.9)).toBe(true);
});
