// Two trainings whose weights must come to the same bits on every machine: run by Node (`node.ts`) and by a browser
// (`page.ts`) alike.

import * as cg from "convgrad";

/** Hashes of the weights after 200 steps each. */
export interface Bits {
  readonly leNet: string;
  readonly everyLayer: string;
}

function leNet(): cg.Sequential {
  return new cg.Sequential(
    new cg.Conv2D(1, 6, 5, { padding: 2 }),
    new cg.ReLU(),
    new cg.MaxPool(2),
    new cg.Conv2D(6, 16, 5),
    new cg.ReLU(),
    new cg.MaxPool(2),
    new cg.Flatten(),
    new cg.Dense(400, 120),
    new cg.ReLU(),
    new cg.Dense(120, 84),
    new cg.ReLU(),
    new cg.Dense(84, 10),
  );
}

/** Every layer there is, and every way a convolution can slide. */
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

async function train(model: cg.Module, shape: readonly number[], steps: number): Promise<string> {
  const optimizer = new cg.SGD(model.parameters(), {
    lr: 0.02,
    momentum: 0.9,
    nesterov: true,
    weightDecay: 1e-4,
  });
  let last = Number.NaN;
  for (const step of cg.steps(steps)) {
    const images = cg.randn(shape);
    const labels = cg.rand([shape[0]!]).mul(10).to("int32");
    optimizer.zeroGrad();
    const loss = cg.crossEntropy(model.forward(images), labels, { labelSmoothing: 0.1 });
    loss.backward();
    optimizer.step();
    if (step === steps - 1) last = loss.item();
  }
  // Equal hashes of NaN would prove nothing.
  const weights = model.parameters().flatMap((weight) => [...weight.toTypedArray()]);
  if (![last, ...weights].every((x) => Number.isFinite(x)))
    throw new Error("the training went astray");
  return cg.weightsHash(model.parameters());
}

/** Trains both nets on the selected backend. */
export async function bits(): Promise<Bits> {
  cg.manualSeed(1);
  const first = await train(leNet(), [32, 1, 28, 28], 200);
  cg.manualSeed(2);
  const second = await train(new EveryLayer(), [4, 3, 15, 13], 200);
  return { leNet: first, everyLayer: second };
}
