// What the compiler knows of shapes, by the published types; each line after an "expect" must not compile.
import {
  Conv2D,
  conv2d,
  crossEntropy,
  Dense,
  Flatten,
  leNet5,
  MaxPool,
  type Module,
  maxPool,
  ReLU,
  Sequential,
  type Tensor,
  tensor,
  zeros,
} from "convgrad";

const model: Sequential<[1, 28, 28], [10]> = Sequential.of(
  [1, 28, 28],
  new Conv2D(1, 6, 5, { padding: 2 }),
  new ReLU(),
  new MaxPool(2),
  new Conv2D(6, 16, [5, 5], { padding: "valid" }),
  new ReLU(),
  new MaxPool(2, { ceilMode: true }),
  new Flatten(),
  new Dense(400, 10),
);
const features: Sequential<[3, 8, 8], [16, 4, 4]> = Sequential.of(
  [3, 8, 8],
  new Conv2D(3, 16, 3, { stride: 2, padding: "same" }),
);
const logits: Tensor<[number, 10]> = model.forward(zeros([64, 1, 28, 28]));
const untyped: Tensor = tensor([1, 2, 3]);
model.forward(untyped);
const product: Tensor<[64, 5]> = zeros([64, 10]).matmul(zeros([10, 5]));
const unlike = [
  new Conv2D(8, 8, 3, { padding: 1 }),
  new Conv2D(8, 8, 3, { padding: 1, stride: 2 }),
];
const either: Tensor<[2, 8, 8, 8]> | Tensor<[2, 8, 4, 4]> = unlike[1]!.forward(zeros([2, 8, 8, 8]));
const plain: Conv2D[] = unlike;
const maybe: Tensor<[2, 8, 6 | 3, 6 | 3]> = new Conv2D(
  8,
  8,
  3,
  unlike.length > 2 ? { stride: 2 } : undefined,
).forward(zeros([2, 8, 8, 8]));
const ready: Sequential<[3, 28, 28], [10]> = leNet5({ channels: 3 });
const pooled: Tensor<[8, 6, 14, 14]> = maxPool(
  conv2d(zeros([8, 1, 28, 28]), zeros([6, 1, 5, 5]), null, { padding: "same" }),
  2,
);
const loss: Tensor<[]> = crossEntropy(logits, zeros([64], { dtype: "int32" }));
console.log(either.shape, maybe.shape, plain.length, ready.layers.length, pooled.shape, loss.shape);
const modules: Module[] = [model, features, new Conv2D(1, 6, 5)];
console.log(modules.length, logits.shape, product.shape);

// @ts-expect-error: layer 1, Dense: expects 576 inputs but receives 400
Sequential.of([16, 5, 5], new Flatten(), new Dense(576, 10));
// @ts-expect-error: three channels
model.forward(zeros([64, 3, 28, 28]));
// @ts-expect-error: inner sizes differ
zeros([2, 3]).matmul(zeros([2, 3]));
// @ts-expect-error: one of the two strides
const first: Tensor<[2, 8, 8, 8]> = unlike[0]!.forward(zeros([2, 8, 8, 8]));
// @ts-expect-error: another stride
const strided: Conv2D<8, 8, 3> = new Conv2D(8, 8, 3, { stride: 2 });
console.log(first.shape, strided.bias);
