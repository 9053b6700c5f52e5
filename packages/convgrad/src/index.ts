// The first use selects the fastest backend that registered itself.
import "@convgrad/wasm";

export * from "@convgrad/core";
export * from "@convgrad/data";
export * from "@convgrad/io";
export * from "@convgrad/layers";
export * from "@convgrad/optim";
export * from "@convgrad/train";
export { WorkerError } from "@convgrad/wasm";
