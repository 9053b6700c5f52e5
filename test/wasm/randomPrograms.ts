import { type DType, ShapeError, sizeOf, type Tensor, tensor } from "@convgrad/core";
import {
  avgPool,
  batchNorm2d,
  conv2d,
  crossEntropy,
  dense,
  lpPool,
  maxPool,
  mse,
  softmax,
} from "@convgrad/layers";
import fc from "fast-check";

/** Random choices that a seed determines. */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  }
  /** From `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }
  chance(p: number): boolean {
    return this.next() < p;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.whole(0, list.length - 1)]!;
  }
  pair(least: number, most: number): [number, number] {
    return [this.whole(least, most), this.whole(least, most)];
  }
}

/** What a step may make: leaves of numbers from −bound to bound, the same in every type and on every backend. */
export interface Workbench {
  readonly draw: Draw;
  readonly leaf: (shape: readonly number[], bound: number) => Tensor;
}

type Step = (x: Tensor, bench: Workbench) => Tensor;

const axesOf = (x: Tensor) => [...x.shape.keys()];

const pooling = (x: Tensor, draw: Draw) => {
  const [h, w] = x.shape.slice(-2) as [number, number];
  const kernel: [number, number] = [draw.whole(1, Math.min(3, h)), draw.whole(1, Math.min(3, w))];
  const padding: [number, number] = [
    draw.whole(0, Math.floor(kernel[0] / 2)),
    draw.whole(0, Math.floor(kernel[1] / 2)),
  ];
  const stride = draw.chance(0.5) ? {} : { stride: draw.pair(1, 3) };
  return { kernel, options: { padding, ceilMode: draw.chance(0.3), ...stride } };
};

/** Layers of images `[N, C, H, W]`. */
const imageLayers: Readonly<Record<string, Step>> = {
  conv2d: (x, { draw, leaf }) => {
    const [, c, h, w] = x.shape as [number, number, number, number];
    const divisors = [1, 2, 3, 4].filter((n) => c % n === 0);
    const groups = draw.chance(0.7) ? 1 : draw.pick(divisors);
    const filters = groups * Math.ceil(draw.pick([1, 3, 6, 8, 9, 12, 16, 17]) / groups);
    const square = draw.chance(0.5);
    const kernel: [number, number] = square ? [3, 3] : draw.pair(1, 5);
    const stride = draw.chance(0.7) ? 1 : draw.pair(1, 3);
    const dilation = draw.chance(0.8) ? 1 : draw.pair(1, 2);
    const padding = draw.chance(0.2)
      ? ("same" as const)
      : ([0, 1].map((axis) => Math.max(draw.whole(0, 2), kernel[axis]! - [h, w][axis]!)) as [
          number,
          number,
        ]);
    const bound = 2 / Math.sqrt((c / groups) * kernel[0] * kernel[1]);
    const weight = leaf([filters, c / groups, ...kernel], bound);
    const b = draw.chance(0.8) ? leaf([filters], 0.5) : null;
    return conv2d(x, weight, b, { stride, padding, dilation, groups, flip: draw.chance(0.2) });
  },
  /** Large enough for Winograd's algorithm, where the image is. */
  "3×3": (x, { draw, leaf }) => {
    const filters = draw.pick([8, 9, 16]);
    const weight = leaf([filters, x.shape[1]!, 3, 3], 0.6 / Math.sqrt(x.shape[1]!));
    const b = draw.chance(0.8) ? leaf([filters], 0.5) : null;
    return conv2d(x, weight, b, { padding: draw.whole(0, 2), flip: draw.chance(0.2) });
  },
  /** A filter or two for each channel alone. */
  depthwise: (x, { draw, leaf }) => {
    const [, c, h, w] = x.shape as [number, number, number, number];
    const filters = c * draw.pick([1, 1, 2, 3]);
    const kernel: [number, number] = draw.chance(0.6) ? [3, 3] : draw.pair(1, 5);
    const stride = draw.chance(0.5) ? 1 : draw.pair(1, 3);
    const dilation = draw.chance(0.8) ? 1 : draw.pair(1, 2);
    const padding: [number, number] = [
      Math.max(draw.whole(0, 2), kernel[0] - h),
      Math.max(draw.whole(0, 2), kernel[1] - w),
    ];
    const weight = leaf([filters, 1, ...kernel], 2 / Math.sqrt(kernel[0] * kernel[1]));
    const b = draw.chance(0.7) ? leaf([filters], 0.5) : null;
    return conv2d(x, weight, b, { stride, padding, dilation, groups: c, flip: draw.chance(0.2) });
  },
  /** With a way around it, or a bias before it would have no gradient but rounding; cells that are nearly the same stay so. */
  "batch norm": (x, { draw, leaf }) => {
    const [n, c, h, w] = x.shape as [number, number, number, number];
    if (n * h * w < 4) return x;
    const [weight, bias] = [leaf([c], 1), leaf([c], 1)].map((p) => (draw.chance(0.8) ? p : null));
    return x.add(batchNorm2d(x, weight, bias, { epsilon: 0.1 }));
  },
  "max pool": (x, { draw }) => {
    const { kernel, options } = pooling(x, draw);
    return maxPool(x, kernel, { ...options, dilation: draw.chance(0.8) ? 1 : 2 });
  },
  "average pool": (x, { draw }) => {
    const { kernel, options } = pooling(x, draw);
    return avgPool(x, kernel, { ...options, countIncludePad: draw.chance(0.5) });
  },
  "lp pool": (x, { draw }) => {
    const { kernel, options } = pooling(x, draw);
    return lpPool(x, draw.pick([1, 2, 3]), kernel, options);
  },
};

const activations: Readonly<Record<string, Step>> = {
  relu: (x) => x.relu(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
};

const fully: Step = (x, { draw, leaf }) => {
  const flat = x.rank === 2 ? x : x.flatten(1);
  const [inputs, outputs] = [flat.shape[1]!, draw.pick([1, 2, 7, 10, 17])];
  return dense(
    flat,
    leaf([inputs, outputs], 2 / Math.sqrt(inputs)),
    draw.chance(0.8) ? leaf([outputs], 0.5) : null,
  );
};

/** The layers of a net. Those of images pass what a dense layer has flattened; conv2d is the most frequent. */
const layers: Readonly<Record<string, Step>> = {
  ...Object.fromEntries(
    Object.entries(imageLayers).map(([name, step]): [string, Step] => [
      name,
      (x, bench) => (x.rank === 4 ? step(x, bench) : x),
    ]),
  ),
  ...activations,
  dense: fully,
};

/** Operations on tensors of any rank. Divisors, roots and logarithms are kept away from 0. */
const operations: Readonly<Record<string, Step>> = {
  ...activations,
  reshape: (x, { draw }) => {
    const at = draw.whole(0, x.rank);
    const joined = [...x.shape.slice(0, Math.max(at - 1, 0)), -1, ...x.shape.slice(at + 1)];
    return x.reshape(draw.chance(0.5) ? joined : [...x.shape].reverse());
  },
  permute: (x, { draw }) =>
    x.permute(
      axesOf(x)
        .map((axis) => ({ axis, key: draw.next() }))
        .sort((p, q) => p.key - q.key)
        .map(({ axis }) => axis),
    ),
  slice: (x, { draw }) => {
    const start = x.shape.map((n) => draw.whole(0, n >> 1));
    const stop = x.shape.map((n, axis) => draw.whole(start[axis]! + 1, n));
    return x.slice(
      start,
      stop,
      x.shape.map(() => draw.pick([1, 1, 2, 3])),
    );
  },
  flip: (x, { draw }) => x.flip(axesOf(x).filter(() => draw.chance(0.5))),
  broadcast: (x, { draw }) => {
    if (x.size > 200 || x.rank > 4) return x;
    const axis = draw.whole(0, x.rank);
    const wide = x.unsqueeze(axis);
    return wide.broadcastTo(wide.shape.with(axis, draw.whole(2, 4)));
  },
  pad: (x, { draw }) =>
    x.size > 2000
      ? x
      : x.pad(
          x.shape.map(() => draw.pair(0, 2)),
          draw.pick([0, 0, 0.5]),
        ),
  sum: (x, { draw }) =>
    x
      .sum(
        axesOf(x).filter(() => draw.chance(0.4)),
        draw.chance(0.5),
      )
      .div(4),
  mean: (x, { draw }) =>
    x.mean(
      axesOf(x).filter(() => draw.chance(0.4)),
      draw.chance(0.5),
    ),
  max: (x, { draw }) => (x.rank === 0 ? x : x.max(draw.whole(0, x.rank - 1))),
  softmax: (x, { draw }) => (x.rank === 0 ? x : softmax(x, draw.whole(0, x.rank - 1))),
  matmul: (x, { draw, leaf }) => {
    if (x.rank < 2) return x;
    const inner = x.shape.at(-1)!;
    return x.matmul(leaf([inner, draw.pick([1, 3, 8, 13])], 2 / Math.sqrt(inner)));
  },
  add: (x, { draw, leaf }) =>
    x.add(
      leaf(
        x.shape.map((n) => (draw.chance(0.4) ? 1 : n)),
        1,
      ),
    ),
  sub: (x, { leaf }) => leaf(x.shape.slice(1), 1).sub(x),
  mul: (x, { draw, leaf }) =>
    x.mul(
      leaf(
        x.shape.map((n) => (draw.chance(0.4) ? 1 : n)),
        1,
      ),
    ),
  divide: (x) => x.div(x.mul(x).add(1)),
  root: (x) => x.mul(x).add(0.5).sqrt(),
  exponential: (x) => x.tanh().exp(),
  logarithm: (x) => x.abs().add(0.5).log(),
  power: (x) => x.sigmoid().add(0.5).pow(2.5),
  larger: (x, { leaf }) => x.maximum(leaf(x.shape, 1)),
  twice: (x) => x.add(x.flip()),
};

/** A step by name and the seed of its choices. */
export interface ChosenStep {
  readonly name: string;
  readonly seed: number;
}

/** A random program: a net with a loss, or a chain of tensor operations. */
export interface Program {
  readonly kind: "net" | "tensors";
  readonly seed: number;
  readonly steps: readonly ChosenStep[];
}

const seed = fc.nat(2 ** 31);
const stepsOf = (names: readonly string[], most: number): fc.Arbitrary<ChosenStep[]> =>
  fc.array(fc.record({ name: fc.constantFrom(...names), seed }), { minLength: 2, maxLength: most });
const LIKELY = ["conv2d", "conv2d", "3×3", "3×3", "3×3", "depthwise"];

/**
 * Three nets to one chain of operations; without fast-check's preference for small numbers, after which many programs
 * would make the same choices.
 */
export const programs: fc.Arbitrary<Program> = fc.noBias(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("net" as const),
        seed,
        steps: stepsOf([...LIKELY, ...Object.keys(layers)], 6),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("tensors" as const),
        seed,
        steps: stepsOf(Object.keys(operations), 8),
      }),
    },
  ),
);

/** Images 1×1 to 20×20 of 1 to 16 channels, many of them large and deep, or any tensor of rank 1 to 4. */
function inputShape({ kind }: Program, draw: Draw): number[] {
  if (kind === "tensors") return Array.from({ length: draw.whole(1, 4) }, () => draw.whole(1, 9));
  if (draw.chance(0.3)) {
    return [draw.whole(1, 4), draw.pick([8, 9, 16]), ...draw.pair(8, 20)];
  }
  const size = draw.pick([3, 10, 20, 20]);
  return [draw.whole(1, 5), draw.pick([1, 2, 3, 4, 8, 11, 16]), ...draw.pair(1, size)];
}

function lossOf(y: Tensor, { draw, leaf }: Workbench): Tensor {
  const flat = y.flatten(1);
  const [n, classes] = flat.shape as [number, number];
  if (draw.chance(0.5)) {
    const target = leaf([n, classes], 1).detach();
    return mse(flat, target, { reduction: draw.pick(["mean", "sum", "halfSum"] as const) });
  }
  const labels = Int32Array.from({ length: n }, () => draw.whole(0, classes - 1));
  return crossEntropy(flat, tensor(labels), {
    labelSmoothing: draw.pick([0, 0, 0.1]),
    reduction: draw.pick(["mean", "sum"] as const),
  });
}

/** Runs a program in one float type on the selected backend: the last layer's values, the loss, all leaves. */
export function runProgram(
  program: Program,
  dtype: DType & ("float32" | "float64"),
): { y: Tensor; loss: Tensor; leaves: Tensor[] } {
  const draw = new Draw(program.seed);
  const leaves: Tensor[] = [];
  const leaf = (shape: readonly number[], bound: number) => {
    const values = Float32Array.from(
      { length: sizeOf(shape) },
      () => bound * (2 * draw.next() - 1),
    );
    const made = tensor(values, { shape, dtype, requiresGrad: true });
    leaves.push(made);
    return made;
  };
  let y = leaf(inputShape(program, draw), 1);
  const steps = program.kind === "net" ? layers : operations;
  for (const { name, seed } of program.steps) {
    try {
      y = steps[name]!(y, { draw: new Draw(seed), leaf });
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error; // a window that does not fit: the net goes without it
    }
  }
  const loss = program.kind === "net" ? lossOf(y, { draw, leaf }) : y.mul(leaf(y.shape, 1)).sum();
  return { y, loss, leaves };
}
