export {
  ELU,
  elu,
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
export type { AvgPoolOptions } from "./avgPool.ts";
export { AvgPool, avgPool, GlobalAvgPool, globalAvgPool } from "./avgPool.ts";
export type { BatchNorm2DFunctionOptions, BatchNorm2DOptions } from "./batchNorm2d.ts";
export { BatchNorm2D, batchNorm2d } from "./batchNorm2d.ts";
export type { Conv2DLayerOptions, Conv2DOptions } from "./conv2d.ts";
export { Conv2D, conv2d } from "./conv2d.ts";
export { Dense, dense } from "./dense.ts";
export { Flatten } from "./flatten.ts";
export type { PaddingOption, Pair, Side, WindowGeometry } from "./geometry.ts";
export type { GroupNormOptions } from "./groupNorm.ts";
export { GroupNorm, groupNorm } from "./groupNorm.ts";
export type { Arguments, Loops } from "./loops/loops.ts";
export type { CrossEntropyOptions, MseReduction, Reduction } from "./losses.ts";
export { accuracy, crossEntropy, mse } from "./losses.ts";
export { LpPool, lpPool } from "./lpPool.ts";
export type { MaxPoolOptions } from "./maxPool.ts";
export { MaxPool, maxPool, maxPoolWithIndices } from "./maxPool.ts";
export type { StateDict } from "./module.ts";
export { buffer, Module, parameter } from "./module.ts";
export type { BackwardCall, BackwardHook, ForwardCall, ForwardHook } from "./moduleHooks.ts";
export type { DilatedPoolOptions, PoolOptions } from "./pooling.ts";
export { PReLU, prelu } from "./prelu.ts";
export { Sequential } from "./sequential.ts";
export { LogSoftmax, logSoftmax, Softmax, softmax } from "./softmax.ts";
export type { Summary, SummaryRow } from "./summary.ts";
