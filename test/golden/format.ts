import { readFileSync } from "node:fs";
import { backendInfo, type DType, type Tensor, tensor } from "@convgrad/core";
import { expect } from "vitest";
import { expectNumbers, type Tolerance } from "../oracle/closeness.ts";

/** A tensor as `data/README.md` describes it. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly dtype: "float64" | "float32" | "int64" | "bool";
  readonly data?: readonly (number | string | boolean)[];
  /** Base64 of the little-endian array, where `data` would be long. */
  readonly b64?: string;
}

/** Per float type; `null` = not to be compared in that type. */
export interface Tolerances {
  readonly f64: Tolerance;
  readonly f32: Tolerance | null;
}

/** The settings that occur; each operation has its own few. */
export interface Config {
  readonly stride?: [number, number];
  readonly padding?: [number, number];
  readonly dilation?: [number, number];
  readonly kernel?: [number, number];
  readonly groups?: number;
  readonly ceil_mode?: boolean;
  readonly count_include_pad?: boolean;
  readonly divisor_override?: number | null;
  readonly p?: number;
  readonly dim?: number;
  readonly dim0?: number;
  readonly dim1?: number;
  readonly dims?: number[];
  readonly keepdim?: boolean;
  readonly exponent?: number;
  readonly min?: number;
  readonly max?: number;
  readonly pads?: [number, number][];
  readonly value?: number;
  readonly start?: number[];
  readonly stop?: number[];
  readonly step?: number[];
  readonly start_dim?: number;
  readonly index?: number;
  readonly shape?: number[];
  readonly shift?: number;
  readonly reps?: number[];
  readonly sizes?: number[];
  readonly equation?: string;
  readonly expr?: string;
  readonly reduction?: "mean" | "sum" | "none" | "half_sum";
  readonly label_smoothing?: number;
  readonly ignore_index?: number;
  readonly target?: number[];
}

/** What every case has. */
export interface NamedCase {
  readonly name: string;
  readonly op: string;
  readonly tolerance?: Tolerances;
}

/** The usual case: inputs → outputs, and the gradients for a given upstream gradient. */
export interface GoldenCase extends NamedCase {
  readonly config: Config;
  readonly inputs: Readonly<Record<string, GoldenTensor>>;
  readonly outputs: Readonly<Record<string, GoldenTensor>>;
  readonly upstream?: Readonly<Record<string, GoldenTensor>>;
  readonly grads?: Readonly<Record<string, GoldenTensor>>;
  readonly notes?: string;
  /** PyTorch refuses this call. */
  readonly expect_error?: boolean;
}

export interface GoldenFile<C> {
  readonly format: string;
  readonly tolerance: Tolerances;
  readonly cases: readonly C[];
}

/** Reads `data/<file>`. */
export function load<C extends NamedCase = GoldenCase>(file: string): GoldenFile<C> {
  const text = readFileSync(new URL(`data/${file}`, import.meta.url), "utf8");
  const golden = JSON.parse(text) as GoldenFile<C>;
  expect(golden.format).toBe("golden-v1");
  return golden;
}

/** The numbers of a golden tensor. */
export function decode(t: GoldenTensor): Float64Array {
  if (t.b64 === undefined) return Float64Array.from(t.data!, Number); // "NaN" and "-Infinity" too
  const bytes = Uint8Array.from(Buffer.from(t.b64, "base64")).buffer;
  return Float64Array.from(
    t.dtype === "float32" ? new Float32Array(bytes) : new Float64Array(bytes),
  );
}

export type FloatType = "float64" | "float32";

/** The golden tensor as ours: numbers in the wanted float type, indices as int32, truth values as uint8. */
export function toTensor(t: GoldenTensor, float: FloatType, requiresGrad = false): Tensor {
  const dtype: DType = t.dtype === "int64" ? "int32" : t.dtype === "bool" ? "uint8" : float;
  return tensor(decode(t), { shape: t.shape, dtype, requiresGrad });
}

/** Whether a case convolves with filters `[O, C, size, size]`. */
export function hasSquareFilters(c: NamedCase, size: number): boolean {
  const { inputs = {}, params = {} } = c as NamedCase &
    Partial<Record<"inputs" | "params", Readonly<Record<string, GoldenTensor>>>>;
  return Object.values({ ...inputs, ...params }).some(
    ({ shape }) => shape.length === 4 && shape[2] === size && shape[3] === size,
  );
}

/** The tolerance of a case in a float type; `null` = do not compare. */
export function toleranceOf(
  file: { readonly tolerance: Tolerances },
  c: NamedCase,
  float: FloatType,
): Tolerance | null {
  const tolerances = c.tolerance ?? file.tolerance;
  return float === "float64" ? tolerances.f64 : tolerances.f32;
}

/** Fails with the worst element of `actual`: NaN equals NaN, the sign of zero does not count. */
export function expectClose(
  what: string,
  actual: Tensor,
  expected: GoldenTensor,
  tolerance: Tolerance,
): void {
  expect(actual.shape, `shape of ${what}`).toEqual(expected.shape);
  const label = `${what} (${actual.dtype}, ${backendInfo().name})`;
  expectNumbers(label, actual.toTypedArray(), decode(expected), tolerance);
}
