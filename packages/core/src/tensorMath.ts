import { checkDType, type DType } from "./dtype.ts";
import type { Taken, Together } from "./operations/arithmetic.rule.ts";
import type { Operand } from "./operations/arithmetic.ts";
import * as arithmetic from "./operations/arithmetic.ts";
import type { MatMul } from "./operations/contract.rule.ts";
import { matmul } from "./operations/contract.ts";
import * as functions from "./operations/functions.ts";
import type { Reduced } from "./operations/reduce.rule.ts";
import type { Axes } from "./operations/reduce.ts";
import * as reduce from "./operations/reduce.ts";
import * as elementwise from "./primitives/elementwise.ts";
import { cast } from "./primitives/movement.ts";
import type { Refusing, Result, ShapeOf } from "./shape.rule.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** The methods of {@link Tensor} that compute: element by element, and over axes. */
export abstract class TensorMath {
  // Elementwise

  /** this + other; the shapes broadcast, and a number takes the type of the tensor. */
  add<T extends Tensor, B extends number | Tensor>(
    this: T,
    other: Taken<T, B>,
  ): Tensor<Together<ShapeOf<T>, ShapeOf<B>>> {
    return arithmetic.add(this, other as Operand);
  }
  /** this − other. */
  sub<T extends Tensor, B extends number | Tensor>(
    this: T,
    other: Taken<T, B>,
  ): Tensor<Together<ShapeOf<T>, ShapeOf<B>>> {
    return arithmetic.sub(this, other as Operand);
  }
  /** this · other, element by element; `matmul` is the matrix product. */
  mul<T extends Tensor, B extends number | Tensor>(
    this: T,
    other: Taken<T, B>,
  ): Tensor<Together<ShapeOf<T>, ShapeOf<B>>> {
    return arithmetic.mul(this, other as Operand);
  }
  /** this / other; float types only. */
  div<T extends Tensor, B extends number | Tensor>(
    this: T,
    other: Taken<T, B>,
  ): Tensor<Together<ShapeOf<T>, ShapeOf<B>>> {
    return arithmetic.div(this, other as Operand);
  }
  /** thisᵉ */
  pow<T extends Tensor, B extends number | Tensor>(
    this: T,
    exponent: Taken<T, B>,
  ): Tensor<Together<ShapeOf<T>, ShapeOf<B>>> {
    return arithmetic.pow(this, exponent as Operand);
  }
  /** The larger of the two; a tie gives each half of the gradient. */
  maximum<T extends Tensor, B extends number | Tensor>(
    this: T,
    other: Taken<T, B>,
  ): Tensor<Together<ShapeOf<T>, ShapeOf<B>>> {
    return arithmetic.maximum(this, other as Operand);
  }
  /** The smaller of the two; a tie gives each half of the gradient. */
  minimum<T extends Tensor, B extends number | Tensor>(
    this: T,
    other: Taken<T, B>,
  ): Tensor<Together<ShapeOf<T>, ShapeOf<B>>> {
    return arithmetic.minimum(this, other as Operand);
  }
  /** 1 where equal, else 0, as uint8. */
  equal<T extends Tensor, B extends number | Tensor>(
    this: T,
    other: Taken<T, B>,
  ): Tensor<Together<ShapeOf<T>, ShapeOf<B>>> {
    return arithmetic.equal(this, other as Operand);
  }
  /** 1 where this > other, else 0, as uint8. */
  greater<T extends Tensor, B extends number | Tensor>(
    this: T,
    other: Taken<T, B>,
  ): Tensor<Together<ShapeOf<T>, ShapeOf<B>>> {
    return arithmetic.greater(this, other as Operand);
  }
  /** 1 where this < other, else 0, as uint8. */
  less<T extends Tensor, B extends number | Tensor>(
    this: T,
    other: Taken<T, B>,
  ): Tensor<Together<ShapeOf<T>, ShapeOf<B>>> {
    return arithmetic.less(this, other as Operand);
  }
  /** 1 where this ≤ other, else 0, as uint8. */
  lessEqual<T extends Tensor, B extends number | Tensor>(
    this: T,
    other: Taken<T, B>,
  ): Tensor<Together<ShapeOf<T>, ShapeOf<B>>> {
    return arithmetic.lessEqual(this, other as Operand);
  }
  /** 1 where this ≥ other, else 0, as uint8. */
  greaterEqual<T extends Tensor, B extends number | Tensor>(
    this: T,
    other: Taken<T, B>,
  ): Tensor<Together<ShapeOf<T>, ShapeOf<B>>> {
    return arithmetic.greaterEqual(this, other as Operand);
  }
  /** 1 where not equal, else 0, as uint8; NaN is not equal to itself. */
  notEqual<T extends Tensor, B extends number | Tensor>(
    this: T,
    other: Taken<T, B>,
  ): Tensor<Together<ShapeOf<T>, ShapeOf<B>>> {
    return arithmetic.notEqual(this, other as Operand);
  }
  /** This where the condition (uint8) is not 0, `other` elsewhere. */
  where<T extends Tensor, C extends Shape, B extends number | Tensor>(
    this: T,
    condition: Tensor<C>,
    other: B,
  ): Tensor<Together<Together<ShapeOf<T>, C>, ShapeOf<B>>> {
    return arithmetic.where(condition, this, other);
  }
  /** −this. */
  neg<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return elementwise.neg(this);
  }
  /** |this|; the derivative at 0 is 0. */
  abs<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return elementwise.abs(this);
  }
  /** −1, 0 or 1. */
  sign<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return elementwise.sign(this);
  }
  /** e to the power of this. */
  exp<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return elementwise.exp(this);
  }
  /** The natural logarithm. */
  log<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return elementwise.log(this);
  }
  /** √this. */
  sqrt<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return elementwise.sqrt(this);
  }
  /** tanh this. */
  tanh<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return elementwise.tanh(this);
  }
  /** 1 / (1 + e^−x). */
  sigmoid<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return elementwise.sigmoid(this);
  }
  /** max(0, this); the derivative at 0 is 0. */
  relu<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return elementwise.relu(this);
  }
  /** sin this, an angle in radians. */
  sin<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return elementwise.sin(this);
  }
  /** cos this, an angle in radians. */
  cos<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return elementwise.cos(this);
  }
  /** The error function, 2/√π ∫ e^(−t²) dt from 0 to this. */
  erf<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return elementwise.erf(this);
  }
  /** this². */
  square<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return elementwise.mul(this, this);
  }
  /** 1 / this; float types only. */
  reciprocal<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return functions.reciprocal(this);
  }
  /** 1 / √this. */
  rsqrt<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return functions.rsqrt(this);
  }
  /** ln(1 + this), accurate near 0. */
  log1p<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return functions.log1p(this);
  }
  /** e to the power of this, minus 1, accurate near 0. */
  expm1<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return functions.expm1(this);
  }
  /** ln(1 + e^this) without overflow: a smooth relu, whose derivative is the sigmoid. */
  softplus<T extends Tensor>(this: T): Tensor<ShapeOf<T>> {
    return functions.softplus(this);
  }
  /** The elements within min … max, `null` being no bound; the gradient passes at the bounds too. */
  clamp<T extends Tensor>(this: T, min: number | null, max?: number | null): Tensor<ShapeOf<T>> {
    return functions.clamp(this, min, max);
  }
  /** The elements in another type; integers are cut towards zero. */
  to<T extends Tensor>(this: T, dtype: DType): Tensor<ShapeOf<T>> {
    checkDType("to", dtype);
    return dtype === this.dtype ? this : cast(this, { dtype });
  }

  // Reductions: over one axis, several, or all

  /** Σ over the axes; uint8 sums as int32. */
  sum<T extends Tensor, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: T,
    axes?: Over,
    keepDims?: Keep,
  ): Tensor<Reduced<ShapeOf<T>, Over, Keep>> {
    return reduce.sum(this, axes, keepDims);
  }
  /** The mean over the axes; integers average as float32. */
  mean<T extends Tensor, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: T,
    axes?: Over,
    keepDims?: Keep,
  ): Tensor<Reduced<ShapeOf<T>, Over, Keep>> {
    return reduce.mean(this, axes, keepDims);
  }
  /** Π over the axes; uint8 multiplies as int32. */
  prod<T extends Tensor, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: T,
    axes?: Over,
    keepDims?: Keep,
  ): Tensor<Reduced<ShapeOf<T>, Over, Keep>> {
    return reduce.prod(this, axes, keepDims);
  }
  /** The first maximum takes the whole gradient. */
  max<T extends Tensor, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: T,
    axes?: Over,
    keepDims?: Keep,
  ): Tensor<Reduced<ShapeOf<T>, Over, Keep>> {
    return reduce.max(this, axes, keepDims);
  }
  /** The first minimum takes the whole gradient. */
  min<T extends Tensor, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: T,
    axes?: Over,
    keepDims?: Keep,
  ): Tensor<Reduced<ShapeOf<T>, Over, Keep>> {
    return reduce.min(this, axes, keepDims);
  }
  /** The maximum; equals share the gradient evenly. */
  amax<T extends Tensor, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: T,
    axes?: Over,
    keepDims?: Keep,
  ): Tensor<Reduced<ShapeOf<T>, Over, Keep>> {
    return reduce.amax(this, axes, keepDims);
  }
  /** The minimum; equals share the gradient evenly. */
  amin<T extends Tensor, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: T,
    axes?: Over,
    keepDims?: Keep,
  ): Tensor<Reduced<ShapeOf<T>, Over, Keep>> {
    return reduce.amin(this, axes, keepDims);
  }
  /** The index (int32) of the first maximum along an axis, or in the flattened tensor. */
  argmax<
    T extends Tensor,
    const Over extends number | undefined = undefined,
    const Keep extends boolean = false,
  >(this: T, axis?: Over, keepDims?: Keep): Tensor<Reduced<ShapeOf<T>, Over, Keep>> {
    return reduce.argmax(this, axis, keepDims);
  }
  /** The index (int32) of the first minimum along an axis, or in the flattened tensor. */
  argmin<
    T extends Tensor,
    const Over extends number | undefined = undefined,
    const Keep extends boolean = false,
  >(this: T, axis?: Over, keepDims?: Keep): Tensor<Reduced<ShapeOf<T>, Over, Keep>> {
    return reduce.argmin(this, axis, keepDims);
  }
  /** Σ (x − mean)² / (n − correction); correction is 1 unless given. */
  variance<
    T extends Tensor,
    const Over extends Axes = undefined,
    const Keep extends boolean = false,
  >(
    this: T,
    axes?: Over,
    keepDims?: Keep,
    correction?: number,
  ): Tensor<Reduced<ShapeOf<T>, Over, Keep>> {
    return reduce.variance(this, axes, keepDims, correction);
  }
  /** √variance; the derivative where it is 0 is 0. */
  std<T extends Tensor, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: T,
    axes?: Over,
    keepDims?: Keep,
    correction?: number,
  ): Tensor<Reduced<ShapeOf<T>, Over, Keep>> {
    return reduce.std(this, axes, keepDims, correction);
  }
  /** Σ of the elements up to and including each, along an axis; uint8 sums as int32. */
  cumsum<T extends Tensor>(this: T, axis: number): Tensor<ShapeOf<T>> {
    return reduce.cumsum(this, axis);
  }
  /** ln Σ e^x over the axes, without overflow. */
  logSumExp<
    T extends Tensor,
    const Over extends Axes = undefined,
    const Keep extends boolean = false,
  >(this: T, axes?: Over, keepDims?: Keep): Tensor<Reduced<ShapeOf<T>, Over, Keep>> {
    return reduce.logSumExp(this, axes, keepDims);
  }
  /** e^x / Σ e^x along an axis, by default the last. */
  softmax<T extends Tensor>(this: T, axis?: number): Tensor<ShapeOf<T>> {
    return reduce.softmax(this, axis);
  }
  /** ln softmax along an axis, by default the last; stable for logits of any size. */
  logSoftmax<T extends Tensor>(this: T, axis?: number): Tensor<ShapeOf<T>> {
    return reduce.logSoftmax(this, axis);
  }
  /** Matrix product over the last two axes; the axes before broadcast. */
  matmul<T extends Tensor, B extends Tensor>(
    this: T,
    other: Refusing<MatMul<ShapeOf<T>, ShapeOf<B>>, B>,
  ): Tensor<Result<MatMul<ShapeOf<T>, ShapeOf<B>>>> {
    return matmul(this, other as Tensor);
  }
}
