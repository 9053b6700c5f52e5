import { IMAGE } from "../assembly/contractionNumbers.ts";
import {
  channelOffsets,
  type GradientPlan,
  isDense,
  NO_BIAS,
  type Packing,
  pack,
  packedLength,
  positionOffsets,
  samplesOf,
} from "./directTables.ts";
import type { Engine } from "./engine.ts";
import type { GroupedConvolution } from "./groups.ts";
import { gridOffsets } from "./letters.ts";
import { call, partsFor, withBlock } from "./product.ts";
import type { Tables } from "./tables.ts";

/** Rows of columns that are computed before they are folded, at most; unless one channel has more. */
const MOST_ROWS = 32;
/** And so many cells, 16 MiB: every thread has columns of its own. */
const MOST_CELLS = 1 << 22;
/** Bytes of a part of y that stays in the nearest cache. */
const CHUNK_BYTES = 16384;

/** A distance, in floats, at which neighbours do not fight for the same lines of the nearest cache. */
const apart = (distance: number) => (distance % 128 === 0 ? distance + 16 : distance);

/** The most channels that divide all of them and whose taps are not too many. */
function channelsAtOnce(channels: number, taps: number, pitch: number): number {
  const most = Math.min(MOST_ROWS, MOST_CELLS / pitch) / taps;
  let best = 1;
  for (let c = 2; c <= channels && c <= most; c++) if (channels % c === 0) best = c;
  return best;
}

/** The gradient of the image `[height, width]`. */
export function planImage(
  engine: Engine,
  grouped: GroupedConvolution,
  [height, width]: readonly [number, number],
  /** The strides of an image's rows and cells. */
  [rowStride, stride]: readonly [number, number],
  tileHeight: number,
  tables: Tables,
): GradientPlan {
  const { conv, groups, steps } = grouped;
  const { n, c, o, h, w, i, j } = conv.sizes;
  const f = conv.filters.strides;
  const pitch = apart(Math.max(h * w, 8));
  const atOnce = channelsAtOnce(c, i * j, pitch);
  const rows = atOnce * i * j;
  const packing: Packing = {
    batches: groups * (c / atOnce),
    rows,
    steps: o,
    panels: Math.ceil(rows / tileHeight),
    width: 0,
    batchTable: tables.add(gridOffsets([groups, c / atOnce], [steps.filters, f.c * atOnce])),
    rowTable: tables.add(gridOffsets([atOnce, i, j], [f.c, f.i, f.j])),
    stepTable: tables.add(channelOffsets(grouped, "filters")),
  };
  const direct = isDense(grouped) && h * w >= 8 && apart(conv.y.strides.o) === conv.y.strides.o;
  const places = {
    planes: tables.add(channelOffsets(grouped, "y")),
    positions: direct ? 0 : tables.add(positionOffsets(grouped, "y")),
    copies: direct ? 0 : tables.add(gridOffsets([o], [pitch])),
  };
  const chunk = Math.max(Math.floor(CHUNK_BYTES / (o * 32)) * 8, 16);
  const scratch = (rows * pitch + (direct ? 0 : o * pitch)) * 4;
  const length = packedLength(packing, false);
  const units = groups * n;
  const x = conv.x.strides;
  return (at) => {
    const parts = partsFor(engine, units, 2 * c * o * h * w * i * j);
    engine.reserveScratch(scratch, parts);
    withBlock(engine, length, (filters) => {
      pack(engine, packing, filters, at.filters, tables, NO_BIAS);
      call(engine, IMAGE, parts, [
        ...[i, j, h, w, x.i * 4, x.j * 4, x.h * 4, x.w * 4],
        parts,
        units,
        n,
        filters,
        (length / groups) * 4,
        at.y,
        ...samplesOf(conv.y, steps.y),
        o,
        tables.at(places.planes),
        direct ? 0 : tables.at(places.positions),
        direct ? 0 : tables.at(places.copies),
        h * w,
        pitch * 4,
        chunk,
        at.x,
        ...samplesOf(conv.x, steps.x),
        c,
        x.c * 4,
        atOnce,
        packing.panels,
        height,
        width,
        rowStride * 4,
        stride * 4,
      ]);
    });
  };
}
