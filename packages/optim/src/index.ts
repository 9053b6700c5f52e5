export type { SGDOptions, SGDState } from "./sgd.ts";
export { SGD } from "./sgd.ts";
