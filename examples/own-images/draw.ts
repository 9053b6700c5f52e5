import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { manualSeed, rand } from "convgrad";
import sharp from "sharp";

/** Shapes around (0, 0), about one unit large, as SVG. */
const SHAPES = {
  circle: '<circle r="0.9"/>',
  cross: '<path d="M-.9-.3H-.3V-.9H.3V-.3H.9V.3H.3V.9H-.3V.3H-.9Z"/>',
  square: '<rect x="-.75" y="-.75" width="1.5" height="1.5"/>',
  triangle: '<path d="M0-.95.9.7H-.9Z"/>',
};

/**
 * Draws PNGs of shapes into `directory/<shape>/<number>.png`: each of another size, colour, place and rotation, on
 * another background.
 */
export async function drawShapes(directory: string, each: number, seed: number): Promise<void> {
  manualSeed(seed);
  for (const [name, shape] of Object.entries(SHAPES)) {
    await mkdir(join(directory, name), { recursive: true });
    for (let i = 0; i < each; i++) {
      const [w, h, x, y, size, angle, hue, grey] = Array.from(rand([8]).toTypedArray());
      const [width, height] = [40 + Math.floor(60 * w!), 40 + Math.floor(60 * h!)];
      const unit = (0.28 + 0.14 * size!) * Math.min(width, height);
      const place = [width * (0.4 + 0.2 * x!), height * (0.4 + 0.2 * y!)];
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
        <rect width="100%" height="100%" fill="hsl(${360 * grey!}, 20%, ${5 + 20 * grey!}%)"/>
        <g transform="translate(${place}) rotate(${40 * angle! - 20}) scale(${unit})"
           fill="hsl(${360 * hue!}, 90%, 65%)">${shape}</g></svg>`;
      await sharp(Buffer.from(svg))
        .png()
        .toFile(join(directory, name, `${i}.png`));
    }
  }
}
