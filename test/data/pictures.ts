import sharp from "sharp";

/** A picture of this many pixels, each the colour that `at` says. */
export function picture(
  width: number,
  height: number,
  at: (x: number, y: number) => readonly number[],
): ReturnType<typeof sharp> {
  const rows = Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => at(x, y)),
  );
  const channels = at(0, 0).length as 1 | 2 | 3 | 4;
  return sharp(Uint8Array.from(rows.flat(2)), { raw: { width, height, channels } });
}

/** A PNG of one colour. */
export function plainPng(side: number, colour: readonly number[]): Promise<Uint8Array> {
  return picture(side, side, () => colour)
    .png()
    .toBuffer();
}
