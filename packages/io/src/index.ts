export type { ArchitectureOptions } from "./architecture/architecture.ts";
export { architecture } from "./architecture/architecture.ts";
export type {
  Architecture,
  LayerArchitecture,
  LayerClass,
  LayerFields,
  LayerFormat,
  LayerFormats,
} from "./architecture/description.ts";
export type { ModelFromArchitectureOptions } from "./architecture/modelFromArchitecture.ts";
export { modelFromArchitecture } from "./architecture/modelFromArchitecture.ts";
export type {
  CheckpointsOptions,
  LatestCheckpoint,
  PassedOver,
} from "./checkpoints.ts";
export { Checkpoints } from "./checkpoints.ts";
export type { DecodeOptions } from "./decode.ts";
export { FileError } from "./fileError.ts";
export { writeFileAtomic } from "./files.ts";
export type { Json } from "./json.ts";
export { decodeNpy, encodeNpy, loadNpy, saveNpy } from "./npy.ts";
export type { NpzOptions } from "./npz.ts";
export { decodeNpz, encodeNpz, loadNpz, saveNpz } from "./npz.ts";
export type { ExportOnnxOptions } from "./onnx/exportOnnx.ts";
export { exportOnnx } from "./onnx/exportOnnx.ts";
export type { OnnxAttributes, OnnxFloat, OnnxGraph, OnnxValue } from "./onnx/graph.ts";
export type { PyTorchOptions, Rename } from "./pytorch.ts";
export { fromPyTorch, toPyTorch } from "./pytorch.ts";
export type { Safetensors, SaveSafetensorsOptions } from "./safetensors.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  loadSafetensors,
  saveSafetensors,
} from "./safetensors.ts";
export type { DecodeModelOptions, LoadModelOptions, SaveModelOptions } from "./savedModel.ts";
export { decodeModel, encodeModel, loadModel, saveModel } from "./savedModel.ts";
export type { StateTree } from "./state.ts";
export { decodeState, encodeState } from "./state.ts";
export type { TensorsByName } from "./tensorsByName.ts";
