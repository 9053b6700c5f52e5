// The nest that a reduction runs over for each of its results. Its axes, two or more, follow those of the nest of results;
// the operand that is reduced is the second in both.

import { INNER_RANK, RANK } from "./elementwiseNumbers";
import { outerOffset, sizeOf, strideOf, word } from "./nest";

/** Steps along an axis of the inner nest. */
// @ts-ignore: decorator
@inline
export function innerSize(args: usize, axis: i32): usize {
  return sizeOf(args, word(args, RANK) + axis);
}

/** Bytes from one step to the next. */
// @ts-ignore: decorator
@inline
export function innerStride(args: usize, axis: i32): usize {
  return strideOf(args, word(args, RANK) + axis, 1);
}

/** Where tile `index` of the inner nest begins. */
// @ts-ignore: decorator
@inline
export function innerOffset(args: usize, index: usize): usize {
  const rank = word(args, RANK);
  return outerOffset(args, rank + 2, rank + word(args, INNER_RANK), index, 1);
}
