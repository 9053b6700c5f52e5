// Shapes that the compiler follows: open this file in an editor, hover the names, and change a number.
import * as cg from "convgrad";

cg.manualSeed(1);

// Sequential<[1, 28, 28], [16, 5, 5]>
const features = cg.Sequential.of(
  [1, 28, 28],
  new cg.Conv2D(1, 6, 5, { padding: 2 }),
  new cg.ReLU(),
  new cg.MaxPool(2),
  new cg.Conv2D(6, 16, 5),
  new cg.ReLU(),
  new cg.MaxPool(2),
);

// What is the input size of the first Dense layer? Write 1, and the editor answers:
// layer 2, Dense: expects 1 inputs but receives 400 ([16, 5, 5] flattened); write new Dense(400, 120)
const model = cg.Sequential.of(
  [1, 28, 28],
  features,
  new cg.Flatten(),
  new cg.Dense(400, 120),
  new cg.ReLU(),
  new cg.Dense(120, 10),
);

const images = cg.rand([64, 1, 28, 28]);
const logits: cg.Tensor<[number, 10]> = model.forward(images);
const probabilities = logits.softmax(1); // Tensor<[number, 10]>
const mean = probabilities.mean(0); // Tensor<[10]>

console.log(String(model.summary([1, 28, 28])));
console.log(
  `the mean of 64 predictions: ${mean.shape} numbers that sum to ${mean.sum().item().toFixed(3)}`,
);
