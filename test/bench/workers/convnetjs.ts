import { createRequire } from "node:module";
import { join } from "node:path";
import { batchOf, channelsLast, parametersOf } from "../generator.ts";
import type { Case } from "../protocol.ts";
import { inputShapes, type LayerSpec, type Workload } from "../workloads.ts";
import { type Prepared, serve } from "./serve.ts";

// The little of ConvNetJS that is used here; it has no types of its own.
interface Volume {
  w: Float64Array | Float32Array;
}
interface Layer {
  readonly layer_type: string;
  readonly filters: Volume[];
  readonly biases: Volume;
}
interface Net {
  readonly layers: Layer[];
  makeLayers(definitions: object[]): void;
  forward(x: Volume): Volume;
}
interface ConvNetJS {
  readonly Net: new () => Net;
  readonly Vol: new (sx: number, sy: number, depth: number, c: number) => Volume;
  readonly Trainer: new (
    net: Net,
    options: object,
  ) => { train(x: Volume, label: number): { loss: number } };
}

function definitionOf(layer: LayerSpec, isLast: boolean): object[] {
  switch (layer.kind) {
    case "conv": {
      const { kernel, filters, padding } = layer;
      return [{ type: "conv", sx: kernel, filters, stride: 1, pad: padding }];
    }
    case "dense": // the last one is implied by softmax
      return isLast
        ? [{ type: "softmax", num_classes: layer.outputs }]
        : [{ type: "fc", num_neurons: layer.outputs }];
    case "relu":
      return [{ type: "relu" }];
    case "maxPool":
      return [{ type: "pool", sx: 2, stride: 2 }];
    case "flatten":
      return [];
  }
}

/** Sets the first weights; ConvNetJS keeps channels last everywhere. */
function setWeights(net: Net, workload: Workload): void {
  const { layers } = workload;
  const learned = net.layers.filter(({ layer_type }) => /^(conv|fc)$/.test(layer_type));
  const values = parametersOf(workload);
  const shapes = inputShapes(workload);
  let next = 0;
  layers.forEach((layer, i) => {
    if (layer.kind !== "conv" && layer.kind !== "dense") return;
    const { filters, biases } = learned[next++]!;
    const { weight, bias } = values[i]!;
    const before = layers[i - 1]?.kind === "flatten" ? shapes[i - 1]! : shapes[i]!;
    const cells = layer.kind === "conv" ? layer.kernel ** 2 : before[1] * before[2];
    const moved = channelsLast(weight, before[0], cells);
    const size = moved.length / filters.length;
    filters.forEach((filter, o) => {
      filter.w.set(moved.subarray(o * size, (o + 1) * size));
    });
    biases.w.set(bias);
  });
}

function step(convnetjs: ConvNetJS, workload: Workload, batch: number): Prepared {
  const [c, h, w] = workload.image;
  const data = batchOf(workload, batch);
  const images = channelsLast(data.images, c, h * w);
  const volumes = Array.from({ length: batch }, (_, i) => {
    const volume = new convnetjs.Vol(w, h, c, 0);
    volume.w.set(images.subarray(i * c * h * w, (i + 1) * c * h * w));
    return volume;
  });
  const labels = [...data.labels];
  const net = new convnetjs.Net();
  net.makeLayers([
    { type: "input", out_sx: w, out_sy: h, out_depth: c },
    ...workload.layers.flatMap((layer, i) => definitionOf(layer, i === workload.layers.length - 1)),
  ]);
  const make = () =>
    new convnetjs.Trainer(net, { learning_rate: 0.05, momentum: 0.9, batch_size: batch });
  let trainer: ReturnType<typeof make>;
  return {
    reset() {
      setWeights(net, workload);
      trainer = make();
    },
    run() {
      let loss = 0;
      volumes.forEach((volume, i) => {
        loss += trainer.train(volume, labels[i]!).loss / batch;
      });
      return loss;
    },
  };
}

await serve(async ({ peers }) => {
  const load = createRequire(join(peers, "package.json"));
  const convnetjs = load("convnetjs") as ConvNetJS;
  const { version } = load("convnetjs/package.json") as { version: string };
  return {
    info: () => ({ name: "ConvNetJS", version, threads: 1, engine: "JavaScript, float64" }),
    prepare(what: Case) {
      if (what.kind === "step") return step(convnetjs, what.workload, what.batch);
      throw new Error(`ConvNetJS is measured in steps only, not in ${what.kind}`);
    },
  };
});
