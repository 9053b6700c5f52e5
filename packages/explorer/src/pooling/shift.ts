import { scope, type Tensor } from "@convgrad/core";
import { conv2d } from "@convgrad/layers";
import { compared, gap, type Identity } from "../matrix/compared.ts";
import { leafOf, wholeNumbers } from "../matrix/leaf.ts";
import { type Plane, planeOf } from "../matrix/plane.ts";
import { type Kind, layerOf } from "./pool.ts";

const PICTURE = 3;
const START = 1;
const TWO_BY_TWO = {
  kernel: [2, 2],
  stride: [2, 2],
  padding: [0, 0],
  dilation: [1, 1],
  ceil: false,
  countPadding: true,
} as const;

/** Rows and columns of the canvas. */
export const CANVAS = 8;

/** What a shift of the picture asks for. */
export interface ShiftInput {
  readonly seed: number;
  /** 3 × 3 */
  readonly filter: Plane;
  readonly kind: Kind;
  readonly down: number;
  readonly right: number;
}

/** A small picture on an empty canvas, moved; what a convolution and a pooling 2 × 2 make of it. */
export interface ShiftNumbers {
  /** The canvas after the move. */
  readonly canvas: Plane;
  /** Its map: conv 3 × 3, padding 1. */
  readonly map: Plane;
  /** The map before the move. */
  readonly mapBefore: Plane;
  readonly pooled: Plane;
  readonly pooledBefore: Plane;
  /** The moved map where both are inside the canvas, beside the map of the moved picture. */
  readonly inside: Identity;
  /** The largest change of a cell of the map, of the pooled map, and of the strongest response of all. */
  readonly change: { readonly map: number; readonly pooled: number; readonly strongest: number };
}

/** Both maps of the picture at its place and moved. */
export function shiftNumbers(input: ShiftInput): ShiftNumbers {
  return scope(() => {
    const { down, right } = input;
    const [before, after] = [mapsOf(input, 0, 0), mapsOf(input, down, right)];
    const size = [CANVAS - down, CANVAS - right] as const;
    const moved = after.map.slice([down, right], [CANVAS, CANVAS]);
    const strongest = (map: Tensor) => map.max();
    return {
      canvas: planeOf(after.canvas),
      map: planeOf(after.map),
      mapBefore: planeOf(before.map),
      pooled: planeOf(after.pooled),
      pooledBefore: planeOf(before.pooled),
      inside: compared(moved, before.map.slice([0, 0], [...size])),
      change: {
        map: gap(after.map, before.map),
        pooled: gap(after.pooled, before.pooled),
        strongest: gap(strongest(after.map), strongest(before.map)),
      },
    };
  });
}

function mapsOf({ seed, filter, kind }: ShiftInput, down: number, right: number) {
  const values = wholeNumbers(seed, PICTURE * PICTURE);
  const picture = leafOf({ rows: PICTURE, columns: PICTURE, values }).detach();
  const rest = CANVAS - PICTURE - START;
  const canvas = picture.pad([
    [START + down, rest - down],
    [START + right, rest - right],
  ]);
  const image = canvas.reshape([1, 1, CANVAS, CANVAS]);
  const kernel = leafOf(filter).detach().reshape([1, 1, 3, 3]);
  const map = conv2d(image, kernel, null, { padding: 1 }).reshape([CANVAS, CANVAS]);
  const pooled = layerOf(kind, TWO_BY_TWO).forward(map);
  return { canvas, map, pooled };
}
