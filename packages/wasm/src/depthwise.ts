import { PLANE_IMAGES, PLANES } from "../assembly/contractionNumbers.ts";
import type { ForwardPlan } from "./directForward.ts";
import { type GradientPlan, samplesOf } from "./directTables.ts";
import type { Engine } from "./engine.ts";
import type { GroupedConvolution } from "./groups.ts";
import { gridOffsets } from "./letters.ts";
import { isDenseSquare, NOT_STAGED, stagedPlane } from "./planes.ts";
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
  const direct = gridOffsets([i, j], [x.strides.i, x.strides.j]);
  const hasRows = y.strides.w === 1 && w >= 4;
  const reach = (pitch: number) => (h - 1) * pitch + w;
  const isDirect =
    x.strides.w === 1 &&
    ((hasRows && isDenseSquare(direct, x.strides.h)) ||
      // Outputs as one row must not be more gaps than outputs, nor fewer than a tile.
      (x.strides.h >= w && x.strides.h <= 2 * w && reach(x.strides.h) >= TILE));
  const staged = isDirect ? null : stagedPlane({ sizes: conv.sizes, strides: x.strides });
  if (!isDirect && !staged) return null;
  const pitch = staged?.pitch ?? x.strides.h;
  const xTaps = staged?.taps ?? direct;
  const flat = hasRows && isDenseSquare(xTaps, pitch) ? 0 : reach(pitch);
  const taps = i * j;
  const copies = even(taps + 2);
  const outputs = copies + (staged ? even(staged.cells + TILE) : 0);
  const scratch = (outputs + even(flat + TILE)) * 4;
  const places = {
    zero: tables.add([0]),
    filters: tables.add(filterTable(grouped)),
    taps: tables.add(xTaps),
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
  const offsets = gridOffsets([o, i, j], [copy, x.strides.i, x.strides.j]);
  const inStrips = width >= 4 && isDenseSquare(offsets, width);
  /** The tap of the same filter that looks the other way. */
  const turned = (k: number) => k - (k % taps) + taps - 1 - (k % taps);
  const copies = even(o * taps + 2);
  const outputs = copies + o * copy;
  const places = {
    filters: tables.add(filterTable(grouped).map((_, k, all) => all[turned(k)]!)),
    taps: tables.add(offsets),
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
      ...(inStrips ? [height, width] : [cells, 0]),
      copy * 4,
      front * 4,
      x.strides.h * 4,
      x.strides.w * 4,
    ]);
  };
}
