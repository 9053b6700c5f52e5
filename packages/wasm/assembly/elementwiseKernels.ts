// From the numbers of this family to its kernels. Each kernel does tiles: some rows, one behind the other in the second
// loop of a nest; what lies further out is done here, the same for all.

import { argmaxTile } from "./argmax";
import { axpbyTile } from "./axpby";
import { copyTile } from "./copy";
import { elementsTile } from "./elements";
import {
  ARGMAX,
  AXPBY,
  COPY,
  ELEMENTS,
  GATHER,
  PER_PART,
  RANGE,
  RANK,
  ROWS,
  SCATTER_ADD,
  SUM,
} from "./elementwiseNumbers";
import { addressOf, outerOffset, sizeOf, strideOf, word } from "./nest";
import { gatherTile, rangeTile, scatterAddTile } from "./pick";
import { sumTile } from "./sum";

function tile(
  kernel: i32,
  args: usize,
  part: i32,
  scratch: usize,
  rows: usize,
  n: usize,
  o: usize,
  a: usize,
  b: usize,
  c: usize,
): void {
  switch (kernel) {
    case ELEMENTS:
      return elementsTile(args, scratch, rows, n, o, a, b, c);
    case AXPBY:
      return axpbyTile(args, rows, n, o, a);
    case COPY:
      return copyTile(args, rows, n, o, a);
    case SUM:
      return sumTile(args, rows, n, o, a);
    case ARGMAX:
      return argmaxTile(args, rows, n, o, a);
    case GATHER:
      return gatherTile(args, rows, n, o, a, b);
    case SCATTER_ADD:
      return scatterAddTile(args, rows, n, o, a, b);
    case RANGE:
      return rangeTile(args, part, rows, n, o);
  }
}

export function elementwiseKernel(kernel: i32, args: usize, part: i32, scratch: usize): void {
  const rank = word(args, RANK);
  const rows: usize = word(args, ROWS);
  const perPart: usize = word(args, PER_PART);
  const size = sizeOf(args, 0);
  const first = <usize>part * perPart;
  const o = addressOf(args, 0);
  const a = addressOf(args, 1);
  const b = addressOf(args, 2);
  const c = addressOf(args, 3);
  if (rows == 1) {
    const so = strideOf(args, 0, 0) * first;
    const sa = strideOf(args, 0, 1) * first;
    const sb = strideOf(args, 0, 2) * first;
    const sc = strideOf(args, 0, 3) * first;
    tile(
      kernel,
      args,
      part,
      scratch,
      1,
      min(perPart, size - first),
      o + so,
      a + sa,
      b + sb,
      c + sc,
    );
    return;
  }
  const depth = sizeOf(args, 1);
  const end = first + min(perPart, rows - first);
  let row = first;
  while (row < end) {
    const outer = row / depth;
    const inner = row - outer * depth;
    const count = min(depth - inner, end - row);
    const po = o + outerOffset(args, 2, rank, outer, 0) + inner * strideOf(args, 1, 0);
    const pa = a + outerOffset(args, 2, rank, outer, 1) + inner * strideOf(args, 1, 1);
    const pb = b + outerOffset(args, 2, rank, outer, 2) + inner * strideOf(args, 1, 2);
    const pc = c + outerOffset(args, 2, rank, outer, 3) + inner * strideOf(args, 1, 3);
    tile(kernel, args, part, scratch, count, size, po, pa, pb, pc);
    row += count;
  }
}
