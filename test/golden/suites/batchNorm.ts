import { gradients, noGrad, type Tensor } from "@convgrad/core";
import { BatchNorm2D } from "@convgrad/layers";
import { expect } from "vitest";
import { expectClose, type GoldenTensor, type NamedCase, toTensor } from "../format.ts";
import { plan, type Runner, type Suite } from "../suite.ts";

type Named<T> = Readonly<Record<string, T>>;

interface BatchNormCase extends NamedCase {
  readonly config: {
    readonly mode: "train" | "eval";
    readonly affine: boolean;
    readonly track_running_stats: boolean;
    readonly eps: number;
    readonly momentum: number | null;
  };
  readonly inputs: Named<GoldenTensor>;
  readonly outputs: { readonly y: GoldenTensor };
  readonly running_after_each_forward: readonly {
    readonly running_mean: GoldenTensor;
    readonly running_var: GoldenTensor;
    readonly num_batches_tracked: number;
  }[];
  readonly upstream: { readonly y: GoldenTensor };
  readonly grads: Named<GoldenTensor>;
}

/** The batches in order: running statistics after each, output and gradients of the last. */
const batches: Runner<BatchNormCase> = ({ config, inputs, ...expected }, float, tolerance) => {
  const layer = new BatchNorm2D(inputs.x!.shape[1]!, {
    epsilon: config.eps,
    momentum: config.momentum,
    affine: config.affine,
    trackRunningStatistics: config.track_running_stats,
  }).to(float);
  const given: [Tensor | null, GoldenTensor | undefined][] = [
    [layer.weight, inputs.weight],
    [layer.bias, inputs.bias],
    [layer.runningMean, inputs.running_mean],
    [layer.runningVar, inputs.running_var],
  ];
  for (const [tensor, values] of given) {
    expect(tensor === null).toBe(values === undefined);
    if (tensor && values) noGrad(() => tensor.assign(toTensor(values, float)));
  }
  if (config.mode === "eval") layer.eval();

  const earlier = Object.keys(inputs).filter((name) => name.startsWith("x_before_"));
  const xs = [...earlier, "x"].map((name) => toTensor(inputs[name]!, float, true));
  const ys = xs.map((x, i) => {
    const y = layer.forward(x);
    const running = expected.running_after_each_forward[i];
    if (running) {
      expectClose("running mean", layer.runningMean!, running.running_mean, tolerance);
      expectClose("running variance", layer.runningVar!, running.running_var, tolerance);
      expect(layer.batchesTracked!.item()).toBe(running.num_batches_tracked);
    }
    return y;
  });

  const y = ys.at(-1)!;
  expectClose("y", y, expected.outputs.y, tolerance);
  const of: Named<Tensor | null> = { x: xs.at(-1)!, weight: layer.weight, bias: layer.bias };
  const names = Object.keys(expected.grads);
  const found = gradients(
    y,
    names.map((name) => of[name]!),
    { gradient: toTensor(expected.upstream.y, float) },
  );
  names.forEach((name, i) => {
    expectClose(`gradient of ${name}`, found[i]!, expected.grads[name]!, tolerance);
  });
};

/** Batch normalisation in training and in use. */
export const batchNorm: Suite = plan<BatchNormCase>("batch_norm2d.json", () => batches);
