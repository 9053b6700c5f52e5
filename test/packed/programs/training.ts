// A user's training, short: what it ran on, and what it came to.

import {
  backendInfo,
  Conv2D,
  crossEntropy,
  Dense,
  Flatten,
  keep,
  MaxPool,
  manualSeed,
  ReLU,
  rand,
  randn,
  Sequential,
  SGD,
  scope,
  steps,
  weightsHash,
} from "convgrad";

/** What {@link train} says when it is through. */
export interface Report {
  readonly name: string;
  readonly threads: number;
  readonly trouble: string | null;
  readonly fallbacks: readonly string[];
  readonly first: number;
  readonly last: number;
  /** Hash of the weights: the same on every machine. */
  readonly weights: string;
}

/** 20 steps of a small net that learns 32 random pictures by heart. */
export async function train(): Promise<Report> {
  manualSeed(1);
  const model = new Sequential(
    new Conv2D(1, 8, 3, { padding: "same" }),
    new ReLU(),
    new Conv2D(8, 8, 3, { padding: "same" }),
    new ReLU(),
    new MaxPool(2),
    new Flatten(),
    new Dense(8 * 6 * 6, 10),
  );
  const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
  const [images, labels] = scope(() =>
    [randn([32, 1, 12, 12]), rand([32]).mul(10).to("int32")].map(keep),
  ) as [ReturnType<typeof randn>, ReturnType<typeof randn>];
  const losses: number[] = [];
  for (const _ of steps(20)) {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(images), labels);
    loss.backward();
    optimizer.step();
    losses.push(loss.item());
  }
  const { name, threads, trouble, fallbacks } = backendInfo();
  return {
    name,
    threads,
    trouble,
    fallbacks: fallbacks.map((fallback) => `${fallback.name}: ${fallback.reason}`),
    first: losses[0]!,
    last: losses.at(-1)!,
    weights: await weightsHash(model.parameters()),
  };
}
