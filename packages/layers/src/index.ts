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
export type { BceOptions, BceWithLogitsOptions } from "./bce.ts";
export { bce, bceWithLogits } from "./bce.ts";
export type { Conv2DLayerOptions, Conv2DOptions, PaddingMode } from "./conv2d.ts";
export { Conv2D, conv2d } from "./conv2d.ts";
export type { ConvTranspose2DLayerOptions, ConvTranspose2DOptions } from "./convTranspose2d.ts";
export { ConvTranspose2D, convTranspose2d } from "./convTranspose2d.ts";
export type { CrossEntropyOptions, NllOptions } from "./crossEntropy.ts";
export { crossEntropy, nll } from "./crossEntropy.ts";
export { Dense, dense } from "./dense.ts";
export type { DropoutOptions } from "./dropout.ts";
export { Dropout, Dropout2D, dropout, dropout2d } from "./dropout.ts";
export type { ExplainOptions, GradientTerm } from "./explain.ts";
export { Explanation, explain } from "./explain.ts";
export type { Fans, FansOptions, Nonlinearity } from "./fans.ts";
export { calculateGain, fans } from "./fans.ts";
export type { FlattenOptions } from "./flatten.ts";
export { Flatten } from "./flatten.ts";
export type { PaddingOption, Pair, Side, WindowGeometry } from "./geometry.ts";
export type { GraphEdge, GraphGroup, GraphNode, GraphOptions, LeafNames } from "./graph.ts";
export { Graph, graph } from "./graph.ts";
export type { GraphBox, GraphLayout, GraphPath } from "./graphLayout.ts";
export type { GroupNormOptions } from "./groupNorm.ts";
export { GroupNorm, groupNorm } from "./groupNorm.ts";
export { Identity } from "./identity.ts";
export type { KaimingOptions, XavierOptions } from "./initializers.ts";
export {
  fillConstant,
  fillNormal,
  fillTruncatedNormal,
  fillUniform,
  kaimingNormal,
  kaimingUniform,
  orthogonal,
  xavierNormal,
  xavierUniform,
} from "./initializers.ts";
export type { Arguments, Loops } from "./loops/loops.ts";
export { LpPool, lpPool } from "./lpPool.ts";
export type { MaxPoolOptions } from "./maxPool.ts";
export { GlobalMaxPool, globalMaxPool, MaxPool, maxPool, maxPoolWithIndices } from "./maxPool.ts";
export type { ClassificationScores, ClassScores, Scores } from "./metrics.ts";
export { accuracy, confusionMatrix, precisionRecallF1, topK } from "./metrics.ts";
export type { ModelOptions, SimpleCnnOptions } from "./models.ts";
export { leNet5, resNet, simpleCnn } from "./models.ts";
export type { StateDict } from "./module.ts";
export { buffer, Module, parameter } from "./module.ts";
export type { BackwardCall, BackwardHook, ForwardCall, ForwardHook } from "./moduleHooks.ts";
export type { HuberOptions, MseReduction, SmoothL1Options } from "./mse.ts";
export { huber, l1, mse, smoothL1 } from "./mse.ts";
export type { Annotation } from "./note.ts";
export { annotate } from "./note.ts";
export { outputShape } from "./outputShape.ts";
export type { DilatedPoolOptions, PoolOptions } from "./pooling.ts";
export { PReLU, prelu } from "./prelu.ts";
export type { Reduction } from "./reduction.ts";
export { Reshape } from "./reshape.ts";
export type { ResidualOptions } from "./residual.ts";
export { Residual } from "./residual.ts";
export type { SeparableConv2DOptions } from "./separableConv2d.ts";
export { SeparableConv2D } from "./separableConv2d.ts";
export type { OutputOf } from "./sequential.rule.ts";
export { Sequential } from "./sequential.ts";
export type { Defaults, Refusal, SameShape, ShapeRule, shapeRule } from "./shape.rule.ts";
export { LogSoftmax, logSoftmax, Softmax, softmax } from "./softmax.ts";
export { Subsample } from "./subsample.ts";
export type { Summary, SummaryRow } from "./summary.ts";
export type { UpsampleOptions } from "./upsample.ts";
export { Upsample, upsample } from "./upsample.ts";
