export type { GELUOptions } from "./activations.ts";
export {
  ELU,
  elu,
  GELU,
  gelu,
  LeakyReLU,
  leakyRelu,
  ReLU,
  relu,
  Sigmoid,
  SiLU,
  sigmoid,
  silu,
  Tanh,
  tanh,
} from "./activations.ts";
export {
  AdaptiveAvgPool,
  AdaptiveMaxPool,
  adaptiveAvgPool,
  adaptiveMaxPool,
} from "./adaptivePool.ts";
export type { AvgPoolOptions } from "./avgPool.ts";
export { AvgPool, avgPool, GlobalAvgPool, globalAvgPool } from "./avgPool.ts";
export type { BatchNorm2DFunctionOptions, BatchNorm2DOptions } from "./batchNorm2d.ts";
export { BatchNorm2D, batchNorm2d } from "./batchNorm2d.ts";
export type { Conv2DLayerOptions, Conv2DOptions, PaddingMode } from "./conv2d.ts";
export { Conv2D, conv2d } from "./conv2d.ts";
export type { ConvTranspose2DLayerOptions, ConvTranspose2DOptions } from "./convTranspose2d.ts";
export { ConvTranspose2D, convTranspose2d } from "./convTranspose2d.ts";
export { Dense, dense } from "./dense.ts";
export type { DropoutOptions } from "./dropout.ts";
export { Dropout, Dropout2D, dropout, dropout2d } from "./dropout.ts";
export { Flatten } from "./flatten.ts";
export type { PaddingOption, Pair, Side, WindowGeometry } from "./geometry.ts";
export type { GroupNormOptions } from "./groupNorm.ts";
export { GroupNorm, groupNorm } from "./groupNorm.ts";
export { Identity } from "./identity.ts";
export type { Arguments, Loops } from "./loops/loops.ts";
export type { CrossEntropyOptions, MseReduction, Reduction } from "./losses.ts";
export { accuracy, crossEntropy, mse } from "./losses.ts";
export { LpPool, lpPool } from "./lpPool.ts";
export type { MaxPoolOptions } from "./maxPool.ts";
export { GlobalMaxPool, globalMaxPool, MaxPool, maxPool, maxPoolWithIndices } from "./maxPool.ts";
export type { ModelOptions, SimpleCnnOptions } from "./models.ts";
export { leNet5, resNet, simpleCnn } from "./models.ts";
export type { StateDict } from "./module.ts";
export { buffer, Module, parameter } from "./module.ts";
export type { BackwardCall, BackwardHook, ForwardCall, ForwardHook } from "./moduleHooks.ts";
export type { DilatedPoolOptions, PoolOptions } from "./pooling.ts";
export { PReLU, prelu } from "./prelu.ts";
export { Reshape } from "./reshape.ts";
export type { ResidualOptions } from "./residual.ts";
export { Residual } from "./residual.ts";
export type { SeparableConv2DOptions } from "./separableConv2d.ts";
export { SeparableConv2D } from "./separableConv2d.ts";
export { Sequential } from "./sequential.ts";
export { LogSoftmax, logSoftmax, Softmax, softmax } from "./softmax.ts";
export type { Summary, SummaryRow } from "./summary.ts";
export type { UpsampleOptions } from "./upsample.ts";
export { Upsample, upsample } from "./upsample.ts";
