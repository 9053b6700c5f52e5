export type { Batches, BatchReader, LabelledBatch } from "./batches.ts";
export type { EvaluateOptions, Evaluation, Model } from "./evaluate.ts";
export { evaluate } from "./evaluate.ts";
export type { FitCallback, FitRun, FitStep, StopReason } from "./fit/callback.ts";
export type { EarlyStoppingOptions } from "./fit/earlyStopping.ts";
export type { FitResult } from "./fit/fit.ts";
export { fit } from "./fit/fit.ts";
export type { BestEpoch, KeepBestOptions } from "./fit/keepBest.ts";
export type { MonitorOptions } from "./fit/monitor.ts";
export type { FitOptions } from "./fit/options.ts";
export { Recorder as RunRecorder } from "./fit/recorder.ts";
export type { FitReportOptions } from "./fit/reportOptions.ts";
export type { EpochRecord, GradientColumns, RunHistory, StepColumns } from "./history.ts";
export type { LossFunction, Metric, Metrics } from "./measure.ts";
export type { Measured } from "./meter.ts";
export type { Progress, ProgressOptions, ProgressStream } from "./progress.ts";
export { progress } from "./progress.ts";
export type { PlainValue, ReceiptOptions, RunReceipt } from "./receipt.ts";
export { startReceipt } from "./receipt.ts";
export type { ComparedWeights, ReceiptComparison } from "./receiptComparison.ts";
export { compareReceipts } from "./receiptComparison.ts";
export { readReceipt } from "./receiptReader.ts";
export type { ChartLibrary } from "./report/chartLibrary.ts";
export type {
  InspectedImage,
  Inspection,
  InspectOptions,
  LayerPictures,
} from "./report/inspect.ts";
export { inspect } from "./report/inspect.ts";
export type { Picture } from "./report/picture.ts";
export type { RunReport } from "./report/report.ts";
export { renderReport } from "./report/report.ts";
export type { Mistake } from "./report/walk.ts";
export type { WriteRunOptions } from "./report/writeRun.ts";
export { writeRun } from "./report/writeRun.ts";
export { weightsHash } from "./weightsHash.ts";
