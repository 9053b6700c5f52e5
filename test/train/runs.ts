import { manualSeed, randn, type Tensor, tensor } from "@convgrad/core";
import { DataLoader } from "@convgrad/data";
import { Conv2D, crossEntropy, Dense, Flatten, MaxPool, ReLU, Sequential } from "@convgrad/layers";
import { SGD } from "@convgrad/optim";
import {
  type EpochRecord,
  evaluate,
  type Inspection,
  inspect,
  type RunHistory,
  weightsHash,
} from "@convgrad/train";

/** Names that try to break out of a page. */
export const HOSTILE = [
  "</script><script>globalThis.broken = 1</script>",
  '"><img src=x onerror="globalThis.broken = 2">',
  "</style>&lt;\u2028'`$<!--",
];

/** Images of three kinds: brighter above, below, or nowhere. */
export function threeKinds(samples: number, channels = 1): { images: Tensor; labels: Tensor } {
  manualSeed(3);
  const labels = Int32Array.from({ length: samples }, (_, i) => i % 3);
  const rows = Float32Array.from({ length: samples * channels * 64 }, (_, at) => {
    const label = labels[Math.floor(at / (channels * 64))];
    const row = Math.floor((at % 64) / 8);
    return (label === 0 && row < 4) || (label === 1 && row >= 4) ? 0.6 : 0.2;
  });
  const noise = randn([samples, channels, 8, 8]).mul(0.1);
  const images = tensor(rows, { shape: [samples, channels, 8, 8] }).add(noise);
  return { images, labels: tensor(labels) };
}

export function smallNet(channels = 1): Sequential {
  return new Sequential(
    new Conv2D(channels, 4, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool(2),
    new Conv2D(4, 5, 3, { padding: 1 }),
    new Flatten(),
    new Dense(80, 3),
  );
}

/** A small run, as a hand-written loop records it. */
export async function smallRun(classes?: readonly string[]): Promise<{
  readonly history: RunHistory;
  readonly inspection: Inspection;
}> {
  const data = threeKinds(48);
  const model = smallNet();
  const optimizer = new SGD(model.parameters(), { lr: 0.02, momentum: 0.9 });
  const loader = new DataLoader(data, { batch: 8, shuffle: true, seed: 1 });
  const steps = {
    step: [] as number[],
    loss: [] as number[],
    accuracy: [] as number[],
    lr: [] as number[],
  };
  const gradients = {
    step: [] as number[],
    layers: { "0 Conv2D": [] as number[], "5 Dense": [] as number[] },
  };
  const epochs: EpochRecord[] = [];
  for (let epoch = 1; epoch <= 2; epoch++) {
    for await (const { images, labels } of loader) {
      optimizer.zeroGrad();
      const loss = crossEntropy(model.forward(images), labels);
      loss.backward();
      optimizer.step();
      steps.step.push(steps.step.length + 1);
      steps.loss.push(loss.item());
      steps.accuracy.push(0.5);
      steps.lr.push(0.02);
      gradients.step.push(steps.step.length);
      for (const norms of Object.values(gradients.layers)) norms.push(1 / steps.step.length);
    }
    const { loss, accuracy } = await evaluate(model, loader);
    epochs.push({
      epoch,
      step: steps.step.length,
      loss: steps.loss.at(-1)!,
      accuracy: 0.5,
      lr: 0.02,
      seconds: 1.5,
      validation: { loss, accuracy },
      weightsHash: await weightsHash(model.parameters()),
    });
  }
  const inspection = await inspect(model, [data], { ...(classes && { classes }) });
  return { history: { steps, gradients, epochs, warnings: [] }, inspection };
}
