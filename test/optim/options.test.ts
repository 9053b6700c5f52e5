import { type Tensor, tensor, ValueError } from "@convgrad/core";
import {
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  clipGradNorm,
  ExponentialLR,
  ExponentialMovingAverage,
  LinearWarmup,
  MultiStepLR,
  OneCycleLR,
  PolynomialLR,
  ReduceLROnPlateau,
  SequentialLR,
  SGD,
  StepLR,
} from "@convgrad/optim";
import { expect, it } from "vitest";

const w = (): Tensor => tensor([1], { requiresGrad: true });
const sgd = () => new SGD([w()], { lr: 0.1, momentum: 0.9 });

it.each<[string, (options: never) => unknown]>([
  ["StepLR", (o) => new StepLR(sgd(), o)],
  ["MultiStepLR", (o) => new MultiStepLR(sgd(), o)],
  ["ExponentialLR", (o) => new ExponentialLR(sgd(), o)],
  ["LinearWarmup", (o) => new LinearWarmup(sgd(), o)],
  ["PolynomialLR", (o) => new PolynomialLR(sgd(), o)],
  ["CosineAnnealingLR", (o) => new CosineAnnealingLR(sgd(), o)],
  ["CosineAnnealingWarmRestarts", (o) => new CosineAnnealingWarmRestarts(sgd(), o)],
  ["OneCycleLR", (o) => new OneCycleLR(sgd(), o)],
  ["ReduceLROnPlateau", (o) => new ReduceLROnPlateau(sgd(), o)],
  [
    "SequentialLR",
    (o) => {
      const optimizer = sgd();
      return new SequentialLR(optimizer, [new LinearWarmup(optimizer)], o);
    },
  ],
  ["clipGradNorm", (o) => clipGradNorm([], 1, o)],
  ["ExponentialMovingAverage", (o) => new ExponentialMovingAverage([w()], o)],
])("%s refuses an option that does not exist, and options that are no object", (name, call) => {
  const refused = (options: unknown, message: string) => {
    expect(() => call(options as never)).toThrow(ValueError);
    expect(() => call(options as never)).toThrow(`${name}: ${message}`);
  };
  refused({ gama: 0.5 }, 'no option "gama"; known: ');
  refused(null, "the options are null; pass them by name: { ");
  refused(3, "the options are 3; pass them by name: { ");
});

it("a group's change() refuses what holds no settings", () => {
  const change = () => sgd().groups[0]!.change(null as never);
  expect(change).toThrow(ValueError);
  expect(change).toThrow(/SGD: the settings are null; pass those that change, as \{ lr: 0.01 \}/);
});
