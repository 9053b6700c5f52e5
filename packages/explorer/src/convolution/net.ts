import { dilate, gradients, type Shape, scope, type Tensor, tensor } from "@convgrad/core";
import { Conv2D, type Conv2DOptions, conv2d, mse, type WindowGeometry } from "@convgrad/layers";
import { type Plane, planeOf } from "../matrix/plane.ts";
import { releaseModel } from "../network/releaseModel.ts";
import type { State } from "./fields.ts";
import { carried, type Drawn, drawn } from "./values.ts";

/** The shapes of a layer's tensors, without the batch axis. */
export interface Shapes {
  readonly x: Shape;
  readonly w: Shape;
  readonly b: Shape;
  /** Of y, its target and δ. */
  readonly y: Shape;
  readonly geometry: WindowGeometry;
}

/** The layer and its numbers. */
export interface Values {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly b: readonly number[];
  readonly t: readonly number[];
  /** ∂E/∂y where it is given and not reckoned from the target. */
  readonly delta: readonly number[] | null;
}

/** The recorded computation of the loss. */
export interface Recorded {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly b: Tensor;
  readonly y: Tensor;
  readonly loss: Tensor;
}

/** All numbers of a layer, its loss and its gradients, plane by plane: planes of w and dW by filter, then channel. */
export interface Net {
  readonly state: State;
  readonly shapes: Shapes;
  readonly values: Values;
  /** `"Conv2D(1 → 1, 3×3, stride 2×2, padding 1)"` */
  readonly layer: string;
  readonly x: readonly Plane[];
  readonly w: readonly (readonly Plane[])[];
  readonly b: readonly number[];
  readonly y: readonly Plane[];
  readonly t: readonly Plane[];
  readonly delta: readonly Plane[];
  /** δ with the zeros that the stride inserts. */
  readonly dilated: readonly Plane[];
  readonly dw: readonly (readonly Plane[])[];
  readonly db: readonly number[];
  readonly dx: readonly Plane[];
  /** ½ Σ (y − t)², or Σ δ·y where δ is given. */
  readonly loss: number;
}

/** The options of the state, as `conv2d` takes them. */
export function optionsOf({ stride, padding, dilation, groups, flip }: State): Conv2DOptions {
  const sides = (p: Exclude<State["padding"], string>) =>
    p[0] === p[1] && p[2] === p[3]
      ? ([p[0], p[2]] as const)
      : ([
          [p[0], p[1]],
          [p[2], p[3]],
        ] as const);
  const same = (pair: readonly [number, number]) => (pair[0] === pair[1] ? pair[0] : pair);
  const around = typeof padding === "string" ? padding : sides(padding);
  return {
    stride: same(stride),
    padding: Array.isArray(around) && around[0] === around[1] ? around[0] : around,
    dilation: same(dilation),
    groups,
    flip,
  };
}

/** Hands the layer of a state to `use`; its weights are of no account, and go with it. */
function ofLayer<T>(state: State, use: (layer: Conv2D) => T): T {
  const { channels, filters, kernel } = state;
  return scope(() => {
    const layer = new Conv2D(channels, filters, kernel, optionsOf(state));
    try {
      return use(layer);
    } finally {
      releaseModel(layer);
    }
  });
}

/** @throws what `Conv2D` says of settings that do not fit. */
export function shapesOf(state: State): Shapes {
  return ofLayer(state, (layer) => {
    const x = [state.channels, ...state.size];
    const geometry = layer.reach(tensor([0], { shape: [1] }).broadcastTo([1, ...x]));
    return {
      x,
      w: layer.weight.shape,
      b: [state.filters],
      y: [state.filters, ...geometry.output],
      geometry,
    };
  });
}

/** The numbers of a state: those of its seed, unless they were edited. */
export function valuesOf(state: State, shapes: Shapes): Values {
  const { seed, kind } = state;
  const shapeOf = { x: shapes.x, w: shapes.w, b: shapes.b, t: shapes.y };
  const own = (what: Drawn) => {
    const numbers = drawn(what, shapeOf[what], seed, kind);
    const edited = state[what];
    return edited?.length === numbers.length ? edited : numbers;
  };
  const t = own("t");
  const delta = state.delta?.length === t.length ? state.delta : null;
  return { x: own("x"), w: own("w"), b: own("b"), t, delta };
}

/** A change of settings: numbers that were edited stay where they were. */
export function resized(state: State, part: Partial<State>): Partial<State> {
  const next = { ...state, ...part };
  const before = shapesOrNone(state);
  const after = shapesOrNone(next);
  if (!before || !after) return part;
  const old = valuesOf(state, before);
  const fresh = valuesOf({ ...next, x: null, w: null, b: null, t: null, delta: null }, after);
  const fit = (key: Drawn, from: Shape, to: Shape) =>
    state[key] && carried(old[key], from, to, fresh[key]);
  return {
    x: fit("x", before.x, after.x),
    w: fit("w", before.w, after.w),
    b: fit("b", before.b, after.b),
    t: fit("t", before.y, after.y),
    delta:
      old.delta &&
      carried(
        old.delta,
        before.y,
        after.y,
        fresh.t.map(() => 1),
      ),
    ...part,
  };
}

function shapesOrNone(state: State): Shapes | null {
  try {
    return shapesOf(state);
  } catch {
    return null;
  }
}

/** Records the loss of a state and hands it to `use`; no tensor outlives it. */
export function recorded<T>(state: State, shapes: Shapes, use: (graph: Recorded) => T): T {
  const values = valuesOf(state, shapes);
  return scope(() => {
    const leaf = (data: readonly number[], shape: Shape) =>
      tensor([...data], { shape, dtype: "float64", requiresGrad: true });
    const fixed = (data: readonly number[]) =>
      tensor([...data], { shape: [1, ...shapes.y], dtype: "float64" });
    const x = leaf(values.x, [1, ...shapes.x]);
    const w = leaf(values.w, shapes.w);
    const b = leaf(values.b, shapes.b);
    const y = conv2d(x, w, b, optionsOf(state));
    const loss = values.delta
      ? y.mul(fixed(values.delta)).sum()
      : mse(y, fixed(values.t), { reduction: "halfSum" });
    return use({ x, w, b, y, loss });
  });
}

/** @throws what `Conv2D` and `conv2d` say of settings that do not fit. */
export function netOf(state: State): Net {
  const shapes = shapesOf(state);
  const values = valuesOf(state, shapes);
  const [filters, perGroup] = shapes.w as [number, number];
  return recorded(state, shapes, ({ x, w, b, y, loss }) => {
    const [delta, dw, db, dx] = gradients(loss, [y, w, b, x]);
    const t = tensor([...values.t], { shape: [1, ...shapes.y], dtype: "float64" });
    const maps = (of: Tensor) => each(of.shape[1]!, (c) => planeOf(of, [0, c]));
    const kernels = (of: Tensor) =>
      each(filters, (o) => each(perGroup, (c) => planeOf(of, [o, c])));
    return {
      state,
      shapes,
      values,
      layer: ofLayer(state, String),
      x: maps(x),
      w: kernels(w),
      b: values.b,
      y: maps(y),
      t: maps(t),
      delta: maps(delta),
      dilated: maps(dilatedOf(delta, shapes)),
      dw: kernels(dw),
      db: Array.from(db.toTypedArray(), Number),
      dx: maps(dx),
      loss: loss.item(),
    };
  });
}

/** δ↑: δ with s − 1 zeros between its rows and columns. */
export function dilatedOf(delta: Tensor, { geometry }: Shapes): Tensor {
  const [sh, sw] = geometry.stride;
  return dilate(delta, [0, 0, sh - 1, sw - 1]);
}

/** The layer as plain loops. */
export function loopsOf(state: State): string {
  return ofLayer(state, (layer) => layer.toLoops([state.channels, ...state.size]));
}

/** A list of `n` things. */
export function each<T>(n: number, make: (i: number) => T): T[] {
  return Array.from({ length: n }, (_, i) => make(i));
}
