// Three trainings whose weights, and augmented images, must come to the same bits on every machine: run by Node
// (`node.ts`) and by a browser (`page.ts`) alike.

import * as cg from "convgrad";

/** Hashes of the weights after 200 steps each, and of images. */
export interface Bits {
  readonly augmented: string;
  readonly leNet: string;
  readonly everyLayer: string;
  readonly catalogue: string;
}

/** Every way a convolution can slide, every pool. */
class EveryLayer extends cg.Module {
  readonly wide = new cg.Conv2D(3, 12, 3, { padding: 1 });
  readonly winograd = new cg.Conv2D(12, 10, 3, { padding: "same" });
  readonly strided = new cg.Conv2D(10, 8, [3, 2], { stride: [2, 1], dilation: [1, 2] });
  readonly grouped = new cg.Conv2D(8, 8, 3, {
    groups: 4,
    padding: [
      [0, 1],
      [1, 0],
    ],
    flip: true,
  });
  readonly depthwise = new cg.Conv2D(8, 8, 3, { groups: 8, padding: 1, bias: false });
  readonly head = new cg.Dense(8, 10);

  forward(x: cg.Tensor): cg.Tensor {
    let y = cg.relu(this.wide.forward(x));
    y = cg.maxPool(this.winograd.forward(y), 3, { stride: 1, padding: 1 });
    y = this.strided.forward(cg.avgPool(y, 2, { ceilMode: true })).tanh();
    y = cg.lpPool(this.grouped.forward(y).sigmoid(), 2, [1, 2]);
    y = cg.globalAvgPool(this.depthwise.forward(y).exp());
    return this.head.forward(new cg.Flatten().forward(y));
  }
}

/** What came after: normalisations, residual blocks, transposed and separable filters, smooth activations, dropout. */
function catalogue(): cg.Sequential {
  const block = () => [
    new cg.Conv2D(12, 12, 3, { padding: 1, paddingMode: "reflect", bias: false }),
    new cg.BatchNorm2D(12),
  ];
  return new cg.Sequential(
    new cg.Conv2D(3, 12, 3, { padding: 1, bias: false }),
    new cg.BatchNorm2D(12),
    new cg.ReLU(),
    new cg.Residual(new cg.Sequential(...block(), new cg.SiLU(), ...block())),
    new cg.SeparableConv2D(12, 12, 5, { stride: 2, padding: 2 }),
    new cg.GroupNorm(3, 12),
    new cg.GELU(),
    new cg.Dropout2D(0.2),
    new cg.ConvTranspose2D(12, 8, 3, { stride: 2, padding: 1, groups: 2 }),
    new cg.PReLU(8),
    new cg.Upsample({ scale: 1.5, mode: "bilinear" }),
    new cg.ELU(),
    new cg.AdaptiveAvgPool([3, 2]),
    new cg.Flatten(),
    new cg.Dropout(0.1),
    new cg.Dense(48, 10),
  );
}

/** How a training goes. */
interface Course {
  readonly shape: readonly number[];
  readonly steps: number;
  readonly optimizer: (parameters: cg.Tensor[]) => cg.Optimizer;
  readonly beforeStep?: (model: cg.Module) => void;
  readonly afterStep?: () => void;
}

const momentum = (parameters: cg.Tensor[]) =>
  new cg.SGD(parameters, { lr: 0.02, momentum: 0.9, nesterov: true, weightDecay: 1e-4 });

async function train(model: cg.Module, course: Course): Promise<string> {
  const { shape, steps, beforeStep, afterStep } = course;
  const optimizer = course.optimizer(model.parameters());
  let last = Number.NaN;
  for (const step of cg.steps(steps)) {
    const images = cg.randn(shape);
    const labels = cg.rand([shape[0]!]).mul(10).to("int32");
    optimizer.zeroGrad();
    const loss = cg.crossEntropy(model.forward(images), labels, { labelSmoothing: 0.1 });
    loss.backward();
    beforeStep?.(model);
    optimizer.step();
    afterStep?.();
    if (step === steps - 1) last = loss.item();
  }
  // Equal hashes of NaN would prove nothing.
  const state = Object.values(model.stateDict());
  const weights = state.flatMap((weight) => [...weight.toTypedArray()]);
  if (![last, ...weights].every((x) => Number.isFinite(x)))
    throw new Error("the training went astray");
  return cg.weightsHash(state);
}

/** The catalogue's net with AdamW on a cosine, clipped. */
async function trainCatalogue(): Promise<string> {
  let schedule: cg.CosineAnnealingLR | undefined;
  return train(catalogue(), {
    shape: [4, 3, 15, 13],
    steps: 100,
    optimizer: (parameters) => {
      const optimizer = new cg.AdamW(parameters, { lr: 0.01, amsgrad: true });
      schedule = new cg.CosineAnnealingLR(optimizer, { tMax: 100 });
      return optimizer;
    },
    beforeStep: (model) => cg.clipGradNorm(model.parameters(), 1),
    afterStep: () => schedule?.step(),
  });
}

/** Two epochs of images through every transform, by the worker as soon as it is there. */
export async function augment(): Promise<string> {
  const [n, c, h, w] = [96, 3, 23, 17];
  const bytes = Uint8Array.from({ length: n * c * h * w }, (_, i) => (i * 2_654_435_761) >>> 24);
  const transform = [
    cg.randomCrop({ size: [22, 19], padding: [2, 3], paddingMode: "reflect" }),
    cg.randomHorizontalFlip(),
    cg.randomVerticalFlip(0.3),
    cg.randomRotation(30, { fill: 0.5 }),
    cg.normalize({ mean: [0.49, 0.48, 0.45], std: 0.25 }),
    cg.randomAffine({
      degrees: 15,
      translate: [0.1, 0.2],
      scale: [0.7, 1.4],
      shear: [-9, 9, -5, 5],
    }),
    cg.randomErasing({ value: [1, -1, 0.3] }),
  ];
  const images = cg.keep(cg.tensor(bytes, { shape: [n, c, h, w] }));
  const loader = new cg.DataLoader({ images }, { batch: 8, shuffle: true, seed: 5, transform });
  const seen: cg.Tensor[] = [];
  while (loader.epoch < 2) {
    for await (const batch of loader) {
      seen.push(cg.keep(batch.images));
      await new Promise((resolve) => setTimeout(resolve, 8));
    }
  }
  return cg.weightsHash(seen);
}

/** Trains the nets on the selected backend. */
export async function bits(): Promise<Bits> {
  const augmented = await augment();
  cg.manualSeed(1);
  const leNet = await train(cg.leNet5(), {
    shape: [32, 1, 28, 28],
    steps: 200,
    optimizer: momentum,
  });
  cg.manualSeed(2);
  const everyLayer = await train(new EveryLayer(), {
    shape: [4, 3, 15, 13],
    steps: 200,
    optimizer: momentum,
  });
  cg.manualSeed(3);
  return { augmented, leNet, everyLayer, catalogue: await trainCatalogue() };
}
