import { contiguousLayout, type Letters, sizeOf, type View, type Window } from "@convgrad/core";
import { FOLD } from "../assembly/contractionNumbers.ts";
import type { Engine } from "./engine.ts";
import { gridOffsets } from "./letters.ts";
import { call, partsFor } from "./product.ts";
import type { Tables } from "./tables.ts";

/** Adds columns `[…, taps, windows]` that lie row-major in a block to the image; planned from the image's geometry. */
export type FoldPlan = (columns: number, image: View) => void;

/** The shape of the columns: the sizes behind `letters.out`. */
export function columnsShape(a: View, b: View, letters: Letters): readonly number[] {
  return Array.from(letters.out, (letter) =>
    letters.a.includes(letter)
      ? a.shape[letters.a.indexOf(letter)]!
      : b.shape[letters.b.indexOf(letter)]!,
  );
}

/** The view of columns in a block. */
export function columnsView(buffer: object, shape: readonly number[]): View {
  return { buffer, dtype: "float32", ...contiguousLayout(shape) };
}

/** Windows over one axis become windows over two, the other of size 1. */
const twoOf = (list: readonly number[], neutral: number): readonly [number, number] =>
  list.length > 1 ? [list.at(-2)!, list.at(-1)!] : [neutral, list[0] ?? neutral];

/** A fold of columns into images whose windows slide over any number of axes. */
export function planFold(
  engine: Engine,
  shape: readonly number[],
  { kernel, stride, dilation }: Window,
  image: View,
  tables: Tables,
): FoldPlan {
  const rank = kernel.length;
  const lead = image.shape.length - rank;
  const counts = shape.slice(lead + rank);
  const images = gridOffsets(image.shape.slice(0, lead), image.strides.slice(0, lead));
  const outer = Math.max(rank - 2, 0);
  const outerStrides = image.strides.slice(lead, lead + outer);
  const planes = gridOffsets(image.shape.slice(lead, lead + outer), outerStrides);
  const [down, across] = twoOf(image.strides.slice(lead), 0);
  const [height, width] = twoOf(image.shape.slice(lead), 1);
  const taps = twoOf(kernel, 1);
  const windows = twoOf(counts, 1);
  const steps = twoOf(stride, 1);
  const dilations = twoOf(dilation, 1);
  const perTap = sizeOf(counts);
  const places = {
    images: tables.add(images),
    planes: tables.add(planes),
    entries: tables.add(entriesOf(kernel, counts, stride, dilation, outerStrides, taps, perTap)),
  };
  const entries = sizeOf(kernel.slice(0, outer)) * sizeOf(counts.slice(0, outer));
  const perImage = sizeOf(kernel) * perTap;
  if (images.length * planes.length * height * width === 0) return () => {};

  return (columns, image) => {
    const parts = partsFor(engine, images.length, perImage * 4);
    call(engine, FOLD, parts, [
      ...taps,
      ...windows,
      down * dilations[0] * 4,
      across * dilations[1] * 4,
      down * steps[0] * 4,
      across * steps[1] * 4,
      parts,
      images.length,
      columns,
      perImage * 4,
      perTap * 4,
      engine.address(image),
      tables.at(places.images),
      planes.length,
      tables.at(places.planes),
      height,
      width,
      down * 4,
      across * 4,
      entries,
      tables.at(places.entries),
    ]);
  };
}

/** Where each plane's columns begin, in the columns and in the image, for each outer tap and outer window. */
function entriesOf(
  kernel: readonly number[],
  counts: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
  strides: readonly number[],
  [i, j]: readonly [number, number],
  perTap: number,
): number[] {
  const outer = strides.length;
  const tapSteps = strides.map((s, axis) => s * dilation[axis]!);
  const windowSteps = strides.map((s, axis) => s * stride[axis]!);
  const taps = gridOffsets(kernel.slice(0, outer), tapSteps);
  const windows = gridOffsets(counts.slice(0, outer), windowSteps);
  const perPlane = perTap / windows.length;
  return Array.from(taps).flatMap((tap, t) =>
    Array.from(windows).flatMap((window, w) => [
      (t * i * j * perTap + w * perPlane) * 4,
      tap + window,
    ]),
  );
}
