// The words of a nest of loops; see `elementwiseNumbers.ts`.

import { ADDRESS, AXES, AXIS_WORDS } from "./elementwiseNumbers";

// @ts-ignore: decorator
@inline
export function word(args: usize, index: i32): i32 {
  return load<i32>(args + ((<usize>index) << 2));
}

/** Elements along an axis. */
// @ts-ignore: decorator
@inline
export function sizeOf(args: usize, axis: i32): usize {
  return <usize>word(args, AXES + axis * AXIS_WORDS);
}

// @ts-ignore: decorator
@inline
export function strideOf(args: usize, axis: i32, operand: i32): usize {
  return <usize>word(args, AXES + 1 + axis * AXIS_WORDS + operand);
}

// @ts-ignore: decorator
@inline
export function addressOf(args: usize, operand: i32): usize {
  return <usize>word(args, ADDRESS + operand);
}

/** Where an operand stands in the outer loops `axis` … `end` − 1, whose iterations are counted by `index`. */
export function outerOffset(
  args: usize,
  axis: i32,
  end: i32,
  index: usize,
  operand: i32,
): usize {
  let offset: usize = 0;
  let rest = index;
  for (let k = axis; k < end; k++) {
    const size = sizeOf(args, k);
    const above: usize = k + 1 == end ? 0 : rest / size;
    offset += (rest - above * size) * strideOf(args, k, operand);
    rest = above;
  }
  return offset;
}
