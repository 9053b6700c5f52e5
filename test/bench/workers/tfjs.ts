import { createRequire } from "node:module";
import { join } from "node:path";
import { batchOf, channelsLast, type LayerValues, parametersOf, transposed } from "../generator.ts";
import type { Case } from "../protocol.ts";
import { type ConvSpec, type DenseSpec, inputShapes, type Workload } from "../workloads.ts";
import { type Prepared, serve } from "./serve.ts";

// The little of TensorFlow.js that is used here; the project does not depend on its types.
interface Tensor {
  readonly shape: number[];
  dataSync(): Float32Array;
}
interface Fused {
  conv2d(options: object): Tensor;
  matMul(options: object): Tensor;
}
interface TensorFlow {
  readonly fused: Fused;
  readonly version_core: string;
  tensor(values: Float32Array, shape: number[]): Tensor;
  maxPool(x: Tensor, size: number, strides: number, pad: "valid"): Tensor;
  reshape(x: Tensor, shape: number[]): Tensor;
  tidy<T>(fn: () => T): T;
  setBackend(name: string): Promise<boolean>;
}

type Stage = (x: Tensor) => Tensor;

/** The layers that do something, each fused with its bias and ReLU; channels last, as TensorFlow.js wants them. */
function stagesOf(tf: TensorFlow, workload: Workload): Stage[] {
  const values = parametersOf(workload);
  const shapes = inputShapes(workload);
  return workload.layers.flatMap((layer, i): Stage[] => {
    const activation = workload.layers[i + 1]?.kind === "relu" ? "relu" : "linear";
    switch (layer.kind) {
      case "conv":
        return [conv(tf, layer, values[i]!, activation)];
      case "dense": {
        const flattens = workload.layers[i - 1]?.kind === "flatten";
        const seen = flattens ? shapes[i - 1]! : shapes[i]!;
        return [dense(tf, layer, values[i]!, seen, activation)];
      }
      case "maxPool":
        return [(x) => tf.maxPool(x, 2, 2, "valid")];
      case "flatten":
        return [(x) => tf.reshape(x, [x.shape[0]!, -1])];
      default: // ReLU is fused with the layer before
        return [];
    }
  });
}

function conv(tf: TensorFlow, spec: ConvSpec, values: LayerValues, activation: string): Stage {
  const { channels, filters, kernel, padding: pad } = spec;
  const last = channelsLast(values.weight, channels, kernel ** 2); // [O, kh, kw, C]
  const filter = tf.tensor(transposed(last, filters), [kernel, kernel, channels, filters]);
  const bias = tf.tensor(values.bias, [filters]);
  return (x) => tf.fused.conv2d({ x, filter, strides: 1, pad, bias, activation });
}

function dense(
  tf: TensorFlow,
  spec: DenseSpec,
  values: LayerValues,
  [c, h, w]: readonly [number, number, number],
  activation: string,
): Stage {
  const rows = channelsLast(values.weight, c, h * w);
  const b = tf.tensor(transposed(rows, spec.outputs), [spec.inputs, spec.outputs]);
  const bias = tf.tensor(values.bias, [spec.outputs]);
  return (a) => tf.fused.matMul({ a, b, bias, activation });
}

function forward(tf: TensorFlow, workload: Workload, batch: number): Prepared {
  const [c, h, w] = workload.image;
  const images = channelsLast(batchOf(workload, batch).images, c, h * w);
  const input = tf.tensor(images, [batch, h, w, c]);
  const stages = stagesOf(tf, workload);
  const logits = () => stages.reduce((x, stage) => stage(x), input);
  return { run: () => tf.tidy(() => logits().dataSync()[0]!) };
}

await serve(async ({ peers }) => {
  const load = createRequire(join(peers, "package.json"));
  const tf = load("@tensorflow/tfjs-core") as TensorFlow;
  load("@tensorflow/tfjs-backend-cpu"); // what the wasm backend builds on
  load("@tensorflow/tfjs-backend-wasm");
  if (!(await tf.setBackend("wasm"))) throw new Error("the wasm backend does not start");
  return {
    info: () => ({
      name: "tfjs-wasm",
      version: tf.version_core,
      threads: 1,
      engine: "XNNPACK in WebAssembly",
    }),
    prepare(what: Case) {
      if (what.kind === "forward") return forward(tf, what.workload, what.batch);
      throw new Error(`tfjs-wasm is measured forward only, not in ${what.kind}`);
    },
  };
});
