export type {
  CheckpointsOptions,
  LatestCheckpoint,
  PassedOver,
} from "./checkpoints.ts";
export { Checkpoints } from "./checkpoints.ts";
export { FileError } from "./fileError.ts";
export { writeFileAtomic } from "./files.ts";
export type { DecodeOptions, Safetensors, SaveSafetensorsOptions } from "./safetensors.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  loadSafetensors,
  saveSafetensors,
} from "./safetensors.ts";
export type { StateTree } from "./state.ts";
export { decodeState, encodeState } from "./state.ts";
