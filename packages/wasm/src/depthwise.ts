import { PLANE_IMAGES, PLANES } from "../assembly/contractionNumbers.ts";
import type { ForwardPlan } from "./directForward.ts";
import { type GradientPlan, samplesOf } from "./directTables.ts";
import type { Engine } from "./engine.ts";
import type { GroupedConvolution } from "./groups.ts";
import { gridOffsets } from "./letters.ts";
import { stagedPlane } from "./planes.ts";
import { call, modeOf, partsFor } from "./product.ts";
import type { Tables } from "./tables.ts";

/** Filters of a group, at most: where there are more, tiles of several filters share the cells that they load. */
const MOST_FILTERS = 2;
/** Cells of an image for each output, and some more, at most: those between outputs cost as much. */
const MOST_CELLS_PER_OUTPUT = 6;
const FEW_CELLS = 100;
/** Cells of a thread's copies, at most. */
const MOST_CELLS = 1 << 22;
/** The floats of a tile, which may be read behind the last cell. */
const TILE = 32;

/** Whether groups are single channels with few filters each. */
export const isDepthwise = ({ conv, groups }: GroupedConvolution): boolean =>
  groups > 1 && conv.sizes.c === 1 && conv.sizes.o <= MOST_FILTERS;

/** For kernels that copy nothing. */
const NOT_STAGED = [0, 0, 0, 0, 0, 0, 0, 0];

const even = (floats: number) => Math.ceil(floats / 4) * 4;

/** Where taps lie among a group's filters. */
const filterTable = ({ conv: { sizes, filters } }: GroupedConvolution) =>
  gridOffsets(
    [sizes.o, sizes.i, sizes.j],
    [filters.strides.o, filters.strides.i, filters.strides.j],
  );

/** A forward convolution of single channels, or `null` where another plan has to do it. */
export function planPlanes(
  engine: Engine,
  grouped: GroupedConvolution,
  tables: Tables,
): ForwardPlan | null {
  const { conv, groups, steps } = grouped;
  const { n, o, h, w, i, j } = conv.sizes;
  const { x, y } = conv;
  const inTiles = w >= 8 && h >= 4 && y.strides.w === 1;
  const staged =
    inTiles && x.strides.w === 1 ? null : stagedPlane({ sizes: conv.sizes, strides: x.strides });
  if (!staged && (!inTiles || x.strides.w !== 1)) return null;
  const pitch = staged ? staged.pitch : x.strides.h;
  const flat = inTiles ? 0 : (h - 1) * pitch + w;
  const taps = i * j;
  const copies = even(taps + 1);
  const outputs = copies + (staged ? even(staged.cells + TILE) : 0);
  const scratch = (outputs + (flat ? even(flat + TILE) : 0)) * 4;
  const places = {
    zero: tables.add([0]),
    filters: tables.add(filterTable(grouped)),
    taps: tables.add(staged?.taps ?? gridOffsets([i, j], [x.strides.i, x.strides.j])),
  };
  const units = groups * n;
  const operations = 2 * taps * o * h * w;
  return (at, epilogue, bias) => {
    const parts = partsFor(engine, units, operations);
    engine.reserveScratch(scratch, parts);
    call(engine, PLANES, parts, [
      ...(staged?.words ?? NOT_STAGED),
      parts,
      units,
      n,
      at.x,
      ...samplesOf(x, steps.x),
      at.y,
      ...samplesOf(y, steps.y),
      o,
      y.strides.o * 4,
      at.filters,
      steps.filters * 4,
      tables.at(places.filters),
      taps,
      tables.at(places.taps),
      h,
      w,
      y.strides.h * 4,
      y.strides.w * 4,
      copies * 4,
      outputs * 4,
      staged ? 1 : 0,
      pitch * 4,
      flat,
      modeOf(epilogue),
      ...(bias ?? [tables.at(places.zero), 0, 0]),
    ]);
  };
}

/** The gradient of the image `[height, width]` of such a convolution, or `null` where another plan has to do it. */
export function planPlaneImages(
  engine: Engine,
  grouped: GroupedConvolution,
  [height, width]: readonly [number, number],
  /** The strides of an image's rows and cells. */
  [rowStride, stride]: readonly [number, number],
  tables: Tables,
): GradientPlan | null {
  const { conv, groups, steps } = grouped;
  const { n, o, h, w, i, j } = conv.sizes;
  const { x, y } = conv;
  const cells = height * width;
  if (rowStride !== width || stride !== 1 || cells > MOST_CELLS_PER_OUTPUT * h * w + FEW_CELLS)
    return null;
  // The taps of the first cell look so far back.
  const front = (i - 1) * x.strides.i + (j - 1) * x.strides.j;
  const copy = even(front + cells + TILE);
  if (o * copy > MOST_CELLS) return null;
  const taps = i * j;
  const copies = even(o * taps + 1);
  const outputs = copies + o * copy;
  const places = {
    filters: tables.add(filterTable(grouped)),
    taps: tables.add(gridOffsets([o, i, j], [copy, -x.strides.i, -x.strides.j])),
  };
  const units = groups * n;
  return (at) => {
    const parts = partsFor(engine, units, 2 * o * taps * cells);
    engine.reserveScratch((outputs + TILE) * 4, parts);
    call(engine, PLANE_IMAGES, parts, [
      ...NOT_STAGED,
      parts,
      units,
      n,
      at.x,
      ...samplesOf(x, steps.x),
      at.y,
      ...samplesOf(y, steps.y),
      o,
      y.strides.o * 4,
      at.filters,
      steps.filters * 4,
      tables.at(places.filters),
      taps,
      tables.at(places.taps),
      h,
      w,
      y.strides.h * 4,
      y.strides.w * 4,
      copies * 4,
      outputs * 4,
      cells,
      copy * 4,
      front * 4,
      x.strides.h * 4,
      x.strides.w * 4,
    ]);
  };
}
