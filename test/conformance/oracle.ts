import type {
  DType,
  Layout,
  Letters,
  MapOp,
  Pooling,
  RandomState,
  Shape,
  TypedArray,
  ZipOp,
} from "@convgrad/core";
import { erf } from "../oracle/erf.ts";
import { arrayOf, cellOf, indicesOf } from "./placements.ts";

/**
 * A view whose buffer lies in the host's memory. The functions of this file say what each kernel means, written a
 * second time and independently of every backend: loops over multi-indices, one element after the other.
 */
export interface HostView extends Layout {
  readonly cells: TypedArray;
  readonly dtype: DType;
}

type Index = readonly number[];

function get(view: HostView, index: Index): number {
  return view.cells[cellOf(view, index)]!;
}

function set(view: HostView, index: Index, value: number): void {
  view.cells[cellOf(view, index)] = value;
}

function add(view: HostView, index: Index, value: number): void {
  set(view, index, get(view, index) + value);
}

export function read(view: HostView): TypedArray {
  const indices = indicesOf(view.shape);
  const values = arrayOf(view.dtype, indices.length);
  indices.forEach((index, i) => {
    values[i] = get(view, index);
  });
  return values;
}

export function fill(value: number, out: HostView): void {
  for (const index of indicesOf(out.shape)) set(out, index, value);
}

export function copy(x: HostView, out: HostView): void {
  for (const index of indicesOf(out.shape)) set(out, index, get(x, index));
}

export function accumulate(x: HostView, out: HostView): void {
  for (const index of indicesOf(out.shape)) add(out, index, get(x, index));
}

export function axpby(alpha: number, x: HostView, beta: number, out: HostView): void {
  const round = out.dtype === "float32" ? Math.fround : (value: number) => value;
  for (const index of indicesOf(out.shape)) {
    const scaled = round(round(alpha) * get(x, index));
    set(out, index, scaled + round(round(beta) * get(out, index)));
  }
}

const MAPS: Readonly<Record<MapOp, (x: number) => number>> = {
  neg: (x) => -x,
  abs: (x) => (x < 0 ? -x : x === 0 ? 0 : x),
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : x),
  exp: (x) => Math.exp(x),
  log: (x) => Math.log(x),
  sqrt: (x) => Math.sqrt(x),
  tanh: (x) => Math.tanh(x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  relu: (x) => (Number.isNaN(x) || x > 0 ? x : 0),
  sin: (x) => Math.sin(x),
  cos: (x) => Math.cos(x),
  erf,
};
export const MAP_OPS: readonly MapOp[] = Object.keys(MAPS) as MapOp[];

export function map(op: MapOp, x: HostView, out: HostView): void {
  for (const index of indicesOf(out.shape)) set(out, index, MAPS[op](get(x, index)));
}

const isNaN2 = (a: number, b: number) => Number.isNaN(a) || Number.isNaN(b);
const ZIPS: Readonly<Record<ZipOp, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  maximum: (a, b) => (isNaN2(a, b) ? Number.NaN : a > b ? a : b),
  minimum: (a, b) => (isNaN2(a, b) ? Number.NaN : a < b ? a : b),
  gate: (a, b) => (b === 0 ? 0 : a),
  equal: (a, b) => Number(a === b),
  greater: (a, b) => Number(a > b),
};
export const ZIP_OPS: readonly ZipOp[] = Object.keys(ZIPS) as ZipOp[];

export function zip(op: ZipOp, a: HostView, b: HostView, out: HostView): void {
  for (const index of indicesOf(out.shape)) set(out, index, ZIPS[op](get(a, index), get(b, index)));
}

export function select(condition: HostView, a: HostView, b: HostView, out: HostView): void {
  for (const index of indicesOf(out.shape))
    set(out, index, get(get(condition, index) === 0 ? b : a, index));
}

/** An index of the output of a reduction, and the indices of the input that it collects, in row-major order. */
function collected(outer: Index, shape: Shape, axes: readonly number[]): Index[] {
  const free = shape.map((n, axis) => (axes.includes(axis) ? n : 1));
  return indicesOf(free).map((inner) => outer.map((i, axis) => i + inner[axis]!));
}

export function sum(x: HostView, axes: readonly number[], out: HostView): void {
  for (const index of indicesOf(out.shape)) {
    let total = 0;
    for (const inner of collected(index, x.shape, axes)) total += get(x, inner);
    set(out, index, total);
  }
}

export function argmax(x: HostView, axes: readonly number[], out: HostView): void {
  for (const index of indicesOf(out.shape)) {
    const values = collected(index, x.shape, axes).map((inner) => get(x, inner));
    const nan = values.findIndex(Number.isNaN);
    const top = values.reduce((a, b) => (b > a ? b : a), values[0]!);
    set(out, index, nan >= 0 ? nan : values.indexOf(top));
  }
}

export function winners(x: HostView, pooling: Pooling, out: HostView): void {
  const { kernel, stride, dilation, before } = pooling;
  const [h, w] = x.shape.slice(-2) as [number, number];
  for (const index of indicesOf(out.shape)) {
    const lead = index.slice(0, -2);
    const [u, v] = index.slice(-2) as [number, number];
    const cells = indicesOf(kernel)
      .map(([i, j]) => [
        u * stride[0] - before[0] + i! * dilation[0],
        v * stride[1] - before[1] + j! * dilation[1],
      ])
      .filter(([row, column]) => row! >= 0 && row! < h && column! >= 0 && column! < w);
    const values = cells.map((cell) => get(x, [...lead, ...cell]));
    const nan = values.findIndex(Number.isNaN);
    const top = values.reduce((a, b) => (b > a ? b : a), values[0]!);
    const [row, column] = cells[nan >= 0 ? nan : values.indexOf(top)]!;
    set(out, index, row! * w + column!);
  }
}

export function contract(a: HostView, b: HostView, letters: Letters, out: HostView): void {
  const sizes = new Map<string, number>();
  [...letters.a].forEach((letter, axis) => {
    sizes.set(letter, a.shape[axis]!);
  });
  [...letters.b].forEach((letter, axis) => {
    sizes.set(letter, b.shape[axis]!);
  });
  const summed = [...sizes.keys()].filter((letter) => !letters.out.includes(letter));
  const inner = indicesOf(summed.map((letter) => sizes.get(letter)!));
  const all = letters.out + summed.join("");
  const part = (names: string, index: Index) => [...names].map((name) => index[all.indexOf(name)]!);
  for (const index of indicesOf(out.shape)) {
    let total = 0;
    for (const rest of inner) {
      const whole = [...index, ...rest];
      total += get(a, part(letters.a, whole)) * get(b, part(letters.b, whole));
    }
    set(out, index, total);
  }
}

const at = (index: Index, axis: number, value: number) => index.with(axis, value);

export function gather(x: HostView, picks: HostView, axis: number, out: HostView): void {
  for (const index of indicesOf(out.shape))
    set(out, index, get(x, at(index, axis, get(picks, index))));
}

export function scatterAdd(x: HostView, picks: HostView, axis: number, out: HostView): void {
  for (const index of indicesOf(x.shape))
    add(out, at(index, axis, get(picks, index)), get(x, index));
}

const WORD = 2n ** 32n;

/** Philox4x32-10 in exact integers, straight from the paper. */
function philox(counter: readonly bigint[], key: readonly bigint[]): number[] {
  let [c0, c1, c2, c3] = counter as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c0;
    const p1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(p1 / WORD) ^ c1 ^ k0, p1 % WORD, (p0 / WORD) ^ c3 ^ k1, p0 % WORD];
    k0 = (k0 + 0x9e3779b9n) % WORD;
    k1 = (k1 + 0xbb67ae85n) % WORD;
  }
  return [c0, c1, c2, c3].map(Number);
}

/** Uniform: 24 upper bits of word i mod 4 of block ⌊i/4⌋. Normal: Box–Muller on the two words of a pair. */
export function random(
  distribution: "uniform" | "normal",
  { seed, stream }: RandomState,
  out: HostView,
): void {
  const halves = (n: number) => [BigInt(n) % WORD, BigInt(n) / WORD];
  indicesOf(out.shape).forEach((index, i) => {
    const words = philox([...halves(Math.floor(i / 4)), ...halves(stream)], halves(seed));
    const uniforms = words.map((word) => Math.floor(word / 2 ** 8) / 2 ** 24);
    const word = i % 4;
    const [u, v] = word < 2 ? uniforms.slice(0, 2) : uniforms.slice(2);
    const radius = Math.sqrt(-2 * Math.log(1 - u!));
    const angle = 2 * Math.PI * v!;
    const normal = radius * (word % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
    set(out, index, distribution === "uniform" ? uniforms[word]! : normal);
  });
}
