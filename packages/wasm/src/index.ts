import { registerBackend } from "@convgrad/core";
import { load } from "./load.ts";

export { WorkerError } from "./engine.ts";
export type { WasmKernels } from "./kernels.ts";
export { createKernels } from "./load.ts";

registerBackend("wasm", load);
