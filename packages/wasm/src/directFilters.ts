import { DOTS, TAPS, TOTAL } from "../assembly/contractionNumbers.ts";
import { isDepthwise } from "./depthwise.ts";
import {
  channelOffsets,
  type GradientPlan,
  positionOffsets,
  samplesOf,
  tapOffsets,
} from "./directTables.ts";
import type { Engine } from "./engine.ts";
import type { GroupedConvolution } from "./groups.ts";
import { gridOffsets } from "./letters.ts";
import {
  isDenseSquare,
  isStridedSquare,
  NOT_STAGED,
  type StagedPlane,
  stagedPlane,
} from "./planes.ts";
import { call, partsFor, withBlock } from "./product.ts";
import type { Tables } from "./tables.ts";

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
function rowPairs(
  { conv }: GroupedConvolution,
  staged: StagedPlane | null,
  samples: number,
  tail: boolean,
): Int32Array {
  const { h, w } = conv.sizes;
  const [first, count] = tail ? [w - 4, 1] : [0, w >> 2];
  const sizes = [samples, h, count];
  const along = ({ n, h }: { readonly n: number; readonly h: number }) =>
    gridOffsets(sizes, [n, h, 4]);
  const [x, y] = [
    along(staged ? { n: 0, h: staged.pitch } : conv.x.strides),
    along(conv.y.strides),
  ];
  return Int32Array.from({ length: 2 * x.length }, (_, k) => (k % 2 ? y : x)[k >> 1]! + first * 4);
}

/** Positions whose filters' gradients lie packed in the nearest cache. */
const POSITIONS_AT_ONCE = 512;
const LONGEST_CHUNK = 1024;
/** Pairs of rows' parts that stay there. */
const PAIRS_AT_ONCE = 256;

/** Taps that are summed at once: five in a run, nine anywhere. */
const RUNS = 1;
const NINES = 2;

/** A table with its last entry repeated. */
function inMultiplesOf(n: number, table: Int32Array): Int32Array {
  const length = Math.ceil(table.length / n) * n;
  return Int32Array.from({ length }, (_, k) => table[Math.min(k, table.length - 1)]!);
}

/** The gradient of the filters. */
export function planFilters(
  engine: Engine,
  grouped: GroupedConvolution,
  tables: Tables,
): GradientPlan {
  const { conv, groups, steps } = grouped;
  const { n, o, h, w } = conv.sizes;
  const inNines = isDepthwise(grouped) && conv.y.strides.w === 1 && w >= 4;
  const { strides } = conv.x;
  const windows = { sizes: conv.sizes, strides };
  const isStrided = inNines && w % 4 === 0 && isStridedSquare(windows, tapOffsets(grouped, "x"));
  const staged = inNines && !isStrided && strides.w !== 1 ? stagedPlane(windows) : null;
  const hasRows = (strides.w === 1 || isStrided || staged !== null) && conv.y.strides.w === 1;
  const asDots = hasRows && (w >= 16 || inNines);
  const xTaps = staged?.taps ?? tapOffsets(grouped, "x");
  const taps = xTaps.length;
  const inRuns = strides.j === 1 && conv.sizes.j % 5 === 0;
  const pitchOfSums = Math.ceil(taps / 4) * 4;
  const panels = Math.ceil(o / 8);
  const blocks = blocksOf(grouped, panels, pitchOfSums);
  const perBlock = Math.ceil(n / blocks);
  const entries = asDots ? h * (w >> 2) : h * w;
  const goal = asDots ? PAIRS_AT_ONCE : POSITIONS_AT_ONCE;
  const fitting = Math.ceil(perBlock / Math.ceil((perBlock * entries) / Math.max(goal, entries)));
  const pitch = staged?.pitch ?? (isStrided ? strides.i : strides.h);
  const inStrips = inNines && asDots && isDenseSquare(xTaps, pitch);
  const atOnce = staged || inStrips ? 1 : fitting;
  const chunk = inStrips ? entries : asDots ? PAIRS_AT_ONCE : LONGEST_CHUNK;
  const own = asDots
    ? [
        tables.add(rowPairs(grouped, staged, atOnce, false)),
        w % 4 === 0 ? 0 : tables.add(rowPairs(grouped, staged, atOnce, true)),
      ]
    : [
        tables.add(positionOffsets(grouped, "x", atOnce)),
        tables.add(positionOffsets(grouped, "y", atOnce)),
      ];
  const places = {
    taps: tables.add(inNines ? inMultiplesOf(9, xTaps) : xTaps),
    yChannels: tables.add(channelOffsets(grouped, "y")),
    channels: tables.add(channelOffsets(grouped, "filters")),
    filterTaps: tables.add(tapOffsets(grouped, "filters")),
  };
  const units = groups * panels * blocks;
  const operations = (2 * n * Math.min(o, 8) * h * w * taps) / blocks;
  const packed = Math.min(chunk, atOnce * entries) * 8;
  const lanes = (taps + 8) * 32;
  const scratch = (asDots ? lanes + (staged ? staged.cells + 8 : 0) : packed) * 4;
  const atOnceWord = inNines ? NINES : inRuns ? RUNS : 0;
  return (at) => {
    engine.reserveScratch(scratch);
    withBlock(engine, units * 8 * pitchOfSums, (sums) => {
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
        pitchOfSums * 4,
        tables.at(own[0]!),
        ...(asDots
          ? [
              w % 4 === 0 ? 0 : h,
              tables.at(own[1]!),
              w % 4,
              atOnceWord,
              staged ? lanes * 4 : 0,
              ...(staged?.words ?? NOT_STAGED),
              inStrips ? w >> 2 : 0,
              h,
              pitch * 4,
              conv.y.strides.h * 4,
              isStrided ? 1 : 0,
            ]
          : [tables.at(own[1]!)]),
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
        pitchOfSums * 4,
        at.filters,
        steps.filters * 4,
        tables.at(places.channels),
        tables.at(places.filterTaps),
      ]);
    });
  };
}
