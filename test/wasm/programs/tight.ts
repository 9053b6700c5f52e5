// Trains with whatever backend starts where memory is scarce; prints which one, why, and the loss.
import { backendInfo, memory, randn, scope, tensor } from "@convgrad/core";
import { Conv2D, crossEntropy, Dense, Flatten, MaxPool, ReLU, Sequential } from "@convgrad/layers";
import { SGD } from "@convgrad/optim";
import "@convgrad/wasm";

const model = new Sequential(
  new Conv2D(1, 4, 3),
  new ReLU(),
  new MaxPool(2),
  new Flatten(),
  new Dense(4 * 3 * 3, 10),
);
const optimizer = new SGD(model.parameters(), { lr: 0.1 });
const [images, labels] = [randn([8, 1, 8, 8]), tensor(Int32Array.from({ length: 8 }, (_, i) => i))];
const before = memory().tensors;
const losses: number[] = [];
for (let step = 0; step < 3; step++) {
  scope(() => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(images), labels);
    loss.backward();
    optimizer.step();
    losses.push(loss.item());
  });
}
scope(() => optimizer.zeroGrad());
const { name, fallbacks } = backendInfo();
process.stdout.write(JSON.stringify({ name, fallbacks, losses, left: memory().tensors - before }));
