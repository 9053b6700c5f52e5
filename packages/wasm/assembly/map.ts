// Rows of operations of one operand; see `operate`. An operation is a class that nobody makes an instance of: a name for
// code that the loops are compiled with.

import { cos4, sin4 } from "./angles";
import {
  ABS,
  COS,
  ERF,
  EXP,
  INT32,
  LOG,
  NEG,
  RELU,
  SIGMOID,
  SIGN,
  SIN,
  SQRT,
  TANH,
  TYPE_CODES,
  UINT8,
} from "./elementwiseNumbers";
import { erf4, exp4, log4, sigmoid4, tanh4 } from "./math";

/** −1, 0 or 1; NaN and the sign of 0 stay. */
// @ts-ignore: decorator
@inline
function signOfFloats(x: v128): v128 {
  const one = v128.or(v128.and(x, f32x4.splat(-0.0)), f32x4.splat(1));
  return v128.bitselect(one, x, f32x4.gt(f32x4.abs(x), f32x4.splat(0)));
}

// @ts-ignore: decorator
@inline
function signOfIntegers<T>(x: v128): v128 {
  const low = v128.min<T>(x, v128.splat<T>(1));
  return isSigned<T>() ? v128.max<T>(low, v128.splat<T>(-1)) : low;
}

// @ts-ignore: decorator
@final
class Neg {
  // @ts-ignore: decorator
  @inline
  of<T>(x: v128): v128 {
    return v128.neg<T>(x);
  }
}

// @ts-ignore: decorator
@final
class Abs {
  // @ts-ignore: decorator
  @inline
  of<T>(x: v128): v128 {
    return sizeof<T>() == 1 ? x : v128.abs<T>(x);
  }
}

// @ts-ignore: decorator
@final
class Sign {
  // @ts-ignore: decorator
  @inline
  of<T>(x: v128): v128 {
    return isFloat<T>() ? signOfFloats(x) : signOfIntegers<T>(x);
  }
}

// @ts-ignore: decorator
@final
class Exp {
  // @ts-ignore: decorator
  @inline
  of<T>(x: v128): v128 {
    return exp4(x);
  }
}

// @ts-ignore: decorator
@final
class Log {
  // @ts-ignore: decorator
  @inline
  of<T>(x: v128): v128 {
    return log4(x);
  }
}

// @ts-ignore: decorator
@final
class Sqrt {
  // @ts-ignore: decorator
  @inline
  of<T>(x: v128): v128 {
    return f32x4.sqrt(x);
  }
}

// @ts-ignore: decorator
@final
class Tanh {
  // @ts-ignore: decorator
  @inline
  of<T>(x: v128): v128 {
    return tanh4(x);
  }
}

// @ts-ignore: decorator
@final
class Sigmoid {
  // @ts-ignore: decorator
  @inline
  of<T>(x: v128): v128 {
    return sigmoid4(x);
  }
}

// @ts-ignore: decorator
@final
class Sin {
  // @ts-ignore: decorator
  @inline
  of<T>(x: v128): v128 {
    return sin4(x);
  }
}

// @ts-ignore: decorator
@final
class Cos {
  // @ts-ignore: decorator
  @inline
  of<T>(x: v128): v128 {
    return cos4(x);
  }
}

// @ts-ignore: decorator
@final
class Erf {
  // @ts-ignore: decorator
  @inline
  of<T>(x: v128): v128 {
    return erf4(x);
  }
}

/** 0 where x ≤ 0; NaN stays NaN. */
// @ts-ignore: decorator
@final
class Relu {
  // @ts-ignore: decorator
  @inline
  of<T>(x: v128): v128 {
    return v128.andnot(x, f32x4.le(x, f32x4.splat(0)));
  }
}

/** One vector at a time. */
function each<T, Op>(n: usize, o: usize, a: usize, ma: usize): void {
  const op = changetype<Op>(0);
  const last = n - 16 / sizeof<T>();
  let i: usize = 0;
  let next: usize = 0;
  do {
    i = next;
    v128.store(o + i * sizeof<T>(), op.of<T>(v128.load(a + ((i * sizeof<T>()) & ma))));
    next = min(i + 16 / sizeof<T>(), last);
  } while (i != last);
}

/** Four vectors at a time, for operations that take no longer than memory does. */
function eachFast<T, Op>(n: usize, o: usize, a: usize, ma: usize): void {
  const op = changetype<Op>(0);
  let i: usize = 0;
  if (n >= 16) {
    do {
      const p = a + ((i << 2) & ma);
      const q = o + (i << 2);
      v128.store(q, op.of<T>(v128.load(p)));
      v128.store(q, op.of<T>(v128.load(p, 16)), 16);
      v128.store(q, op.of<T>(v128.load(p, 32)), 32);
      v128.store(q, op.of<T>(v128.load(p, 48)), 48);
      i += 16;
    } while (i + 16 <= n);
  }
  if (i < n) {
    i = min(i, n - 4);
    each<T, Op>(n - i, o + (i << 2), a + ((i << 2) & ma), ma);
  }
}

function mapFloats(op: i32, n: usize, o: usize, a: usize, ma: usize): void {
  switch (op) {
    case NEG:
      return each<f32, Neg>(n, o, a, ma);
    case ABS:
      return each<f32, Abs>(n, o, a, ma);
    case SIGN:
      return each<f32, Sign>(n, o, a, ma);
    case EXP:
      return each<f32, Exp>(n, o, a, ma);
    case LOG:
      return each<f32, Log>(n, o, a, ma);
    case SQRT:
      return each<f32, Sqrt>(n, o, a, ma);
    case TANH:
      return each<f32, Tanh>(n, o, a, ma);
    case SIGMOID:
      return each<f32, Sigmoid>(n, o, a, ma);
    case RELU:
      return eachFast<f32, Relu>(n, o, a, ma);
    case SIN:
      return each<f32, Sin>(n, o, a, ma);
    case COS:
      return each<f32, Cos>(n, o, a, ma);
    case ERF:
      return each<f32, Erf>(n, o, a, ma);
  }
}

function mapIntegers<T>(op: i32, n: usize, o: usize, a: usize, ma: usize): void {
  if (op == NEG) each<T, Neg>(n, o, a, ma);
  else if (op == ABS) each<T, Abs>(n, o, a, ma);
  else each<T, Sign>(n, o, a, ma);
}

export function mapRow(code: i32, n: usize, o: usize, a: usize, ma: usize): void {
  const op = code % TYPE_CODES;
  const type = code / TYPE_CODES;
  if (type == INT32) mapIntegers<i32>(op, n, o, a, ma);
  else if (type == UINT8) mapIntegers<u8>(op, n, o, a, ma);
  else mapFloats(op, n, o, a, ma);
}
