import { checkDType, type DType } from "./dtype.ts";
import type { Broadcast, Together } from "./operations/arithmetic.rule.ts";
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
import type { Refusing, Result } from "./shape.rule.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** The methods of {@link Tensor} that compute: element by element, and over axes. */
export abstract class TensorMath {
  // Elementwise

  /** this + other; the shapes broadcast, and a number takes the type of the tensor. */
  add<A extends Shape, B extends Shape = []>(
    this: Tensor<A>,
    other: number | Refusing<Broadcast<A, B>, Tensor<B>>,
  ): Tensor<Together<A, B>> {
    return arithmetic.add(this, other as Operand);
  }
  /** this − other. */
  sub<A extends Shape, B extends Shape = []>(
    this: Tensor<A>,
    other: number | Refusing<Broadcast<A, B>, Tensor<B>>,
  ): Tensor<Together<A, B>> {
    return arithmetic.sub(this, other as Operand);
  }
  /** this · other, element by element; `matmul` is the matrix product. */
  mul<A extends Shape, B extends Shape = []>(
    this: Tensor<A>,
    other: number | Refusing<Broadcast<A, B>, Tensor<B>>,
  ): Tensor<Together<A, B>> {
    return arithmetic.mul(this, other as Operand);
  }
  /** this / other; float types only. */
  div<A extends Shape, B extends Shape = []>(
    this: Tensor<A>,
    other: number | Refusing<Broadcast<A, B>, Tensor<B>>,
  ): Tensor<Together<A, B>> {
    return arithmetic.div(this, other as Operand);
  }
  /** thisᵉ */
  pow<A extends Shape, B extends Shape = []>(
    this: Tensor<A>,
    exponent: number | Refusing<Broadcast<A, B>, Tensor<B>>,
  ): Tensor<Together<A, B>> {
    return arithmetic.pow(this, exponent as Operand);
  }
  /** The larger of the two; a tie gives each half of the gradient. */
  maximum<A extends Shape, B extends Shape = []>(
    this: Tensor<A>,
    other: number | Refusing<Broadcast<A, B>, Tensor<B>>,
  ): Tensor<Together<A, B>> {
    return arithmetic.maximum(this, other as Operand);
  }
  /** The smaller of the two; a tie gives each half of the gradient. */
  minimum<A extends Shape, B extends Shape = []>(
    this: Tensor<A>,
    other: number | Refusing<Broadcast<A, B>, Tensor<B>>,
  ): Tensor<Together<A, B>> {
    return arithmetic.minimum(this, other as Operand);
  }
  /** 1 where equal, else 0, as uint8. */
  equal<A extends Shape, B extends Shape = []>(
    this: Tensor<A>,
    other: number | Refusing<Broadcast<A, B>, Tensor<B>>,
  ): Tensor<Together<A, B>> {
    return arithmetic.equal(this, other as Operand);
  }
  /** 1 where this > other, else 0, as uint8. */
  greater<A extends Shape, B extends Shape = []>(
    this: Tensor<A>,
    other: number | Refusing<Broadcast<A, B>, Tensor<B>>,
  ): Tensor<Together<A, B>> {
    return arithmetic.greater(this, other as Operand);
  }
  /** 1 where this < other, else 0, as uint8. */
  less<A extends Shape, B extends Shape = []>(
    this: Tensor<A>,
    other: number | Refusing<Broadcast<A, B>, Tensor<B>>,
  ): Tensor<Together<A, B>> {
    return arithmetic.less(this, other as Operand);
  }
  /** 1 where this ≤ other, else 0, as uint8. */
  lessEqual<A extends Shape, B extends Shape = []>(
    this: Tensor<A>,
    other: number | Refusing<Broadcast<A, B>, Tensor<B>>,
  ): Tensor<Together<A, B>> {
    return arithmetic.lessEqual(this, other as Operand);
  }
  /** 1 where this ≥ other, else 0, as uint8. */
  greaterEqual<A extends Shape, B extends Shape = []>(
    this: Tensor<A>,
    other: number | Refusing<Broadcast<A, B>, Tensor<B>>,
  ): Tensor<Together<A, B>> {
    return arithmetic.greaterEqual(this, other as Operand);
  }
  /** 1 where not equal, else 0, as uint8; NaN is not equal to itself. */
  notEqual<A extends Shape, B extends Shape = []>(
    this: Tensor<A>,
    other: number | Refusing<Broadcast<A, B>, Tensor<B>>,
  ): Tensor<Together<A, B>> {
    return arithmetic.notEqual(this, other as Operand);
  }
  /** This where the condition (uint8) is not 0, `other` elsewhere. */
  where<A extends Shape, C extends Shape, B extends Shape = []>(
    this: Tensor<A>,
    condition: Tensor<C>,
    other: number | Tensor<B>,
  ): Tensor<Together<Together<A, C>, B>> {
    return arithmetic.where(condition, this, other);
  }
  /** −this. */
  neg<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return elementwise.neg(this);
  }
  /** |this|; the derivative at 0 is 0. */
  abs<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return elementwise.abs(this);
  }
  /** −1, 0 or 1. */
  sign<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return elementwise.sign(this);
  }
  /** e to the power of this. */
  exp<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return elementwise.exp(this);
  }
  /** The natural logarithm. */
  log<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return elementwise.log(this);
  }
  /** √this. */
  sqrt<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return elementwise.sqrt(this);
  }
  /** tanh this. */
  tanh<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return elementwise.tanh(this);
  }
  /** 1 / (1 + e^−x). */
  sigmoid<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return elementwise.sigmoid(this);
  }
  /** max(0, this); the derivative at 0 is 0. */
  relu<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return elementwise.relu(this);
  }
  /** sin this, an angle in radians. */
  sin<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return elementwise.sin(this);
  }
  /** cos this, an angle in radians. */
  cos<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return elementwise.cos(this);
  }
  /** The error function, 2/√π ∫ e^(−t²) dt from 0 to this. */
  erf<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return elementwise.erf(this);
  }
  /** this². */
  square<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return elementwise.mul(this, this);
  }
  /** 1 / this; float types only. */
  reciprocal<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return functions.reciprocal(this);
  }
  /** 1 / √this. */
  rsqrt<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return functions.rsqrt(this);
  }
  /** ln(1 + this), accurate near 0. */
  log1p<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return functions.log1p(this);
  }
  /** e to the power of this, minus 1, accurate near 0. */
  expm1<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return functions.expm1(this);
  }
  /** ln(1 + e^this) without overflow: a smooth relu, whose derivative is the sigmoid. */
  softplus<S extends Shape>(this: Tensor<S>): Tensor<S> {
    return functions.softplus(this);
  }
  /** The elements within min … max, `null` being no bound; the gradient passes at the bounds too. */
  clamp<S extends Shape>(this: Tensor<S>, min: number | null, max?: number | null): Tensor<S> {
    return functions.clamp(this, min, max);
  }
  /** The elements in another type; integers are cut towards zero. */
  to<S extends Shape>(this: Tensor<S>, dtype: DType): Tensor<S> {
    checkDType("to", dtype);
    return dtype === this.dtype ? this : cast(this, { dtype });
  }

  // Reductions: over one axis, several, or all

  /** Σ over the axes; uint8 sums as int32. */
  sum<S extends Shape, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: Tensor<S>,
    axes?: Over,
    keepDims?: Keep,
  ): Tensor<Reduced<S, Over, Keep>> {
    return reduce.sum(this, axes, keepDims);
  }
  /** The mean over the axes; integers average as float32. */
  mean<S extends Shape, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: Tensor<S>,
    axes?: Over,
    keepDims?: Keep,
  ): Tensor<Reduced<S, Over, Keep>> {
    return reduce.mean(this, axes, keepDims);
  }
  /** Π over the axes; uint8 multiplies as int32. */
  prod<S extends Shape, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: Tensor<S>,
    axes?: Over,
    keepDims?: Keep,
  ): Tensor<Reduced<S, Over, Keep>> {
    return reduce.prod(this, axes, keepDims);
  }
  /** The first maximum takes the whole gradient. */
  max<S extends Shape, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: Tensor<S>,
    axes?: Over,
    keepDims?: Keep,
  ): Tensor<Reduced<S, Over, Keep>> {
    return reduce.max(this, axes, keepDims);
  }
  /** The first minimum takes the whole gradient. */
  min<S extends Shape, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: Tensor<S>,
    axes?: Over,
    keepDims?: Keep,
  ): Tensor<Reduced<S, Over, Keep>> {
    return reduce.min(this, axes, keepDims);
  }
  /** The maximum; equals share the gradient evenly. */
  amax<S extends Shape, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: Tensor<S>,
    axes?: Over,
    keepDims?: Keep,
  ): Tensor<Reduced<S, Over, Keep>> {
    return reduce.amax(this, axes, keepDims);
  }
  /** The minimum; equals share the gradient evenly. */
  amin<S extends Shape, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: Tensor<S>,
    axes?: Over,
    keepDims?: Keep,
  ): Tensor<Reduced<S, Over, Keep>> {
    return reduce.amin(this, axes, keepDims);
  }
  /** The index (int32) of the first maximum along an axis, or in the flattened tensor. */
  argmax<
    S extends Shape,
    const Over extends number | undefined = undefined,
    const Keep extends boolean = false,
  >(this: Tensor<S>, axis?: Over, keepDims?: Keep): Tensor<Reduced<S, Over, Keep>> {
    return reduce.argmax(this, axis, keepDims);
  }
  /** The index (int32) of the first minimum along an axis, or in the flattened tensor. */
  argmin<
    S extends Shape,
    const Over extends number | undefined = undefined,
    const Keep extends boolean = false,
  >(this: Tensor<S>, axis?: Over, keepDims?: Keep): Tensor<Reduced<S, Over, Keep>> {
    return reduce.argmin(this, axis, keepDims);
  }
  /** Σ (x − mean)² / (n − correction); correction is 1 unless given. */
  variance<
    S extends Shape,
    const Over extends Axes = undefined,
    const Keep extends boolean = false,
  >(
    this: Tensor<S>,
    axes?: Over,
    keepDims?: Keep,
    correction?: number,
  ): Tensor<Reduced<S, Over, Keep>> {
    return reduce.variance(this, axes, keepDims, correction);
  }
  /** √variance; the derivative where it is 0 is 0. */
  std<S extends Shape, const Over extends Axes = undefined, const Keep extends boolean = false>(
    this: Tensor<S>,
    axes?: Over,
    keepDims?: Keep,
    correction?: number,
  ): Tensor<Reduced<S, Over, Keep>> {
    return reduce.std(this, axes, keepDims, correction);
  }
  /** Σ of the elements up to and including each, along an axis; uint8 sums as int32. */
  cumsum<S extends Shape>(this: Tensor<S>, axis: number): Tensor<S> {
    return reduce.cumsum(this, axis);
  }
  /** ln Σ e^x over the axes, without overflow. */
  logSumExp<
    S extends Shape,
    const Over extends Axes = undefined,
    const Keep extends boolean = false,
  >(this: Tensor<S>, axes?: Over, keepDims?: Keep): Tensor<Reduced<S, Over, Keep>> {
    return reduce.logSumExp(this, axes, keepDims);
  }
  /** e^x / Σ e^x along an axis, by default the last. */
  softmax<S extends Shape>(this: Tensor<S>, axis?: number): Tensor<S> {
    return reduce.softmax(this, axis);
  }
  /** ln softmax along an axis, by default the last; stable for logits of any size. */
  logSoftmax<S extends Shape>(this: Tensor<S>, axis?: number): Tensor<S> {
    return reduce.logSoftmax(this, axis);
  }
  /** Matrix product over the last two axes; the axes before broadcast. */
  matmul<A extends Shape, B extends Shape>(
    this: Tensor<A>,
    other: Refusing<MatMul<A, B>, Tensor<B>>,
  ): Tensor<Result<MatMul<A, B>>> {
    return matmul(this, other);
  }
}
