import { checkDType, type DType } from "./dtype.ts";
import type { Operand } from "./operations/arithmetic.ts";
import * as arithmetic from "./operations/arithmetic.ts";
import { matmul } from "./operations/contract.ts";
import * as functions from "./operations/functions.ts";
import type { Axes } from "./operations/reduce.ts";
import * as reduce from "./operations/reduce.ts";
import * as elementwise from "./primitives/elementwise.ts";
import { cast } from "./primitives/movement.ts";
import type { Tensor } from "./tensor.ts";

/** The methods of {@link Tensor} that compute: element by element, and over axes. */
export abstract class TensorMath {
  // Elementwise

  /** this + other; the shapes broadcast, and a number takes the type of the tensor. */
  add(this: Tensor, other: Operand): Tensor {
    return arithmetic.add(this, other);
  }
  /** this − other. */
  sub(this: Tensor, other: Operand): Tensor {
    return arithmetic.sub(this, other);
  }
  /** this · other, element by element; `matmul` is the matrix product. */
  mul(this: Tensor, other: Operand): Tensor {
    return arithmetic.mul(this, other);
  }
  /** this / other; float types only. */
  div(this: Tensor, other: Operand): Tensor {
    return arithmetic.div(this, other);
  }
  /** thisᵉ */
  pow(this: Tensor, exponent: Operand): Tensor {
    return arithmetic.pow(this, exponent);
  }
  /** The larger of the two; a tie gives each half of the gradient. */
  maximum(this: Tensor, other: Operand): Tensor {
    return arithmetic.maximum(this, other);
  }
  /** The smaller of the two; a tie gives each half of the gradient. */
  minimum(this: Tensor, other: Operand): Tensor {
    return arithmetic.minimum(this, other);
  }
  /** 1 where equal, else 0, as uint8. */
  equal(this: Tensor, other: Operand): Tensor {
    return arithmetic.equal(this, other);
  }
  /** 1 where this > other, else 0, as uint8. */
  greater(this: Tensor, other: Operand): Tensor {
    return arithmetic.greater(this, other);
  }
  /** 1 where this < other, else 0, as uint8. */
  less(this: Tensor, other: Operand): Tensor {
    return arithmetic.less(this, other);
  }
  /** 1 where this ≤ other, else 0, as uint8. */
  lessEqual(this: Tensor, other: Operand): Tensor {
    return arithmetic.lessEqual(this, other);
  }
  /** 1 where this ≥ other, else 0, as uint8. */
  greaterEqual(this: Tensor, other: Operand): Tensor {
    return arithmetic.greaterEqual(this, other);
  }
  /** 1 where not equal, else 0, as uint8; NaN is not equal to itself. */
  notEqual(this: Tensor, other: Operand): Tensor {
    return arithmetic.notEqual(this, other);
  }
  /** This where the condition (uint8) is not 0, `other` elsewhere. */
  where(this: Tensor, condition: Tensor, other: Operand): Tensor {
    return arithmetic.where(condition, this, other);
  }
  /** −this. */
  neg(this: Tensor): Tensor {
    return elementwise.neg(this);
  }
  /** |this|; the derivative at 0 is 0. */
  abs(this: Tensor): Tensor {
    return elementwise.abs(this);
  }
  /** −1, 0 or 1. */
  sign(this: Tensor): Tensor {
    return elementwise.sign(this);
  }
  /** e to the power of this. */
  exp(this: Tensor): Tensor {
    return elementwise.exp(this);
  }
  /** The natural logarithm. */
  log(this: Tensor): Tensor {
    return elementwise.log(this);
  }
  /** √this. */
  sqrt(this: Tensor): Tensor {
    return elementwise.sqrt(this);
  }
  /** tanh this. */
  tanh(this: Tensor): Tensor {
    return elementwise.tanh(this);
  }
  /** 1 / (1 + e^−x). */
  sigmoid(this: Tensor): Tensor {
    return elementwise.sigmoid(this);
  }
  /** max(0, this); the derivative at 0 is 0. */
  relu(this: Tensor): Tensor {
    return elementwise.relu(this);
  }
  /** sin this, an angle in radians. */
  sin(this: Tensor): Tensor {
    return elementwise.sin(this);
  }
  /** cos this, an angle in radians. */
  cos(this: Tensor): Tensor {
    return elementwise.cos(this);
  }
  /** The error function, 2/√π ∫ e^(−t²) dt from 0 to this. */
  erf(this: Tensor): Tensor {
    return elementwise.erf(this);
  }
  /** this². */
  square(this: Tensor): Tensor {
    return elementwise.mul(this, this);
  }
  /** 1 / this; float types only. */
  reciprocal(this: Tensor): Tensor {
    return functions.reciprocal(this);
  }
  /** 1 / √this. */
  rsqrt(this: Tensor): Tensor {
    return functions.rsqrt(this);
  }
  /** ln(1 + this), accurate near 0. */
  log1p(this: Tensor): Tensor {
    return functions.log1p(this);
  }
  /** e to the power of this, minus 1, accurate near 0. */
  expm1(this: Tensor): Tensor {
    return functions.expm1(this);
  }
  /** ln(1 + e^this) without overflow: a smooth relu, whose derivative is the sigmoid. */
  softplus(this: Tensor): Tensor {
    return functions.softplus(this);
  }
  /** The elements within min … max, `null` being no bound; the gradient passes at the bounds too. */
  clamp(this: Tensor, min: number | null, max?: number | null): Tensor {
    return functions.clamp(this, min, max);
  }
  /** The elements in another type; integers are cut towards zero. */
  to(this: Tensor, dtype: DType): Tensor {
    checkDType("to", dtype);
    return dtype === this.dtype ? this : cast(this, { dtype });
  }

  // Reductions: over one axis, several, or all

  /** Σ over the axes; uint8 sums as int32. */
  sum(this: Tensor, axes?: Axes, keepDims?: boolean): Tensor {
    return reduce.sum(this, axes, keepDims);
  }
  /** The mean over the axes; integers average as float32. */
  mean(this: Tensor, axes?: Axes, keepDims?: boolean): Tensor {
    return reduce.mean(this, axes, keepDims);
  }
  /** Π over the axes; uint8 multiplies as int32. */
  prod(this: Tensor, axes?: Axes, keepDims?: boolean): Tensor {
    return reduce.prod(this, axes, keepDims);
  }
  /** The first maximum takes the whole gradient. */
  max(this: Tensor, axes?: Axes, keepDims?: boolean): Tensor {
    return reduce.max(this, axes, keepDims);
  }
  /** The first minimum takes the whole gradient. */
  min(this: Tensor, axes?: Axes, keepDims?: boolean): Tensor {
    return reduce.min(this, axes, keepDims);
  }
  /** The maximum; equals share the gradient evenly. */
  amax(this: Tensor, axes?: Axes, keepDims?: boolean): Tensor {
    return reduce.amax(this, axes, keepDims);
  }
  /** The minimum; equals share the gradient evenly. */
  amin(this: Tensor, axes?: Axes, keepDims?: boolean): Tensor {
    return reduce.amin(this, axes, keepDims);
  }
  /** The index (int32) of the first maximum along an axis, or in the flattened tensor. */
  argmax(this: Tensor, axis?: number, keepDims?: boolean): Tensor {
    return reduce.argmax(this, axis, keepDims);
  }
  /** The index (int32) of the first minimum along an axis, or in the flattened tensor. */
  argmin(this: Tensor, axis?: number, keepDims?: boolean): Tensor {
    return reduce.argmin(this, axis, keepDims);
  }
  /** Σ (x − mean)² / (n − correction); correction is 1 unless given. */
  variance(this: Tensor, axes?: Axes, keepDims?: boolean, correction?: number): Tensor {
    return reduce.variance(this, axes, keepDims, correction);
  }
  /** √variance; the derivative where it is 0 is 0. */
  std(this: Tensor, axes?: Axes, keepDims?: boolean, correction?: number): Tensor {
    return reduce.std(this, axes, keepDims, correction);
  }
  /** Σ of the elements up to and including each, along an axis; uint8 sums as int32. */
  cumsum(this: Tensor, axis: number): Tensor {
    return reduce.cumsum(this, axis);
  }
  /** ln Σ e^x over the axes, without overflow. */
  logSumExp(this: Tensor, axes?: Axes, keepDims?: boolean): Tensor {
    return reduce.logSumExp(this, axes, keepDims);
  }
  /** e^x / Σ e^x along an axis, by default the last. */
  softmax(this: Tensor, axis?: number): Tensor {
    return reduce.softmax(this, axis);
  }
  /** ln softmax along an axis, by default the last; stable for logits of any size. */
  logSoftmax(this: Tensor, axis?: number): Tensor {
    return reduce.logSoftmax(this, axis);
  }
  /** Matrix product over the last two axes; the axes before broadcast. */
  matmul(this: Tensor, other: Tensor): Tensor {
    return matmul(this, other);
  }
}
