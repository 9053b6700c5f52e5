export { detectAnomaly } from "./anomaly.ts";
export { asyncContext } from "./asyncContext.ts";
export type { GradientsOptions } from "./autograd.ts";
export { gradients } from "./autograd.ts";
export type { BackendInfo, BackendLoader, InitOptions } from "./backend.ts";
export { backendInfo, init, registerBackend, setBackend, withBackend } from "./backend.ts";
export type { MemoryInfo } from "./block.ts";
export { memory } from "./block.ts";
export { requireTensor } from "./construct.ts";
export type { CreateOptions, TensorOptions } from "./create.ts";
export { arange, eye, full, ones, tensor, zeros } from "./create.ts";
export type { CustomContext, CustomOp } from "./customOp.ts";
export { customOp } from "./customOp.ts";
export type { DType, TypedArray } from "./dtype.ts";
export type { AnomalyDetails, ErrorDetails } from "./errors.ts";
export {
  AnomalyError,
  ConvgradError,
  checkBoolean,
  checkFunction,
  checkOptions,
  checkWhole,
  DTypeError,
  FormatError,
  formatValue,
  GraphError,
  MemoryError,
  ShapeError,
  ValueError,
} from "./errors.ts";
export type { FusionDefinition, FusionInputs, FusionKernels } from "./fusion.ts";
export { fusedUpdate, fusion } from "./fusion.ts";
export type { GradcheckElement, GradcheckOptions, GradcheckReport } from "./gradcheck.ts";
export { gradcheck } from "./gradcheck.ts";
export type { BackwardOptions, Deliver, Node, Note, Pull, Seed } from "./graph.ts";
export { history, noGrad, propagate } from "./graph.ts";
export type { RemoveHook } from "./hooks.ts";
export { onGradients } from "./hooks.ts";
export type {
  AdamFactors,
  Buffer,
  Epilogue,
  FusedKernels,
  Kernels,
  Letters,
  MapOp,
  RandomState,
  View,
  ZipOp,
} from "./kernels.ts";
export type { Layout, Pooling, Slice, Window } from "./layout.ts";
export { contiguousLayout, isContiguous, windowCount, windowExtent } from "./layout.ts";
export type { Operand } from "./operations/arithmetic.ts";
export { where } from "./operations/arithmetic.ts";
export { axpby } from "./operations/assign.ts";
export { contract, matmul } from "./operations/contract.ts";
export type { PadOptions } from "./operations/pad.ts";
export type { Axes } from "./operations/reduce.ts";
export { countLabels, oneHot } from "./operations/select.ts";
export type { Flattened, Reshaped } from "./operations/shape.rule.ts";
export type { Bound, WindowOptions } from "./operations/shape.ts";
export { concat, dilate, split, stack } from "./operations/shape.ts";
export { randomBlock } from "./philox.ts";
export type { Primitive, Pullback, Saved, Vjp } from "./primitive.ts";
export { definePrimitive } from "./primitive.ts";
export type { PrimitiveName } from "./primitives/index.ts";
export { primitives } from "./primitives/index.ts";
export {
  manualSeed,
  rand,
  randn,
  randomPermutation,
  randomState,
  setRandomState,
} from "./random.ts";
export { reference } from "./reference/index.ts";
export { currentScope, Scope } from "./scope.ts";
export { eachInScope, keep, scope, steps } from "./scopes.ts";
export type {
  Elements,
  Fits,
  IsUnknownRank,
  Known,
  MayEqual,
  Result,
  ShapeOf,
  ShapeText,
  SizeText,
} from "./shape.rule.ts";
export type { Shape } from "./shape.ts";
export { formatShape, sameShape, sizeOf, unravelIndex } from "./shape.ts";
export type { Add, Divide, Multiply, Subtract } from "./sizes.rule.ts";
export type { NestedArray } from "./tensor.ts";
export { Tensor } from "./tensor.ts";
