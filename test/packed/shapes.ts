// What the compiler knows of shapes, by the published types; each line after an "expect" must not compile.
import {
  Conv2D,
  Dense,
  Flatten,
  MaxPool,
  type Module,
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
const modules: Module[] = [model, features, new Conv2D(1, 6, 5)];
console.log(modules.length, logits.shape, product.shape);

// @ts-expect-error: layer 1, Dense: expects 576 inputs but receives 400
Sequential.of([16, 5, 5], new Flatten(), new Dense(576, 10));
// @ts-expect-error: three channels
model.forward(zeros([64, 3, 28, 28]));
// @ts-expect-error: inner sizes differ
zeros([2, 3]).matmul(zeros([2, 3]));
