import type { TypedArray } from "../dtype.ts";
import type { MapOp, View, ZipOp } from "../kernels.ts";
import { erf } from "./erf.ts";
import { offsetsOf } from "./offsets.ts";

const MAPS: Readonly<Record<MapOp, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  relu: (x) => (x <= 0 ? 0 : x), // not (x > 0 ? x : 0): NaN stays NaN
  sin: Math.sin,
  cos: Math.cos,
  erf,
};

const ZIPS: Readonly<Record<ZipOp, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  maximum: Math.max,
  minimum: Math.min,
  gate: (a, b) => (b !== 0 ? a : 0),
  equal: (a, b) => (a === b ? 1 : 0),
  greater: (a, b) => (a > b ? 1 : 0),
};

/** The elements behind a view of this backend, whose buffers are typed arrays. */
export function elements(view: View): TypedArray {
  return view.buffer as TypedArray;
}

export function map(op: MapOp, x: View, out: View): void {
  const f = MAPS[op];
  const [X, Y] = [elements(x), elements(out)];
  const [xs, ys] = [offsetsOf(x), offsetsOf(out)];
  for (let i = 0; i < ys.length; i++) Y[ys[i]!] = f(X[xs[i]!]!);
}

export function zip(op: ZipOp, a: View, b: View, out: View): void {
  const f = ZIPS[op];
  const [A, B, Y] = [elements(a), elements(b), elements(out)];
  const [as, bs, ys] = [offsetsOf(a), offsetsOf(b), offsetsOf(out)];
  for (let i = 0; i < ys.length; i++) Y[ys[i]!] = f(A[as[i]!]!, B[bs[i]!]!);
}

export function select(condition: View, a: View, b: View, out: View): void {
  const [C, A, B, Y] = [elements(condition), elements(a), elements(b), elements(out)];
  const [cs, as, bs, ys] = [offsetsOf(condition), offsetsOf(a), offsetsOf(b), offsetsOf(out)];
  for (let i = 0; i < ys.length; i++) Y[ys[i]!] = C[cs[i]!] !== 0 ? A[as[i]!]! : B[bs[i]!]!;
}

export function fill(value: number, out: View): void {
  const Y = elements(out);
  const ys = offsetsOf(out);
  for (let i = 0; i < ys.length; i++) Y[ys[i]!] = value;
}

export function copy(x: View, out: View): void {
  const [X, Y] = [elements(x), elements(out)];
  const [xs, ys] = [offsetsOf(x), offsetsOf(out)];
  for (let i = 0; i < ys.length; i++) Y[ys[i]!] = X[xs[i]!]!;
}

export function accumulate(x: View, out: View): void {
  const [X, Y] = [elements(x), elements(out)];
  const [xs, ys] = [offsetsOf(x), offsetsOf(out)];
  for (let i = 0; i < ys.length; i++) Y[ys[i]!]! += X[xs[i]!]!;
}

export function axpby(alpha: number, x: View, beta: number, out: View): void {
  const [X, Y] = [elements(x), elements(out)];
  const [xs, ys] = [offsetsOf(x), offsetsOf(out)];
  const round = out.dtype === "float32" ? Math.fround : (value: number) => value;
  const [a, b] = [round(alpha), round(beta)];
  for (let i = 0; i < ys.length; i++) {
    Y[ys[i]!] = round(round(a * X[xs[i]!]!) + round(b * Y[ys[i]!]!));
  }
}
