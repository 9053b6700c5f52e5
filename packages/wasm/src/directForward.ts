import type { Epilogue } from "@convgrad/core";
import { PIXELS, ROWS, TILE } from "../assembly/contractionNumbers.ts";
import {
  type Addresses,
  type Bias,
  channelOffsets,
  groupOffsets,
  isDense,
  type Packing,
  pack,
  packedLength,
  positionOffsets,
  samplesOf,
  tapOffsets,
} from "./directTables.ts";
import type { Engine } from "./engine.ts";
import type { GroupedConvolution } from "./groups.ts";
import { call, modeOf, partsFor, withBlock } from "./product.ts";
import type { Tables } from "./tables.ts";

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
