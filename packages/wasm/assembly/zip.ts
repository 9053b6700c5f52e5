// Rows of operations of two operands; see `operate`, and `map.ts` for what the classes are.

import {
  ADD,
  DIV,
  EQUAL,
  GATE,
  GREATER,
  INT32,
  MAXIMUM,
  MINIMUM,
  MUL,
  POW,
  SUB,
  TYPE_CODES,
  UINT8,
} from "./elementwiseNumbers";
import { pow4 } from "./math";

/** The low word of a product that was rounded to float64, as JavaScript multiplies. */
// @ts-ignore: decorator
@inline
function multiplyLane(a: i32, b: i32): i32 {
  return <i32>(<i64>(<f64>a * <f64>b));
}

// @ts-ignore: decorator
@inline
function multiplyWords(a: v128, b: v128): v128 {
  return i32x4(
    multiplyLane(i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0)),
    multiplyLane(i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1)),
    multiplyLane(i32x4.extract_lane(a, 2), i32x4.extract_lane(b, 2)),
    multiplyLane(i32x4.extract_lane(a, 3), i32x4.extract_lane(b, 3)),
  );
}

// @ts-ignore: decorator
@inline
function multiplyBytes(a: v128, b: v128): v128 {
  const low = i16x8.extmul_low_i8x16_u(a, b);
  const high = i16x8.extmul_high_i8x16_u(a, b);
  return i8x16.shuffle(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}

// @ts-ignore: decorator
@final
class Add {
  // @ts-ignore: decorator
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.add<T>(a, b);
  }
}

// @ts-ignore: decorator
@final
class Sub {
  // @ts-ignore: decorator
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.sub<T>(a, b);
  }
}

// @ts-ignore: decorator
@final
class Mul {
  // @ts-ignore: decorator
  @inline
  of<T>(a: v128, b: v128): v128 {
    if (isFloat<T>()) return f32x4.mul(a, b);
    return sizeof<T>() == 1 ? multiplyBytes(a, b) : multiplyWords(a, b);
  }
}

// @ts-ignore: decorator
@final
class Div {
  // @ts-ignore: decorator
  @inline
  of<T>(a: v128, b: v128): v128 {
    return f32x4.div(a, b);
  }
}

// @ts-ignore: decorator
@final
class Pow {
  // @ts-ignore: decorator
  @inline
  of<T>(a: v128, b: v128): v128 {
    return pow4(a, b);
  }
}

// @ts-ignore: decorator
@final
class Maximum {
  // @ts-ignore: decorator
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.max<T>(a, b);
  }
}

// @ts-ignore: decorator
@final
class Minimum {
  // @ts-ignore: decorator
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.min<T>(a, b);
  }
}

/** a where b ≠ 0, else 0; NaN is not 0. */
// @ts-ignore: decorator
@final
class Gate {
  // @ts-ignore: decorator
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.and(a, v128.ne<T>(b, v128.splat<T>(0)));
  }
}

/** All ones where it holds. */
// @ts-ignore: decorator
@final
class Equal {
  // @ts-ignore: decorator
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.eq<T>(a, b);
  }
}

/** All ones where it holds. */
// @ts-ignore: decorator
@final
class Greater {
  // @ts-ignore: decorator
  @inline
  of<T>(a: v128, b: v128): v128 {
    return v128.gt<T>(a, b);
  }
}

/** One vector at a time. */
function each<T, Op>(n: usize, o: usize, a: usize, b: usize, ma: usize, mb: usize): void {
  const op = changetype<Op>(0);
  const last = n - 16 / sizeof<T>();
  let i: usize = 0;
  let next: usize = 0;
  do {
    i = next;
    const at = i * sizeof<T>();
    v128.store(o + at, op.of<T>(v128.load(a + (at & ma)), v128.load(b + (at & mb))));
    next = min(i + 16 / sizeof<T>(), last);
  } while (i != last);
}

/** Four vectors at a time, for operations that take no longer than memory does. */
function eachFast<T, Op>(n: usize, o: usize, a: usize, b: usize, ma: usize, mb: usize): void {
  const op = changetype<Op>(0);
  let i: usize = 0;
  if (n >= 16) {
    do {
      const p = a + ((i << 2) & ma);
      const q = b + ((i << 2) & mb);
      const r = o + (i << 2);
      v128.store(r, op.of<T>(v128.load(p), v128.load(q)));
      v128.store(r, op.of<T>(v128.load(p, 16), v128.load(q, 16)), 16);
      v128.store(r, op.of<T>(v128.load(p, 32), v128.load(q, 32)), 32);
      v128.store(r, op.of<T>(v128.load(p, 48), v128.load(q, 48)), 48);
      i += 16;
    } while (i + 16 <= n);
  }
  if (i < n) {
    // Nothing is computed twice where n is a multiple of 4, as it is in place.
    i = min(i, n - 4);
    each<T, Op>(n - i, o + (i << 2), a + ((i << 2) & ma), b + ((i << 2) & mb), ma, mb);
  }
}

/** Bytes of 1 or 0 from vectors of all ones or 0. */
function compare<T, Op>(n: usize, o: usize, a: usize, b: usize, ma: usize, mb: usize): void {
  const op = changetype<Op>(0);
  const last = n - 16 / sizeof<T>();
  let i: usize = 0;
  let next: usize = 0;
  do {
    i = next;
    const at = i * sizeof<T>();
    const mask = op.of<T>(v128.load(a + (at & ma)), v128.load(b + (at & mb)));
    if (sizeof<T>() == 1) v128.store(o + i, i8x16.abs(mask));
    else {
      const halves = i16x8.narrow_i32x4_s(mask, mask);
      v128.store32_lane(o + i, i8x16.abs(i8x16.narrow_i16x8_s(halves, halves)), 0);
    }
    next = min(i + 16 / sizeof<T>(), last);
  } while (i != last);
}

function zipFloats(op: i32, n: usize, o: usize, a: usize, b: usize, ma: usize, mb: usize): void {
  switch (op) {
    case ADD:
      return eachFast<f32, Add>(n, o, a, b, ma, mb);
    case SUB:
      return eachFast<f32, Sub>(n, o, a, b, ma, mb);
    case MUL:
      return eachFast<f32, Mul>(n, o, a, b, ma, mb);
    case DIV:
      return each<f32, Div>(n, o, a, b, ma, mb);
    case POW:
      return each<f32, Pow>(n, o, a, b, ma, mb);
    case MAXIMUM:
      return each<f32, Maximum>(n, o, a, b, ma, mb);
    case MINIMUM:
      return each<f32, Minimum>(n, o, a, b, ma, mb);
    case GATE:
      return eachFast<f32, Gate>(n, o, a, b, ma, mb);
    case EQUAL:
      return compare<f32, Equal>(n, o, a, b, ma, mb);
    case GREATER:
      return compare<f32, Greater>(n, o, a, b, ma, mb);
  }
}

function zipIntegers<T>(
  op: i32,
  n: usize,
  o: usize,
  a: usize,
  b: usize,
  ma: usize,
  mb: usize,
): void {
  switch (op) {
    case ADD:
      return each<T, Add>(n, o, a, b, ma, mb);
    case SUB:
      return each<T, Sub>(n, o, a, b, ma, mb);
    case MUL:
      return each<T, Mul>(n, o, a, b, ma, mb);
    case MAXIMUM:
      return each<T, Maximum>(n, o, a, b, ma, mb);
    case MINIMUM:
      return each<T, Minimum>(n, o, a, b, ma, mb);
    case GATE:
      return each<T, Gate>(n, o, a, b, ma, mb);
    case EQUAL:
      return compare<T, Equal>(n, o, a, b, ma, mb);
    case GREATER:
      return compare<T, Greater>(n, o, a, b, ma, mb);
  }
}

export function zipRow(
  code: i32,
  n: usize,
  o: usize,
  a: usize,
  b: usize,
  ma: usize,
  mb: usize,
): void {
  const op = code % TYPE_CODES;
  const type = code / TYPE_CODES;
  if (type == INT32) zipIntegers<i32>(op, n, o, a, b, ma, mb);
  else if (type == UINT8) zipIntegers<u8>(op, n, o, a, b, ma, mb);
  else zipFloats(op, n, o, a, b, ma, mb);
}
