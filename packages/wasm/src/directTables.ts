import { PACK } from "../assembly/contractionNumbers.ts";
import type { Engine } from "./engine.ts";
import type { GroupedConvolution } from "./groups.ts";
import { gridOffsets } from "./letters.ts";
import { call, partsFor } from "./product.ts";
import type { Tables } from "./tables.ts";

/** The addresses of a convolution's tensors; what is known anew with each call. */
export interface Addresses {
  readonly x: number;
  readonly filters: number;
  readonly y: number;
}

/** Filters in panels, for each batch: where the packing kernel finds its tables. */
export interface Packing {
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
/** For panels without a bias. */
export const NO_BIAS: Bias = [0, 0, 0];

/** Floats of the panels. */
export const packedLength = (packing: Packing, biased: boolean) =>
  packing.batches *
  (packing.width === 0 ? packing.rows : packing.panels * packing.width) *
  (packing.steps + (biased ? 1 : 0));

/** Packs the filters at `from`. */
export function pack(
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
export function tapOffsets({ conv }: GroupedConvolution, of: "x" | "filters"): Int32Array {
  const { c, i, j } = conv.sizes;
  const { strides } = conv[of];
  return gridOffsets([c, i, j], [strides.c, strides.i, strides.j]);
}

/** Byte offsets of the positions n, h, w in x or in y. */
export function positionOffsets(
  { conv }: GroupedConvolution,
  of: "x" | "y",
  samples = 1,
): Int32Array {
  const { h, w } = conv.sizes;
  const { strides } = conv[of];
  return gridOffsets([samples, h, w], [strides.n, strides.h, strides.w]);
}

/** Byte offsets of the filters o, or of their planes in y. */
export const channelOffsets = ({ conv }: GroupedConvolution, of: "filters" | "y") =>
  gridOffsets([conv.sizes.o], [conv[of].strides.o]);

/** Byte offsets of the groups' filters. */
export const groupOffsets = ({ groups, steps }: GroupedConvolution) =>
  gridOffsets([groups], [steps.filters]);

/** Whether the positions of a plane follow each other. */
export function isDense({ conv }: GroupedConvolution): boolean {
  const { h, w } = conv.sizes;
  const { strides } = conv.y;
  return (w === 1 || strides.w === 1) && (h === 1 || strides.h === w);
}

/** Byte steps from sample to sample and from group to group. */
export const samplesOf = (x: { readonly strides: { readonly n: number } }, group: number) => [
  x.strides.n * 4,
  group * 4,
];

/** What runs a gradient. */
export type GradientPlan = (at: Addresses) => void;
