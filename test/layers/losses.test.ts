import {
  DTypeError,
  gradients,
  memory,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import { bce, bceWithLogits, crossEntropy, huber, l1, mse, nll, smoothL1 } from "@convgrad/layers";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../oracle/closeness.ts";

const f64 = (values: Parameters<typeof tensor>[0], requiresGrad = false) =>
  tensor(values, { dtype: "float64", requiresGrad });
const labels = (...values: number[]) => tensor(Int32Array.from(values));

/** The value of a loss and its gradient by the first input, as PyTorch computed them. */
function expectLoss(
  x: Tensor,
  lossOf: (x: Tensor) => Tensor,
  value: number[],
  gradient?: number[],
): void {
  const loss = lossOf(x);
  expectNumbers("loss", loss.toTypedArray(), value, { rtol: 1e-10, atol: 1e-14 });
  if (!gradient) return;
  const [g] = gradients(loss.sum(), [x]);
  expectNumbers("gradient", g!.toTypedArray(), gradient, { rtol: 1e-8, atol: 1e-11 });
}

describe("PyTorch's numbers", () => {
  const y = f64([0.5, -2, 3, 0.1], true);
  const t = f64([0.2, 1, 2.5, 0.1]);

  it("l1, huber and smoothL1", () => {
    expectLoss(y, (x) => l1(x, t), [0.95], [0.25, -0.25, 0.25, 0]);
    expectLoss(y, (x) => huber(x, t, { delta: 0.7 }), [0.50625], [0.075, -0.175, 0.125, 0]);
    expectLoss(y, (x) => smoothL1(x, t, { beta: 0.5 }), [0.7725], [0.15, -0.25, 0.25, 0]);
    expectLoss(y, (x) => l1(x, t, { reduction: "sum" }), [3.8]);
    expectLoss(y, (x) => huber(x, t, { reduction: "none" }), [0.045, 2.5, 0.125, 0]);
  });

  it("bceWithLogits, for logits of ±1000 too", () => {
    const x = f64(
      [
        [1000, -1000, 0.5],
        [-1000, 1000, -2],
      ],
      true,
    );
    const targets = f64([
      [1, 1, 0.25],
      [0, 0, 1],
    ]);
    expectLoss(
      x,
      (x) => bceWithLogits(x, targets),
      [333.829334166],
      [0, -0.166666666667, 0.0620765552003, 0, 0.166666666667, -0.146799512996],
    );
    const [weight, posWeight] = [f64([[1], [2]]), f64([3, 0.5, 2])];
    expectLoss(
      x,
      (x) => bceWithLogits(x, targets, { weight, posWeight, reduction: "sum" }),
      [2509.47530827],
      [0, -0.5, 0.278074164002, 0, 2, -3.52318831191],
    );
  });

  it("bce, with logarithms of at least −100 at 0 and 1", () => {
    const p = f64([0, 1, 0.3, 0, 1], true);
    const targets = f64([0, 1, 0.6, 1, 0]);
    expectLoss(
      p,
      (p) => bce(p, targets, { reduction: "none" }),
      [0, 0, 0.865053660171, 100, 100],
      [0, 0, -1.42857142857, -1.000000004e12, 1.000000004e12],
    );
    const weight = f64([2, 0.5]);
    expectLoss(f64([0.3, 0], true), (p) => bce(p, f64([0.6, 1]), { weight }), [25.8650536602]);
  });

  const logits = f64(
    [
      [1, 2, 0.5],
      [0.1, -1, 3],
      [0, 0, 1],
    ],
    true,
  );
  const truth = labels(1, 2, 0);
  const weight = f64([1, 2, 0.5]);

  it("nll", () => {
    const of = (options: Parameters<typeof nll>[2]) => (x: Tensor) =>
      nll(x.logSoftmax(1), truth, options);
    expectLoss(logits, of({}), [0.695529239]);
    expectLoss(logits, of({ weight, ignoreIndex: 2 }), [0.826727427383]);
    expectLoss(logits, of({ weight, reduction: "sum" }), [2.51556939163]);
    expectLoss(logits, of({ reduction: "none" }), [0.464368784108, 0.0707742189605, 1.55144471393]);
  });

  it("crossEntropy with weights, an ignored label and smoothing", () => {
    expectLoss(
      logits,
      (x) => crossEntropy(x, truth, { weight, ignoreIndex: 2, labelSmoothing: 0.2 }),
      [0.845945213976],
      [
        0.119081270769, -0.193675060482, 0.0745937897126, 0, 0, 0, -0.215886796821, 0.0285576476237,
        0.187329149197,
      ],
    );
  });

  it("crossEntropy where no label counts: NaN, and a gradient of 0", () => {
    const none = (x: Tensor) => crossEntropy(x, labels(2, 2, 2), { ignoreIndex: 2 });
    expectLoss(logits, none, [Number.NaN], new Array(9).fill(0));
  });

  it("crossEntropy of logits of −Infinity", () => {
    const never = Number.NEGATIVE_INFINITY;
    expectLoss(
      f64(
        [
          [never, 0, 1],
          [2, never, 0],
        ],
        true,
      ),
      (x) => crossEntropy(x, labels(1, 2)),
      [1.72009484928],
      [0, -0.365529289315, 0.365529289315, 0.440398538989, 0, -0.440398538989],
    );
  });

  it("crossEntropy of probabilities, as mixed images have them", () => {
    const soft = f64([
      [0.2, 0.8, 0],
      [0.5, 0.25, 0.25],
      [0, 0, 1],
    ]);
    expectLoss(
      logits,
      (x) => crossEntropy(x, soft),
      [1.245529239],
      [
        0.010407965874, -0.0571560935961, 0.046748127722, -0.149578798097, -0.0776452760045,
        0.227224074102, 0.0706471858724, 0.0706471858724, -0.141294371745,
      ],
    );
    expectLoss(
      logits,
      (x) => crossEntropy(x, soft, { weight, labelSmoothing: 0.1 }),
      [1.66850722729],
      [
        0.0627418340679, -0.138372193656, 0.0756303595884, -0.141816059518, -0.165799457488,
        0.307615517007, 0.0289222942166, 0.0178111831054, -0.046733477322,
      ],
    );
    expectLoss(
      logits,
      (x) => crossEntropy(x, soft, { weight, reduction: "none" }),
      [1.03586381139, 3.52962099633, 0.275722356966],
    );
  });
});

it("probabilities of 0 and 1 say what labels say, at positions too", () => {
  const x = f64(
    [
      [
        [1, 2],
        [0, -1],
        [3, 0.5],
      ],
    ],
    true,
  ); // [1, 3, 2]
  const oneHot = f64([
    [
      [0, 1],
      [0, 0],
      [1, 0],
    ],
  ]);
  for (const labelSmoothing of [0, 0.3])
    for (const reduction of ["mean", "sum", "none"] as const) {
      const options = { labelSmoothing, reduction };
      const hard = crossEntropy(x, tensor(Int32Array.from([2, 0]), { shape: [1, 2] }), options);
      const soft = crossEntropy(x, oneHot, options);
      expectNumbers("loss", soft.toTypedArray(), hard.toTypedArray(), { rtol: 1e-13, atol: 0 });
    }
});

it("the second derivative of huber is 1 at 0", () => {
  const x = f64([0], true);
  const [g] = gradients(huber(x, f64([0])), [x], { createGraph: true });
  expect(gradients(g!.sum(), [x])[0]!.item()).toBe(1);
});

it("bceWithLogits of logits of 0 has gradient σ(0) − t and second derivative ¼", () => {
  const x = f64([0], true);
  const [g] = gradients(bceWithLogits(x, f64([1])), [x], { createGraph: true });
  expect(g!.item()).toBe(-0.5);
  expect(gradients(g!.sum(), [x])[0]!.item()).toBe(0.25);
});

it("bceWithLogits keeps small losses in float32", () => {
  const loss = bceWithLogits(tensor([-20, 20]), tensor([0, 1]), { reduction: "none" });
  expectNumbers("loss", loss.toTypedArray(), [2.0611537e-9, 2.0611537e-9], { rtol: 1e-5, atol: 0 });
});

type Refusal = [string, () => unknown, new (...args: never[]) => Error, RegExp];
const two = () => zeros([2]);
it.each<Refusal>([
  [
    "l1 of other shapes",
    () => l1(two(), zeros([1, 2])),
    ShapeError,
    /l1: predictions \[2\] and targets \[1, 2\] differ; reshape one/,
  ],
  [
    "huber of integers",
    () => huber(labels(1), labels(1)),
    DTypeError,
    /predictions are int32.*\.to\("float32"\)/,
  ],
  [
    "mse of two types",
    () => mse(two(), f64([1, 2])),
    DTypeError,
    /targets float64; both must be floats of one type, convert with \.to\("float32"\)/,
  ],
  ["a list", () => l1([1] as never, two()), ValueError, /prediction must be a tensor/],
  [
    "an unknown reduction",
    () => l1(two(), two(), { reduction: "max" as never }),
    ValueError,
    /reduction "max" is unknown; use "mean", "sum", "none"/,
  ],
  [
    "halfSum elsewhere",
    () => huber(two(), two(), { reduction: "halfSum" as never }),
    ValueError,
    /"halfSum" is unknown/,
  ],
  [
    "δ = 0",
    () => huber(two(), two(), { delta: 0 }),
    ValueError,
    /delta is 0; it must be a number > 0/,
  ],
  ["NaN δ", () => huber(two(), two(), { delta: Number.NaN }), ValueError, /delta is NaN/],
  ["β < 0", () => smoothL1(two(), two(), { beta: -1 }), ValueError, /beta is -1/],
  [
    "logits for bce",
    () => bce(tensor([1.5]), tensor([1])),
    ValueError,
    /predictions must be from 0 to 1, not 1\.5; pass logits to bceWithLogits/,
  ],
  [
    "labels of 2 for bce",
    () => bce(tensor([0.5]), tensor([2])),
    ValueError,
    /targets must be from 0 to 1, not 2/,
  ],
  [
    "a weight that does not fit",
    () => bce(two(), two(), { weight: zeros([3]) }),
    ShapeError,
    /weight \[3\] does not broadcast to the predictions \[2\]/,
  ],
  [
    "a weight of another type",
    () => bceWithLogits(two(), two(), { weight: f64([1]) }),
    DTypeError,
    /weight is float64, the predictions float32; convert it/,
  ],
  [
    "a posWeight of higher rank",
    () => bceWithLogits(two(), two(), { posWeight: zeros([1, 2]) }),
    ShapeError,
    /posWeight \[1, 2\] does not broadcast/,
  ],
  [
    "a posWeight that is a number",
    () => bceWithLogits(two(), two(), { posWeight: 3 as never }),
    ValueError,
    /posWeight must be a tensor, not 3/,
  ],
  [
    "other labels for nll",
    () => nll(zeros([2, 3]), labels(0)),
    ShapeError,
    /nll: logits \[2, 3\] want labels \[2\]/,
  ],
  [
    "a class too many for nll",
    () => nll(zeros([1, 3]), labels(3)),
    ValueError,
    /label 3 is out of range/,
  ],
  [
    "weights of other classes",
    () => nll(zeros([1, 3]), labels(0), { weight: zeros([2]) }),
    ShapeError,
    /weight \[2\] must be \[3\]/,
  ],
  [
    "weights of another type",
    () => crossEntropy(zeros([1, 3]), labels(0), { weight: f64([1, 1, 1]) }),
    DTypeError,
    /weight is float64/,
  ],
  [
    "weights in an array",
    () => crossEntropy(zeros([1, 3]), labels(0), { weight: [1, 1, 1] as never }),
    ValueError,
    /weight must be a tensor/,
  ],
  [
    "a fractional ignoreIndex",
    () => nll(zeros([1, 3]), labels(0), { ignoreIndex: 0.5 }),
    ValueError,
    /ignoreIndex is 0\.5; it must be a whole number/,
  ],
  [
    "NaN smoothing",
    () => crossEntropy(zeros([1, 3]), labels(0), { labelSmoothing: Number.NaN }),
    ValueError,
    /labelSmoothing NaN must be a finite number from 0 to 1/,
  ],
  [
    "an ignoreIndex for probabilities",
    () => crossEntropy(zeros([1, 3]), zeros([1, 3]), { ignoreIndex: 0 }),
    ValueError,
    /ignoreIndex is for labels, and these are probabilities; leave it out/,
  ],
  [
    "probabilities of other shapes",
    () => crossEntropy(zeros([1, 3]), zeros([1, 2])),
    ShapeError,
    /predictions \[1, 3\] and targets \[1, 2\] differ/,
  ],
])("refuses %s", (_, call, kind, message) => {
  const before = memory().tensors;
  expect(() => scope(call)).toThrow(kind);
  expect(() => scope(call)).toThrow(message);
  expect(memory().tensors).toBe(before);
});
