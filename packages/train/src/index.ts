export type { EvaluateOptions, Evaluation, LabelledBatch, Model } from "./evaluate.ts";
export { evaluate } from "./evaluate.ts";
export type { EpochRecord, GradientColumns, RunHistory, StepColumns } from "./history.ts";
export type { Measured } from "./meter.ts";
export type { Progress, ProgressOptions, ProgressStream } from "./progress.ts";
export { progress } from "./progress.ts";
export { weightsHash } from "./weightsHash.ts";
