import { PLANE_IMAGES, PLANES } from "../assembly/contractionNumbers.ts";
import type { ForwardPlan } from "./directForward.ts";
import { type GradientPlan, samplesOf } from "./directTables.ts";
import type { Engine } from "./engine.ts";
import type { GroupedConvolution } from "./groups.ts";
import { gridOffsets } from "./letters.ts";
import { isDenseSquare, isStridedSquare, NOT_STAGED, stagedPlane } from "./planes.ts";
import { call, modeOf, partsFor } from "./product.ts";
import type { Tables } from "./tables.ts";

/** Filters of a group, at most: where there are more, tiles of several filters share the cells that they load. */
const MOST_FILTERS = 2;
/** Cells of a phase of an image for each output, and some more, at most: those that see none cost as much. */
const MOST_CELLS_PER_OUTPUT = 6;
const FEW_CELLS = 100;
/** Phases of an image, at most. */
const MOST_PHASES = 64;
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
  const windows = { sizes: conv.sizes, strides: x.strides };
  const isStrided = hasRows && isStridedSquare(windows, direct);
  const isDirect =
    isStrided ||
    (x.strides.w === 1 &&
      ((hasRows && isDenseSquare(direct, x.strides.h)) ||
        // Outputs as one row must not be more gaps than outputs, nor fewer than a tile.
        (x.strides.h >= w && x.strides.h <= 2 * w && reach(x.strides.h) >= TILE)));
  const staged = isDirect ? null : stagedPlane(windows);
  if (!isDirect && !staged) return null;
  const pitch = staged?.pitch ?? (isStrided ? x.strides.i : x.strides.h);
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
      isStrided ? 1 : 0,
      modeOf(epilogue),
      ...(bias ?? [tables.at(places.zero), 0, 0]),
    ]);
  };
}

/** Of the taps along an axis, those that cells of each phase of the stride see, the last first, and how far back. */
const tapsByPhase = (taps: number, stride: number, dilation: number) =>
  Array.from({ length: stride }, (_, phase) =>
    Array.from({ length: taps }, (_, k) => taps - 1 - k)
      .filter((tap) => (tap * dilation) % stride === phase)
      .map((tap) => ({ tap, back: Math.floor((tap * dilation) / stride) })),
  );

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
  const { x, y, filters } = conv;
  const [down, across] = [x.strides.h / width, x.strides.w];
  const [rows, columns] = [Math.ceil(height / down), Math.ceil(width / across)];
  const cells = rows * columns;
  const isSparse = cells > MOST_CELLS_PER_OUTPUT * h * w + FEW_CELLS;
  if (rowStride !== width || stride !== 1 || isSparse || down * across > MOST_PHASES) return null;
  // The taps of the first cell look so far back.
  const [lastRow, lastColumn] = [(i - 1) * x.strides.i, (j - 1) * x.strides.j];
  const front = Math.floor(lastRow / x.strides.h) * columns + Math.floor(lastColumn / across);
  const copy = even(front + cells + TILE);
  const phase = even(Math.max(cells, TILE));
  if (o * copy + down * across * phase > MOST_CELLS) return null;
  const rowTaps = tapsByPhase(i, down, x.strides.i / width);
  const columnTaps = tapsByPhase(j, across, x.strides.j);
  const channels = Array.from({ length: o }, (_, k) => k);
  const phases = rowTaps.flatMap((rows) =>
    columnTaps.map((columns) =>
      channels.flatMap((k) =>
        rows.flatMap((row) => columns.map((column) => [k, row, column] as const)),
      ),
    ),
  );
  const all = phases.flat();
  const offsets = all.map(
    ([k, row, column]) => (k * copy + front - row.back * columns - column.back) * 4,
  );
  const isDense =
    phases.length === 1
      ? isDenseSquare(offsets, width)
      : o === 1 &&
        x.strides.i === width &&
        height % 2 === 0 &&
        width % 2 === 0 &&
        isStridedSquare(
          { sizes: conv.sizes, strides: x.strides },
          gridOffsets([i, j], [x.strides.i, x.strides.j]),
        );
  const inStrips = isDense && columns >= 4;
  const copies = even(all.length + 2);
  const outputs = copies + o * copy;
  const places = {
    filters: tables.add(
      all.map(
        ([k, { tap }, column]) =>
          (k * filters.strides.o + tap * filters.strides.i + column.tap * filters.strides.j) * 4,
      ),
    ),
    taps: tables.add(offsets),
    counts: tables.add(phases.map((taps) => taps.length)),
    reach: tables.add(
      all.flatMap(([k, { tap }, column]) => [
        (tap * x.strides.i + column.tap * x.strides.j) * 4,
        k * y.strides.o * 4,
      ]),
    ),
  };
  const units = groups * n;
  return (at) => {
    const parts = partsFor(engine, units, 2 * all.length * cells);
    engine.reserveScratch((outputs + phases.length * phase + TILE) * 4, parts);
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
      i * j,
      tables.at(places.taps),
      h,
      w,
      y.strides.h * 4,
      y.strides.w * 4,
      copies * 4,
      outputs * 4,
      ...(inStrips ? [rows, columns] : [cells, 0]),
      copy * 4,
      front * 4,
      columns * 4,
      tables.at(places.counts),
      down,
      across,
      phase * 4,
      height,
      width,
      tables.at(places.reach),
      x.strides.h * 4,
      x.strides.w * 4,
    ]);
  };
}
