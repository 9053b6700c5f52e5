import { createRequire } from "node:module";
import * as cg from "convgrad";
import { batchOf, parametersOf, transposed, uniformArray } from "../generator.ts";
import type { Case, WorkerSettings } from "../protocol.ts";
import type { LayerSpec, Workload } from "../workloads.ts";
import { peakGflops } from "./peak.ts";
import { type Prepared, serve } from "./serve.ts";

type CaseOf<K extends Case["kind"]> = Extract<Case, { kind: K }>;

/** Operations in one timed scope. */
const OPERATIONS = 1_000;

function layerOf(layer: LayerSpec): cg.Module {
  switch (layer.kind) {
    case "conv":
      return new cg.Conv2D(layer.channels, layer.filters, layer.kernel, {
        padding: layer.padding,
      });
    case "dense":
      return new cg.Dense(layer.inputs, layer.outputs);
    case "relu":
      return new cg.ReLU();
    case "maxPool":
      return new cg.MaxPool(2);
    case "flatten":
      return new cg.Flatten();
  }
}

function stateOf(workload: Workload): cg.StateDict {
  const values = parametersOf(workload);
  const entries = workload.layers.flatMap((layer, i): [string, cg.Tensor][] => {
    if (layer.kind !== "conv" && layer.kind !== "dense") return [];
    const { weight, bias } = values[i]!;
    const w =
      layer.kind === "conv"
        ? cg.tensor(weight, { shape: [layer.filters, layer.channels, layer.kernel, layer.kernel] })
        : cg.tensor(transposed(weight, layer.outputs), { shape: [layer.inputs, layer.outputs] });
    return [
      [`${i}.weight`, w],
      [`${i}.bias`, cg.tensor(bias)],
    ];
  });
  return Object.fromEntries(entries);
}

function network(workload: Workload, batch: number) {
  const model = new cg.Sequential(...workload.layers.map(layerOf));
  const { images, labels } = batchOf(workload, batch);
  return {
    model,
    first: stateOf(workload),
    x: cg.tensor(images, { shape: [batch, ...workload.image] }),
    labels: cg.tensor(labels),
  };
}

/** Steps in a part of an epoch. */
const STEPS = 100;

function epoch({ workload, batch, from }: CaseOf<"epoch">): Prepared {
  const { model, first } = network(workload, batch);
  const n = STEPS * batch;
  const data = batchOf(workload, n);
  const bytes = Uint8Array.from(data.images, (value) => 256 * value);
  const images = cg.tensor(bytes, { shape: [n, ...workload.image] });
  const labels = cg.tensor(data.labels);
  const turned = cg.randomAffine({ degrees: 10, translate: [0.1, 0.1], scale: [0.9, 1.1] });
  const transform = [turned, cg.normalize({ mean: 0.5, std: 0.29 })];
  const loader = new cg.DataLoader({ images, labels }, { batch, seed: 1, transform });
  const augmented = cg.applyTransforms(images, transform, { seed: 1 });
  const ready = cg.split(augmented, batch).map((x) => x.clone());
  const labelsOf = cg.split(labels, batch).map((y) => y.clone());
  let optimizer: cg.SGD;
  const train = (x: cg.Tensor, labels: cg.Tensor) => {
    optimizer.zeroGrad();
    const loss = cg.crossEntropy(model.forward(x), labels);
    loss.backward();
    optimizer.step();
    return loss.item();
  };
  return {
    operations: STEPS,
    reset() {
      model.loadStateDict(first);
      optimizer = new cg.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
    },
    async run() {
      let loss = Number.NaN;
      loader.epoch = 0; // the same images again
      if (from === "tensors") {
        for (const [k, x] of ready.entries()) loss = cg.scope(() => train(x, labelsOf[k]!));
      } else {
        for await (const { images: x, labels: y } of loader) loss = train(x, y);
      }
      return loss;
    },
  };
}

function step({ workload, batch }: CaseOf<"step">): Prepared {
  const { model, first, x, labels } = network(workload, batch);
  let optimizer: cg.SGD;
  return {
    reset() {
      model.loadStateDict(first);
      optimizer = new cg.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
    },
    run: () =>
      cg.scope(() => {
        optimizer.zeroGrad();
        const loss = cg.crossEntropy(model.forward(x), labels);
        loss.backward();
        optimizer.step();
        return loss.item();
      }),
  };
}

function forward({ workload, batch }: CaseOf<"forward">): Prepared {
  const { model, first, x } = network(workload, batch);
  model.loadStateDict(first);
  return { run: () => cg.scope(() => cg.noGrad(() => model.forward(x).toTypedArray()[0]!)) };
}

/** Reads an element: a product is computed when it is needed, not before. */
function computed(y: cg.Tensor): number {
  return y.reshape([-1]).slice([0], [1]).item();
}

function conv({ conv, size, pass, batch }: CaseOf<"conv">): Prepared {
  const { channels, filters, kernel, padding } = conv;
  const make = (stream: number, shape: number[], requiresGrad = false) =>
    cg.tensor(uniformArray(stream, cg.sizeOf(shape)), { shape, requiresGrad });
  const x = make(0, [batch, channels, size, size], pass === "dX");
  const w = make(1, [filters, channels, kernel, kernel], pass === "dW");
  const run = () => cg.conv2d(x, w, null, { padding });
  if (pass === "forward") return { run: () => cg.scope(() => computed(run())) };
  const y = run();
  const gradient = make(2, [...y.shape]);
  const options = { gradient, retainGraph: true };
  const target = pass === "dX" ? x : w;
  return { run: () => cg.scope(() => void cg.gradients(y, [target], options)) };
}

function layer({ layer, shape }: CaseOf<"layer">): Prepared {
  const c = shape[1]!;
  const x = cg.tensor(uniformArray(0, cg.sizeOf(shape)), { shape, requiresGrad: true });
  const model =
    layer.kind === "batchNorm"
      ? new cg.BatchNorm2D(c)
      : new cg.Conv2D(c, c, layer.kernel, {
          stride: layer.stride,
          padding: layer.kernel >> 1,
          groups: c,
        });
  const { shape: out } = cg.scope(() => model.forward(x));
  const gradient = cg.tensor(uniformArray(2, cg.sizeOf(out)), { shape: out });
  return {
    run: () =>
      cg.scope(() => {
        for (const leaf of [x, ...model.parameters()]) leaf.grad = null;
        model.forward(x).backward(gradient);
        return undefined;
      }),
  };
}

function adam({ workload }: CaseOf<"adam">): Prepared {
  const model = new cg.Sequential(...workload.layers.map(layerOf));
  const parameters = model.parameters();
  parameters.forEach((w, i) => {
    w.grad = cg.tensor(uniformArray(i, w.size), { shape: w.shape });
  });
  const optimizer = new cg.Adam(parameters);
  return {
    run: () =>
      cg.scope(() => {
        optimizer.step();
        return undefined;
      }),
  };
}

function gemm({ n }: CaseOf<"gemm">): Prepared {
  const a = cg.tensor(uniformArray(0, n * n), { shape: [n, n] });
  const b = cg.tensor(uniformArray(1, n * n), { shape: [n, n] });
  return { run: () => cg.scope(() => computed(cg.matmul(a, b))) };
}

function operation({ op, size }: CaseOf<"op">): Prepared {
  const a = cg.tensor(uniformArray(0, size));
  const b = cg.tensor(uniformArray(1, size));
  const one = op === "add" ? () => a.add(b) : () => a.relu();
  return {
    operations: OPERATIONS,
    run: () =>
      cg.scope(() => {
        for (let i = 0; i < OPERATIONS; i++) one();
        return undefined;
      }),
  };
}

function prepare(what: Case): Prepared {
  switch (what.kind) {
    case "step":
      return step(what);
    case "epoch":
      return epoch(what);
    case "forward":
      return forward(what);
    case "conv":
      return conv(what);
    case "layer":
      return layer(what);
    case "adam":
      return adam(what);
    case "gemm":
      return gemm(what);
    case "op":
      return operation(what);
  }
}

await serve(async ({ backend, threads, winograd }: WorkerSettings) => {
  const options = { backend, winograd, ...(threads && { threads }) }; // no Winograd: ignored
  await cg.init(options);
  return {
    info() {
      const { name, threads } = cg.backendInfo();
      const { version } = createRequire(import.meta.url)("convgrad/package.json") as {
        version: string;
      };
      return { name: "convgrad", version, threads, engine: name };
    },
    prepare,
    peak: peakGflops,
  };
});
