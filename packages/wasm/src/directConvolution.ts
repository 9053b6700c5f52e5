import type { Epilogue } from "@convgrad/core";
import {
  DOTS,
  IMAGE,
  PACK,
  PIXELS,
  ROWS,
  TAPS,
  TILE,
  TOTAL,
} from "../assembly/contractionNumbers.ts";
import type { Engine } from "./engine.ts";
import type { GroupedConvolution } from "./groups.ts";
import { gridOffsets } from "./letters.ts";
import { call, modeOf, partsFor, withBlock } from "./product.ts";
import type { Tables } from "./tables.ts";

/** The addresses of a convolution's tensors; what is known anew with each call. */
export interface Addresses {
  readonly x: number;
  readonly filters: number;
  readonly y: number;
}

/** Filters in panels, for each batch: where the packing kernel finds its tables. */
interface Packing {
  readonly batches: number;
  readonly rows: number;
  readonly steps: number;
  readonly panels: number;
  /** 8, or 0 for rows dealt out evenly. */
  readonly width: number;
  readonly batchTable: number;
  readonly rowTable: number;
  readonly stepTable: number;
}

/** A bias by filter and group: address and byte steps; address 0 for none. */
export type Bias = readonly [address: number, byRow: number, byBatch: number];
const NO_BIAS: Bias = [0, 0, 0];

const packedLength = (packing: Packing, biased: boolean) =>
  packing.batches *
  (packing.width === 0 ? packing.rows : packing.panels * packing.width) *
  (packing.steps + (biased ? 1 : 0));

function pack(
  engine: Engine,
  packing: Packing,
  to: number,
  from: number,
  tables: Tables,
  bias: Bias,
): void {
  const units = packing.batches * packing.panels;
  const parts = partsFor(engine, units, 64 * packing.steps);
  call(engine, PACK, parts, [
    parts,
    units,
    to,
    from,
    tables.at(packing.batchTable),
    tables.at(packing.rowTable),
    packing.rows,
    tables.at(packing.stepTable),
    packing.steps,
    packing.panels,
    packing.width,
    ...bias,
  ]);
}

/** Byte offsets of the taps c, i, j in x or in the filters. */
function tapOffsets({ conv }: GroupedConvolution, of: "x" | "filters"): Int32Array {
  const { c, i, j } = conv.sizes;
  const { strides } = conv[of];
  return gridOffsets([c, i, j], [strides.c, strides.i, strides.j]);
}

function positionOffsets({ conv }: GroupedConvolution, of: "x" | "y", samples = 1): Int32Array {
  const { h, w } = conv.sizes;
  const { strides } = conv[of];
  return gridOffsets([samples, h, w], [strides.n, strides.h, strides.w]);
}

const channelOffsets = ({ conv }: GroupedConvolution, of: "filters" | "y") =>
  gridOffsets([conv.sizes.o], [conv[of].strides.o]);

const groupOffsets = ({ groups, steps }: GroupedConvolution) =>
  gridOffsets([groups], [steps.filters]);

/** Whether the positions of a plane follow each other. */
function isDense({ conv }: GroupedConvolution): boolean {
  const { h, w } = conv.sizes;
  const { strides } = conv.y;
  return (w === 1 || strides.w === 1) && (h === 1 || strides.h === w);
}

const samplesOf = (x: { readonly strides: { readonly n: number } }, group: number) => [
  x.strides.n * 4,
  group * 4,
];

/** Rows of outputs as vectors, where rows are long or filters too few to fill vectors. */
function suitsRows({ conv }: GroupedConvolution): boolean {
  const { w, o } = conv.sizes;
  if (conv.x.strides.w !== 1 || conv.y.strides.w !== 1 || w < 8) return false;
  const wasteOfRows = (Math.ceil(w / 8) * 8) / w;
  const wasteOfPixels = (Math.ceil(o / 8) * 8) / o;
  return w >= 24 || wasteOfRows * 0.9 <= wasteOfPixels;
}

/** What runs a forward convolution; a bias is an address with a byte step by filter and by group. */
export type ForwardPlan = (at: Addresses, epilogue: Epilogue | null, bias: Bias | null) => void;

/** Taps whose sums are short: strips of rows do them. */
const FEW_TAPS = 128;
const STRIP_HEIGHT = 4;

/** A forward convolution. */
export function planForward(
  engine: Engine,
  grouped: GroupedConvolution,
  tileHeight: number,
  tables: Tables,
): ForwardPlan {
  const { conv, groups, steps } = grouped;
  const { n, o, h, w } = conv.sizes;
  const inRows = suitsRows(grouped);
  const filterTaps = tapOffsets(grouped, "filters");
  const taps = filterTaps.length;
  const inStrips = taps <= FEW_TAPS;
  const height = inStrips ? STRIP_HEIGHT : tileHeight;
  const packing: Packing = {
    batches: groups,
    rows: o,
    steps: taps,
    panels: inRows ? Math.ceil(o / height) : Math.ceil(o / 8),
    width: inRows ? 0 : 8,
    batchTable: tables.add(groupOffsets(grouped)),
    rowTable: tables.add(channelOffsets(grouped, "filters")),
    stepTable: tables.add(filterTaps),
  };
  const length = packedLength(packing, true);
  const zero = tables.add([0]);
  const xTaps = tables.add(tapOffsets(grouped, "x"));
  const places = inRows
    ? null
    : {
        x: tables.add(positionOffsets(grouped, "x")),
        y: tables.add(positionOffsets(grouped, "y")),
        channels: tables.add(channelOffsets(grouped, "y")),
      };
  const units = groups * n;
  const operations = 2 * taps * o * h * w;
  return (at, epilogue, bias) => {
    engine.reserveScratch(TILE * 4);
    withBlock(engine, length, (filters) => {
      pack(engine, packing, filters, at.filters, tables, bias ?? [tables.at(zero), 0, 0]);
      const parts = partsFor(engine, units, operations);
      const own = places
        ? [
            h * w,
            tables.at(places.x),
            tables.at(places.y),
            tables.at(places.channels),
            isDense(grouped) ? 1 : 0,
          ]
        : [h, w, conv.x.strides.h * 4, conv.y.strides.h * 4, inStrips ? 1 : 0];
      call(engine, inRows ? ROWS : PIXELS, parts, [
        parts,
        units,
        n,
        filters,
        (length / groups) * 4,
        at.x,
        ...samplesOf(conv.x, steps.x),
        at.y,
        ...samplesOf(conv.y, steps.y),
        o,
        packing.panels,
        taps,
        taps + 1,
        tables.at(xTaps),
        conv.y.strides.o * 4,
        modeOf(epilogue),
        ...own,
      ]);
    });
  };
}

/** Sums of a gradient that may be open at once: 4 MB. */
const MOST_SUMS = 2 ** 20;

/** Into how many blocks the samples are cut; the shape alone decides, for it decides the order of the sums. */
function blocksOf({ conv, groups }: GroupedConvolution, panels: number, pitch: number): number {
  const { n, o, h, w } = conv.sizes;
  const perUnit = (2 * n * o * h * w * pitch) / panels;
  const sums = groups * panels * 8 * pitch;
  const wanted = Math.min(Math.floor(perUnit / 1_000_000), Math.floor(MOST_SUMS / sums), n, 8);
  return Math.max(wanted, 1);
}

/** The offsets [x, y] of four neighbours in each row, and those that end the rows with what is left. */
function rowPairs({ conv }: GroupedConvolution, samples: number, tail: boolean): Int32Array {
  const { h, w } = conv.sizes;
  const [first, count] = tail ? [w - 4, 1] : [0, w >> 2];
  const sizes = [samples, h, count];
  const along = ({ n, h }: { readonly n: number; readonly h: number }) =>
    gridOffsets(sizes, [n, h, 4]);
  const [x, y] = [along(conv.x.strides), along(conv.y.strides)];
  return Int32Array.from({ length: 2 * x.length }, (_, k) => (k % 2 ? y : x)[k >> 1]! + first * 4);
}

/** What runs a gradient. */
export type GradientPlan = (at: Addresses) => void;

/** Positions whose filters' gradients lie packed in the nearest cache. */
const POSITIONS_AT_ONCE = 512;
const LONGEST_CHUNK = 1024;
/** Pairs of rows' parts that stay there. */
const PAIRS_AT_ONCE = 256;

/** The gradient of the filters. */
export function planFilters(
  engine: Engine,
  grouped: GroupedConvolution,
  tables: Tables,
): GradientPlan {
  const { conv, groups, steps } = grouped;
  const { n, o, h, w } = conv.sizes;
  const asDots = conv.x.strides.w === 1 && conv.y.strides.w === 1 && w >= 16;
  const xTaps = tapOffsets(grouped, "x");
  const taps = xTaps.length;
  const pitch = Math.ceil(taps / 4) * 4;
  const panels = Math.ceil(o / 8);
  const blocks = blocksOf(grouped, panels, pitch);
  const perBlock = Math.ceil(n / blocks);
  const entries = asDots ? h * (w >> 2) : h * w;
  const goal = asDots ? PAIRS_AT_ONCE : POSITIONS_AT_ONCE;
  const atOnce = Math.ceil(perBlock / Math.ceil((perBlock * entries) / Math.max(goal, entries)));
  const chunk = asDots ? PAIRS_AT_ONCE : LONGEST_CHUNK;
  const own = asDots
    ? [
        tables.add(rowPairs(grouped, atOnce, false)),
        w % 4 === 0 ? 0 : tables.add(rowPairs(grouped, atOnce, true)),
      ]
    : [
        tables.add(positionOffsets(grouped, "x", atOnce)),
        tables.add(positionOffsets(grouped, "y", atOnce)),
      ];
  const places = {
    taps: tables.add(xTaps),
    yChannels: tables.add(channelOffsets(grouped, "y")),
    channels: tables.add(channelOffsets(grouped, "filters")),
    filterTaps: tables.add(tapOffsets(grouped, "filters")),
  };
  const units = groups * panels * blocks;
  const operations = (2 * n * Math.min(o, 8) * h * w * taps) / blocks;
  const packed = Math.min(chunk, atOnce * entries) * 8;
  const scratch = (asDots ? (taps + 4) * 32 : packed) * 4;
  return (at) => {
    engine.reserveScratch(scratch);
    withBlock(engine, units * 8 * pitch, (sums) => {
      const parts = partsFor(engine, units, operations);
      call(engine, asDots ? DOTS : TAPS, parts, [
        parts,
        units,
        blocks,
        panels,
        n,
        atOnce,
        entries,
        chunk,
        at.x,
        ...samplesOf(conv.x, steps.x),
        at.y,
        ...samplesOf(conv.y, steps.y),
        o,
        taps,
        tables.at(places.taps),
        tables.at(places.yChannels),
        sums,
        pitch * 4,
        tables.at(own[0]!),
        ...(asDots ? [w % 4 === 0 ? 0 : h, tables.at(own[1]!), w % 4] : [tables.at(own[1]!)]),
      ]);
      const totals = partsFor(engine, groups * o, blocks * taps * 4);
      call(engine, TOTAL, totals, [
        totals,
        groups * o,
        o,
        panels,
        blocks,
        taps,
        sums,
        pitch * 4,
        at.filters,
        steps.filters * 4,
        tables.at(places.channels),
        tables.at(places.filterTaps),
      ]);
    });
  };
}

/** Rows of columns that are computed before they are folded, at most; unless one channel has more. */
const MOST_ROWS = 32;
/** Bytes of a part of y that stays in the nearest cache. */
const CHUNK_BYTES = 16384;

/** The most channels that divide all of them and whose taps are not too many. */
function channelsAtOnce(channels: number, taps: number): number {
  let best = 1;
  for (let c = 2; c <= channels && c * taps <= MOST_ROWS; c++) if (channels % c === 0) best = c;
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
  const atOnce = channelsAtOnce(c, i * j);
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
  const pitch = Math.max(h * w, 8);
  const direct = isDense(grouped) && h * w >= 8;
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
    engine.reserveScratch(scratch);
    withBlock(engine, length, (filters) => {
      pack(engine, packing, filters, at.filters, tables, NO_BIAS);
      const parts = partsFor(engine, units, 2 * c * o * h * w * i * j);
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
        pitch,
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
