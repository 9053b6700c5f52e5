// Small pieces that the tiles are made of.

/** a·b + sum: rounded twice, or once in the module for relaxed SIMD. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** x ≤ 0 ? 0 : x, which leaves NaN as it is. */
// @ts-ignore: decorator
@inline
export function relu(x: v128): v128 {
  return cut(x, f32x4.splat(0));
}

/** x ≤ limit ? 0 : x; nothing is at most NaN. */
// @ts-ignore: decorator
@inline
export function cut(x: v128, limit: v128): v128 {
  return v128.andnot(x, f32x4.le(x, limit));
}

/** Whether four offsets in a table follow each other float by float. */
// @ts-ignore: decorator
@inline
export function isRun(table: usize): bool {
  const run = i32x4.add(v128.load_splat<i32>(table), i32x4(0, 4, 8, 12));
  return i32x4.all_true(i32x4.eq(v128.load(table), run));
}

/** An argument of a kernel. */
// @ts-ignore: decorator
@inline
export function word(args: usize, index: i32): u32 {
  return load<u32>(args + (<usize>index << 2));
}

/** The first of a part's units; the next part's first is its end. */
// @ts-ignore: decorator
@inline
export function firstUnit(units: u32, parts: u32, part: i32): i32 {
  return <i32>((<u64>units * <u64>part) / <u64>parts);
}

/** Where panel `index` begins when `rows` are dealt out evenly to `panels`, the larger ones first. */
// @ts-ignore: decorator
@inline
export function panelStart(index: i32, rows: i32, panels: i32): i32 {
  return index * (rows / panels) + min(index, rows % panels);
}
