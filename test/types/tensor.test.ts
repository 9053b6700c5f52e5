import {
  arange,
  concat,
  eye,
  matmul,
  ones,
  randn,
  ShapeError,
  stack,
  Tensor,
  tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import {
  adaptiveAvgPool,
  avgPool,
  Conv2D,
  type Conv2DOptions,
  conv2d,
  convTranspose2d,
  crossEntropy,
  Dense,
  dense,
  Flatten,
  gelu,
  globalMaxPool,
  huber,
  lpPool,
  MaxPool,
  maxPool,
  mse,
  type Reduction,
  relu,
  upsample,
} from "@convgrad/layers";
import { expectTypeOf } from "expect-type";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { check } from "./compiler.ts";

const x23 = zeros([2, 3]);
const unknown: Tensor = x23;
const n: number = 3;
const one: number = 1;

describe("a tensor carries its shape", () => {
  it("from where it is made", () => {
    expectTypeOf(x23).toEqualTypeOf<Tensor<[2, 3]>>();
    expectTypeOf(randn([n, 3])).toEqualTypeOf<Tensor<[number, 3]>>();
    expectTypeOf(ones(unknown.shape)).toEqualTypeOf<Tensor>();
    expectTypeOf(eye(3)).toEqualTypeOf<Tensor<[3, 3]>>();
    expectTypeOf(arange(5)).toEqualTypeOf<Tensor<[number]>>();
    expectTypeOf(tensor([1, 2, 3, 4], { shape: [2, 2] })).toEqualTypeOf<Tensor<[2, 2]>>();
    expectTypeOf(tensor([[1, 2]])).toEqualTypeOf<Tensor>();
  });

  it("through operations", () => {
    expectTypeOf(x23.add(zeros([3])).mul(2)).toEqualTypeOf<Tensor<[2, 3]>>();
    expectTypeOf(zeros([5, 1, 3]).greater(zeros([4, 1]))).toEqualTypeOf<Tensor<[5, 4, 3]>>();
    expectTypeOf(zeros([one, 3]).add(zeros([4, 1]))).toEqualTypeOf<Tensor<[4, 3]>>();
    expectTypeOf(zeros([n, 3]).add(zeros([one, 1]))).toEqualTypeOf<Tensor<[number, 3]>>();
    expectTypeOf(x23.matmul(zeros([3, 4]))).toEqualTypeOf<Tensor<[2, 4]>>();
    expectTypeOf(matmul(zeros([7, 1, 2, 3]), zeros([5, 3, 4]))).toEqualTypeOf<
      Tensor<[7, 5, 2, 4]>
    >();
    expectTypeOf(x23.reshape([3, -1]).transpose().relu()).toEqualTypeOf<Tensor<[2, 3]>>();
    expectTypeOf(zeros([2, 3, 4]).permute([2, 0, -2])).toEqualTypeOf<Tensor<[4, 2, 3]>>();
    expectTypeOf(zeros([2, 3, 4]).flatten(1)).toEqualTypeOf<Tensor<[2, 12]>>();
    expectTypeOf(zeros([2, 3, 4]).sum([0, -1])).toEqualTypeOf<Tensor<[3]>>();
    expectTypeOf(zeros([2, 3, 4]).mean(1, true)).toEqualTypeOf<Tensor<[2, 1, 4]>>();
    expectTypeOf(x23.sum()).toEqualTypeOf<Tensor<[]>>();
    expectTypeOf(x23.argmax(1)).toEqualTypeOf<Tensor<[2]>>();
    expectTypeOf(concat([x23, zeros([4, 3])])).toEqualTypeOf<Tensor<[6, 3]>>();
    expectTypeOf(stack([x23, x23, x23], 1)).toEqualTypeOf<Tensor<[2, 3, 3]>>();
    expectTypeOf(x23.unsqueeze(-1).detach()).toEqualTypeOf<Tensor<[2, 3, 1]>>();
    expectTypeOf(x23.slice([0, 1])).toEqualTypeOf<Tensor<[number, number]>>();
    expectTypeOf(gelu(relu(x23))).toEqualTypeOf<Tensor<[2, 3]>>();
    expectTypeOf(x23.grad).toEqualTypeOf<Tensor<[2, 3]> | null>();
  });

  it("through layers", () => {
    const x = zeros([2, 1, 28, 28]);
    const y = new MaxPool(2).forward(new Conv2D(1, 6, 5, { padding: 2 }).forward(x));
    expectTypeOf(y).toEqualTypeOf<Tensor<[2, 6, 14, 14]>>();
    expectTypeOf(new Dense(3, 4).forward(x23)).toEqualTypeOf<Tensor<[2, 4]>>();
    expectTypeOf(new Flatten().forward(y)).toEqualTypeOf<Tensor<[2, 1176]>>();
    expectTypeOf(new Dense(3, 4).forward(unknown)).toEqualTypeOf<Tensor>();
  });

  it("through the functions of layers", () => {
    const x = zeros([2, 3, 8, 8]);
    const y = conv2d(x, zeros([6, 3, 3, 3]), null, { stride: 2, padding: "same" });
    expectTypeOf(y).toEqualTypeOf<Tensor<[2, 6, 4, 4]>>();
    expectTypeOf(conv2d(x, zeros([6, 3, 3, 3]))).toEqualTypeOf<Tensor<[2, 6, 6, 6]>>();
    expectTypeOf(conv2d(y, zeros([6, 2, 3, 3]), null, { groups: 3 })).toEqualTypeOf<
      Tensor<[2, 6, 2, 2]>
    >();
    expectTypeOf(convTranspose2d(y, zeros([6, 3, 2, 2]), null, { stride: 2 })).toEqualTypeOf<
      Tensor<[2, 3, 8, 8]>
    >();
    expectTypeOf(maxPool(y, [2, 4])).toEqualTypeOf<Tensor<[2, 6, 2, 1]>>();
    expectTypeOf(avgPool(y, 3, { stride: 1, padding: 1 })).toEqualTypeOf<Tensor<[2, 6, 4, 4]>>();
    expectTypeOf(lpPool(y, 2, 3, { ceilMode: true })).toEqualTypeOf<Tensor<[2, 6, 2, 2]>>();
    expectTypeOf(globalMaxPool(y)).toEqualTypeOf<Tensor<[2, 6, 1, 1]>>();
    expectTypeOf(adaptiveAvgPool(y, 3)).toEqualTypeOf<Tensor<[2, 6, 3, 3]>>();
    expectTypeOf(upsample(y, { scale: 2 })).toEqualTypeOf<Tensor<[2, 6, 8, 8]>>();
    const logits = dense(y.flatten(1), zeros([96, 10]));
    expectTypeOf(logits).toEqualTypeOf<Tensor<[2, 10]>>();
    expectTypeOf(crossEntropy(logits, zeros([2], { dtype: "int32" }))).toEqualTypeOf<Tensor<[]>>();
    expectTypeOf(mse(logits, logits, { reduction: "halfSum" })).toEqualTypeOf<Tensor<[]>>();
    expectTypeOf(huber(logits, logits, { delta: 2 })).toEqualTypeOf<Tensor<[]>>();
  });

  it("through the functions of layers as far as they know it", () => {
    const x = zeros([2, 3, 8, 8]);
    expectTypeOf(conv2d(zeros(x.shape), zeros([6, 3, 3, 3]))).toEqualTypeOf<Tensor>();
    expectTypeOf(conv2d(x, zeros([6, 1, n, 3]), null, { groups: 3 })).toEqualTypeOf<
      Tensor<[2, 6, number, 6]>
    >();
    const options: Conv2DOptions = { stride: 2 };
    expectTypeOf(conv2d(x, zeros([6, 3, 3, 3]), null, options)).toEqualTypeOf<
      Tensor<[2, 6, number, number]>
    >();
    const either: { padding: 1; stride?: undefined } | { padding: 1; stride: 1 } =
      n > 2 ? { padding: 1 } : { padding: 1, stride: 1 };
    expectTypeOf(maxPool(x, 2, either)).toEqualTypeOf<Tensor<[2, 3, 5 | 9, 5 | 9]>>();
    const strided = n > 2 ? ({ stride: 1 } as const) : undefined;
    expectTypeOf(maxPool(x, 2, strided)).toEqualTypeOf<Tensor<[2, 3, 7 | 4, 7 | 4]>>();
    expectTypeOf(avgPool(x, 2, strided)).toEqualTypeOf<Tensor<[2, 3, 7 | 4, 7 | 4]>>();
    expectTypeOf(lpPool(x, 2, 2, strided)).toEqualTypeOf<Tensor<[2, 3, 7 | 4, 7 | 4]>>();
    const filters = zeros([6, 3, 3, 3]);
    expectTypeOf(conv2d(x, filters, null, n > 2 ? undefined : { stride: 2 })).toEqualTypeOf<
      Tensor<[2, 6, 6 | 3, 6 | 3]>
    >();
    expectTypeOf(conv2d(x, filters, null, undefined)).toEqualTypeOf<Tensor<[2, 6, 6, 6]>>();
    // Each stride wherever there is one.
    expectTypeOf(
      convTranspose2d(x, zeros([3, 6, 2, 2]), null, n > 2 ? { stride: 2 } : undefined),
    ).toEqualTypeOf<Tensor<[2, 6, 6 | 9 | 16 | 19, 6 | 9 | 16 | 19]>>();
    expectTypeOf(dense(unknown, zeros([3, 10]))).toEqualTypeOf<Tensor>();
    expectTypeOf(dense(x23, unknown.reshape([3, -1]))).toEqualTypeOf<Tensor<[2, number]>>();
    const reduction: Reduction = n > 2 ? "none" : "sum";
    expectTypeOf(mse(x23, x23, { reduction: reduction as Reduction })).toEqualTypeOf<Tensor>();
    expectTypeOf(mse(x23, x23, { reduction: "none" })).toEqualTypeOf<Tensor>();
    // @ts-expect-error: the name of an option that there is not
    expect(() => maxPool(x, 2, { strides: 2, padding: 1 })).toThrow(ValueError);
    // @ts-expect-error: the name of an option that there is not
    expect(() => huber(x23, x23, { slope: 2 })).toThrow(ValueError);
  });

  it("and degrades to what is known", () => {
    expectTypeOf(unknown.add(x23)).toEqualTypeOf<Tensor>();
    expectTypeOf(unknown.matmul(x23.transpose())).toEqualTypeOf<Tensor>();
    expectTypeOf(unknown.reshape([-1, 3])).toEqualTypeOf<Tensor<[number, 3]>>();
    expectTypeOf(x23.reshape([n, -1])).toEqualTypeOf<Tensor<[number, number]>>();
    expectTypeOf(x23.sum(one)).toEqualTypeOf<Tensor>();
    expectTypeOf(x23.sum(one, true)).toEqualTypeOf<Tensor<[number, number]>>();
    expectTypeOf(unknown.sum()).toEqualTypeOf<Tensor<[]>>();
    expectTypeOf(concat([x23, unknown])).toEqualTypeOf<Tensor>();
    expectTypeOf(concat([unknown, x23].slice(1))).toEqualTypeOf<Tensor>();
    const axis = (n > 2 ? 1 : 0) as 0 | 1;
    expectTypeOf(x23.unsqueeze(axis)).toEqualTypeOf<Tensor>();
    expectTypeOf(x23.flatten(axis)).toEqualTypeOf<Tensor>();
    expectTypeOf(x23.sum([axis])).toEqualTypeOf<Tensor>();
    expectTypeOf(x23.sum(axis)).toEqualTypeOf<Tensor<[3] | [2]>>();
    expectTypeOf(x23.transpose(axis, 0)).toEqualTypeOf<Tensor<[number, number]>>();
    expectTypeOf(x23.permute([axis, 0])).toEqualTypeOf<Tensor<[number, 2]>>();
    expectTypeOf(unknown.relu().flatten()).toEqualTypeOf<Tensor<[number]>>();
  });

  it("that fits where a size is not known, and nowhere else", () => {
    const columns: Tensor<[number, 3]> = x23;
    const rows: Tensor<[2, number]> = columns;
    const any: Tensor[] = [x23, columns, rows, zeros([])];
    const back: Tensor<[2, 3]>[] = [any[0]!, columns, rows];
    expect(back.length).toBe(3);
    const takes = (x: Tensor<[number, 3]>) => x.rank;
    // @ts-expect-error: 4 is not 3
    takes(zeros([2, 4]));
    // @ts-expect-error: one axis is not two
    takes(zeros([3]));
    // @ts-expect-error: unlike shapes
    const wrong: Tensor<[2, 3]> = zeros([3, 2]);
    expect(wrong.rank).toBe(2);
    const twice = <S extends readonly number[]>(x: Tensor<S>): Tensor<S> => x.mul(2).relu();
    expectTypeOf(twice(x23)).toEqualTypeOf<Tensor<[2, 3]>>();
    expectTypeOf<Tensor<[2, 3]>>().toExtend<Tensor>();
    expect(x23).toBeInstanceOf(Tensor);
  });

  it("in a list as far as all are known", () => {
    expectTypeOf([zeros([2, n]), x23]).toEqualTypeOf<Tensor<[2, number]>[]>();
    expectTypeOf([x23, zeros([2, n])]).toEqualTypeOf<Tensor<[2, number]>[]>();
    expectTypeOf([x23, unknown]).toEqualTypeOf<Tensor[]>();
    expectTypeOf([zeros([n, n]), unknown]).toEqualTypeOf<Tensor[]>();
    expectTypeOf(n > 2 ? x23 : zeros([n, 3])).toEqualTypeOf<Tensor<[number, 3]>>();
    expectTypeOf([x23, zeros([3])]).toEqualTypeOf<(Tensor<[2, 3]> | Tensor<[3]>)[]>();
    const size = (n > 2 ? 3 : 4) as 3 | 4;
    expectTypeOf([x23, zeros([2, size])]).toEqualTypeOf<Tensor<[2, 3 | 4]>[]>();
  });

  it("also where it is one of several", () => {
    const either = n > 2 ? x23 : zeros([4, 3]);
    expectTypeOf(either.relu().mul(2)).toEqualTypeOf<Tensor<[2, 3] | [4, 3]>>();
    expectTypeOf(either.matmul(zeros([3, 5])).sum(1)).toEqualTypeOf<Tensor<[2] | [4]>>();
    expectTypeOf(zeros([3]).add(either)).toEqualTypeOf<Tensor<[2, 3] | [4, 3]>>();
    expectTypeOf(relu(either)).toEqualTypeOf<Tensor<[2, 3] | [4, 3]>>();
    expectTypeOf(new Dense(3, 4).forward(either)).toEqualTypeOf<Tensor<[2, 4] | [4, 4]>>();
    const parameters = [zeros([2, 3]), zeros([3])];
    const norms = parameters.map((p) => p.mul(p).sum().sqrt().item());
    expect([...norms, ...parameters.map((p) => p.reshape([-1]).size)]).toEqual([0, 0, 6, 3]);
    const doubled = <T extends Tensor>(x: T): Tensor => x.mul(2).relu();
    expect(doubled(x23).shape).toEqual([2, 3]);
    // @ts-expect-error: neither broadcasts
    expect(() => either.add(zeros([7]))).toThrow(ShapeError);
  });

  it("and refuses to compile what would be refused", () => {
    // @ts-expect-error: shapes [2, 3] and [2] do not broadcast
    expect(() => x23.add(zeros([2]))).toThrow(ShapeError);
    // @ts-expect-error: inner sizes differ
    expect(() => x23.matmul(x23)).toThrow(ShapeError);
    // @ts-expect-error: [2, 3] has 6 elements, [4, -1] wants a multiple of 4
    expect(() => x23.reshape([4, -1])).toThrow(ShapeError);
    // @ts-expect-error: no order of 2 axes
    expect(() => x23.permute([0])).toThrow(ShapeError);
    // @ts-expect-error: [2, 3] and [2, 4] differ on an axis other than 0
    expect(() => concat([x23, zeros([2, 4])])).toThrow(ShapeError);
  });
});

/** A step of a program: as it is written, with · for what comes before it, and as it is done. */
interface Step {
  readonly text: string;
  readonly run: (x: Tensor) => Tensor;
}
type Wish = (shape: readonly number[]) => Step;

const axisOf = (k: number, rank: number) => (k % (2 * rank)) - rank;
const upTo = (most: number) => fc.integer({ min: 1, max: most });
const kernels = fc.tuple(upTo(4), upTo(4));
const windows = fc.record(
  { stride: upTo(3), padding: fc.constantFrom(0, 1), dilation: upTo(2) },
  { requiredKeys: [] },
);
const steps: fc.Arbitrary<Wish> = fc.oneof(
  fc.tuple(fc.boolean(), fc.array(fc.boolean(), { maxLength: 5 })).map(
    ([isMore, ones]): Wish =>
      (shape) => {
        const sizes = shape.map((size, i) => (ones[i] ? 1 : size));
        const other = isMore ? [3, ...sizes] : sizes.slice(Math.min(1, sizes.length));
        return { text: `.add(zeros([${other}]))`, run: (x) => x.add(zeros(other)) };
      },
  ),
  fc.nat(9).map(
    (k): Wish =>
      (shape) => {
        const other = [shape.at(-1) ?? 1, k];
        return { text: `.matmul(zeros([${other}]))`, run: (x) => x.matmul(zeros(other)) };
      },
  ),
  fc.nat(2).map(
    (k): Wish =>
      (shape) => {
        const to = [[-1], [-1, shape.at(-1) ?? 1], [shape[0] ?? 1, 1, -1]][k]!;
        return { text: `.reshape([${to}])`, run: (x) => x.reshape(to) };
      },
  ),
  fc.nat().map(
    (k): Wish =>
      (shape) => {
        const axes = shape.map((_, i) => i);
        const order = [
          ...axes.slice(k % (axes.length || 1)),
          ...axes.slice(0, k % (axes.length || 1)),
        ];
        return { text: `.permute([${order}])`, run: (x) => x.permute(order) };
      },
  ),
  fc.nat().map(
    (k): Wish =>
      ({ length }) => ({
        text: `.flatten(${axisOf(k, length)})`,
        run: (x) => x.flatten(axisOf(k, length)),
      }),
  ),
  fc.tuple(fc.nat(), fc.nat(), fc.boolean()).map(
    ([p, q, keep]): Wish =>
      ({ length }) => {
        const axes = [...new Set([p % length, q % length])].map((axis, i) =>
          i ? axis - length : axis,
        );
        return { text: `.sum([${axes}], ${keep})`, run: (x) => x.sum(axes, keep) };
      },
  ),
  fc.nat().map(
    (k): Wish =>
      ({ length }) => ({
        text: `.unsqueeze(${axisOf(k, length + 1)})`,
        run: (x) => x.unsqueeze(axisOf(k, length + 1)),
      }),
  ),
  fc.tuple(fc.nat(), fc.nat()).map(
    ([p, q]): Wish =>
      ({ length }) => {
        const [a, b] = [axisOf(p, length), axisOf(q, length)];
        return { text: `.transpose(${a}, ${b})`, run: (x) => x.transpose(a, b) };
      },
  ),
  fc.tuple(fc.nat(5), kernels, fc.boolean(), windows).map(
    ([filters, [kh, kw], isApart, options]): Wish =>
      (shape) => {
        const [n, c, h, w] = [1, 1, 1, 1, ...shape].slice(-4);
        const groups = isApart ? c! : 1;
        const filter = [groups * (filters + 1), c! / groups, kh, kw];
        const settings = { ...options, groups };
        return {
          text: `conv2d(·.reshape([${[n, c, h, w]}]), zeros([${filter}]), null, ${JSON.stringify(settings)})`,
          run: (x) => conv2d(x.reshape([n!, c!, h!, w!]), zeros(filter), null, settings),
        };
      },
  ),
  fc.tuple(fc.constantFrom("maxPool", "avgPool"), kernels, fc.boolean(), windows).map(
    ([name, kernel, ceilMode, { dilation: _, ...options }]): Wish =>
      () => {
        const settings = { ...options, ceilMode };
        const pool = name === "maxPool" ? maxPool : avgPool;
        return {
          text: `${name}(·, [${kernel}], ${JSON.stringify(settings)})`,
          run: (x) => pool(x, kernel, settings),
        };
      },
  ),
  fc.integer({ min: 1, max: 9 }).map(
    (outputs): Wish =>
      (shape) => {
        const weights = [shape.at(-1) ?? 1, outputs];
        return { text: `dense(·, zeros([${weights}]))`, run: (x) => dense(x, zeros(weights)) };
      },
  ),
);

const IMPORTS = 'import { avgPool, conv2d, dense, maxPool } from "@convgrad/layers";';

it("300 random programs have the shapes in their types that they have at run time", () => {
  const programs = fc.tuple(
    fc.array(upTo(12), { maxLength: 4 }),
    fc.array(steps, { minLength: 1, maxLength: 5 }),
  );
  const written = fc.sample(programs, { numRuns: 300, seed: 7 }).map(([shape, wishes]) => {
    let text = `zeros([${shape}])`;
    let x: Tensor = zeros(shape);
    for (const wish of wishes) {
      const step = wish(x.shape);
      try {
        x = step.run(x);
      } catch {
        continue;
      }
      if (x.size > 1e6) break;
      text = step.text.startsWith(".") ? text + step.text : step.text.replace("·", text);
    }
    return { text, shape: x.shape };
  });
  const lines = written.map(({ text }, i) => `const t${i} = ${text};`);
  const { mistakes, types } = check(
    ['import { zeros } from "@convgrad/core";', IMPORTS, ...lines].join("\n"),
  );
  expect(mistakes).toEqual([]);
  written.forEach(({ text, shape }, i) => {
    expect(types.get(`t${i}`), text).toBe(`Tensor<[${shape.join(", ")}]>`);
  });
});
