import { manualSeed, rand, randn, type Tensor, tensor, zeros } from "@convgrad/core";
import {
  avgPool,
  Conv2D,
  calculateGain,
  conv2d,
  crossEntropy,
  Dense,
  dense,
  fans,
  kaimingNormal,
  kaimingUniform,
  maxPool,
  type Nonlinearity,
  xavierNormal,
  xavierUniform,
} from "@convgrad/layers";
import {
  Adagrad,
  Adam,
  AdamW,
  CosineAnnealingLR,
  clipGradNorm,
  ExponentialLR,
  LambdaLR,
  LinearWarmup,
  MultiStepLR,
  OneCycleLR,
  type Optimizer,
  PolynomialLR,
  RMSprop,
  type Schedule,
  SequentialLR,
  SGD,
  StepLR,
} from "@convgrad/optim";
import { expect } from "vitest";
import { expectNumbers } from "../../oracle/closeness.ts";
import {
  expectClose,
  type FloatType,
  type GoldenTensor,
  type NamedCase,
  toTensor,
} from "../format.ts";
import { plan, type Runner, type Suite } from "../suite.ts";

type Named<T> = Readonly<Record<string, T>>;

interface NetCase extends NamedCase {
  readonly config: {
    readonly act: "relu" | "tanh";
    readonly pool: "max" | "avg";
    readonly lr: number;
    readonly momentum: number;
    readonly weight_decay: number;
    readonly steps: number;
  };
  readonly inputs: { readonly x: GoldenTensor; readonly target: GoldenTensor };
  readonly params: Named<GoldenTensor>;
  readonly outputs: { readonly logits: GoldenTensor; readonly loss: number };
  /** Of the first step. */
  readonly grads: Named<GoldenTensor>;
  readonly trajectory: readonly {
    readonly loss_before_step: number;
    /** A few elements of each parameter. */
    readonly params_after: Named<{
      readonly sum: number;
      readonly at: number[];
      readonly values: number[];
    }>;
  }[];
  readonly params_after_steps: Named<GoldenTensor>;
  readonly loss_after_steps: number;
}

/** LeNet-5: conv1 → act → pool → conv2 → act → pool → flatten → fc1 → act → fc2 → act → fc3 */
function logitsOf(x: Tensor, p: Named<Tensor>, { act, pool }: NetCase["config"]): Tensor {
  const activate = (z: Tensor) => (act === "relu" ? z.relu() : z.tanh());
  const halve = (z: Tensor) => (pool === "max" ? maxPool(z, 2) : avgPool(z, 2));
  const full = (z: Tensor, name: string) => dense(z, p[`${name}.w`]!.transpose(), p[`${name}.b`]);
  const first = halve(activate(conv2d(x, p["conv1.w"]!, p["conv1.b"], { padding: 2 })));
  const second = halve(activate(conv2d(first, p["conv2.w"]!, p["conv2.b"])));
  return full(activate(full(activate(full(second.flatten(1), "fc1")), "fc2")), "fc3");
}

/** Every gradient of the first step, then the parameters along the recorded steps. */
const netSteps: Runner<NetCase> = (c, float, tolerance) => {
  const [x, target] = [toTensor(c.inputs.x, float), toTensor(c.inputs.target, float)];
  const p = parametersOf(c.params, float);
  const { lr, momentum, weight_decay: weightDecay } = c.config;
  const optimizer = new SGD(Object.values(p), { lr, momentum, weightDecay });
  const lossOf = (logits: Tensor) => crossEntropy(logits, target);

  c.trajectory.forEach((expected, step) => {
    const logits = logitsOf(x, p, c.config);
    const loss = lossOf(logits);
    const what = `step ${step}: `;
    expectNumbers(`${what}loss`, loss.toTypedArray(), [expected.loss_before_step], tolerance);
    optimizer.zeroGrad();
    loss.backward();
    if (step === 0) {
      expectClose("logits", logits, c.outputs.logits, tolerance);
      for (const [name, g] of Object.entries(c.grads))
        expectClose(`gradient of ${name}`, p[name]!.grad!, g, tolerance);
    }
    optimizer.step();
    for (const [name, { at, values }] of Object.entries(expected.params_after)) {
      const all = p[name]!.toTypedArray();
      expectNumbers(
        what + name,
        at.map((i) => all[i]!),
        values,
        tolerance,
      );
    }
  });
  for (const [name, after] of Object.entries(c.params_after_steps))
    expectClose(`${name} after the steps`, p[name]!, after, tolerance);
  const last = lossOf(logitsOf(x, p, c.config)).toTypedArray();
  expectNumbers("loss after the steps", last, [c.loss_after_steps], tolerance);
};

function parametersOf(goldens: Named<GoldenTensor>, float: FloatType): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(goldens).map(([name, t]) => [name, toTensor(t, float, true)]),
  );
}

interface OptimizerCase extends NamedCase {
  readonly config: {
    readonly optimizer: string;
    readonly lr: number;
    readonly momentum?: number;
    readonly dampening?: number;
    readonly nesterov?: boolean;
    readonly weight_decay?: number;
    readonly betas?: readonly [number, number];
    readonly eps?: number;
    readonly amsgrad?: boolean;
    readonly alpha?: number;
    readonly clip_grad_norm: number | null;
  };
  readonly inputs: { readonly [k in "X" | "Y" | "W" | "b"]: GoldenTensor };
  readonly trajectory: readonly ({
    readonly loss: number;
    readonly total_norm_before_clip?: number;
  } & {
    readonly [k in "grad_W" | "grad_b" | "W" | "b"]: GoldenTensor;
  })[];
}

type MakeOptimizer = (parameters: Tensor[], config: OptimizerCase["config"]) => Optimizer;

const optimizers: Record<string, MakeOptimizer> = {
  SGD: (parameters, { lr, momentum, dampening, nesterov, weight_decay: weightDecay }) =>
    new SGD(parameters, { lr, momentum, dampening, nesterov, weightDecay }),
  Adam: (parameters, { lr, betas, eps: epsilon, weight_decay: weightDecay, amsgrad }) =>
    new Adam(parameters, { lr, betas, epsilon, weightDecay, amsgrad }),
  AdamW: (parameters, { lr, weight_decay: weightDecay }) =>
    new AdamW(parameters, { lr, weightDecay }),
  RMSprop: (parameters, { lr, momentum, alpha }) =>
    new RMSprop(parameters, { lr, momentum, alpha }),
  Adagrad: (parameters, { lr }) => new Adagrad(parameters, { lr }),
};

/** Ten steps on L = mean (tanh(X W + b) − Y)². */
const optimizerSteps =
  (make: MakeOptimizer): Runner<OptimizerCase> =>
  (c, float, tolerance) => {
    const [x, y] = [toTensor(c.inputs.X, float), toTensor(c.inputs.Y, float)];
    const [w, b] = [toTensor(c.inputs.W, float, true), toTensor(c.inputs.b, float, true)];
    const optimizer = make([w, b], c.config);
    const { clip_grad_norm: maxNorm } = c.config;
    c.trajectory.forEach((expected, step) => {
      const difference = dense(x, w, b).tanh().sub(y);
      const loss = difference.mul(difference).mean();
      optimizer.zeroGrad();
      loss.backward();
      expectNumbers(`loss ${step}`, loss.toTypedArray(), [expected.loss], tolerance);
      if (maxNorm !== null) {
        const norm = clipGradNorm([w, b], maxNorm);
        expectNumbers(`norm ${step}`, [norm], [expected.total_norm_before_clip!], tolerance);
      }
      expectClose(`gradient of W, step ${step}`, w.grad!, expected.grad_W, tolerance);
      expectClose(`gradient of b, step ${step}`, b.grad!, expected.grad_b, tolerance);
      optimizer.step();
      expectClose(`W after step ${step}`, w, expected.W, tolerance);
      expectClose(`b after step ${step}`, b, expected.b, tolerance);
    });
  };

function chooseOptimizer({ config }: OptimizerCase): Runner<OptimizerCase> | string {
  const make = optimizers[config.optimizer];
  return make ? optimizerSteps(make) : `no ${config.optimizer} optimizer yet`;
}

interface ScheduleCase extends NamedCase {
  readonly config: { readonly base_lr: number; readonly schedule: string } & Readonly<
    Record<string, number> & { milestones: number[]; anneal_strategy: "cos"; three_phase: boolean }
  >;
  readonly lr: readonly number[];
  readonly momentum?: readonly number[];
}

type MakeSchedule = (optimizer: Optimizer, config: ScheduleCase["config"]) => Schedule;

const schedules: Record<string, MakeSchedule> = {
  StepLR: (o, { step_size: stepSize, gamma }) => new StepLR(o, { stepSize: stepSize!, gamma }),
  MultiStepLR: (o, { milestones, gamma }) => new MultiStepLR(o, { milestones, gamma }),
  ExponentialLR: (o, { gamma }) => new ExponentialLR(o, { gamma: gamma! }),
  CosineAnnealingLR: (o, { T_max: tMax, eta_min: etaMin }) =>
    new CosineAnnealingLR(o, { tMax: tMax!, etaMin }),
  OneCycleLR: (o, config) =>
    new OneCycleLR(o, {
      maxLr: config["max_lr"]!,
      totalSteps: config["total_steps"]!,
      pctStart: config["pct_start"],
      annealStrategy: config.anneal_strategy,
      threePhase: config.three_phase,
      divFactor: config["div_factor"],
      finalDivFactor: config["final_div_factor"],
      cycleMomentum: Boolean(config["cycle_momentum"]),
      baseMomentum: config["base_momentum"],
      maxMomentum: config["max_momentum"],
    }),
  LinearLR: (o, { start_factor: startFactor, end_factor: endFactor, total_iters: totalIters }) =>
    new LinearWarmup(o, { startFactor, endFactor, totalIters }),
  "SequentialLR(LinearLR(start 0.1, total_iters 4), CosineAnnealingLR(T_max 8))": (
    o,
    { milestones },
  ) => {
    const warmup = new LinearWarmup(o, { startFactor: 0.1, totalIters: 4 });
    const cosine = new CosineAnnealingLR(o, { tMax: 8 });
    return new SequentialLR(o, [warmup, cosine], { milestones });
  },
  LambdaLR: (o) => new LambdaLR(o, (k) => Math.min(1, (k + 1) / 5)),
  PolynomialLR: (o, { total_iters: totalIters, power }) =>
    new PolynomialLR(o, { totalIters, power }),
};

/** The rate, and the momentum where there is one, of every step. */
const rates =
  (make: MakeSchedule): Runner<ScheduleCase> =>
  ({ config, lr, momentum }, _, tolerance) => {
    const w = tensor([1], { requiresGrad: true });
    const optimizer = new SGD([w], { lr: config.base_lr, momentum: 0.9 });
    const schedule = make(optimizer, config);
    const found = lr.map(() => {
      const { settings } = optimizer.groups[0]!;
      schedule.step();
      return settings;
    });
    const [rate, velocity] = [found.map((s) => s.lr), found.map((s) => s.momentum)];
    expectNumbers("lr", rate, lr, tolerance);
    expectNumbers("momentum", velocity, momentum ?? lr.map(() => 0.9), tolerance);
  };

interface InitCase extends NamedCase {
  readonly config: { readonly shape: readonly number[]; readonly kind: string };
  readonly fan_in: number;
  readonly fan_out: number;
  /** By nonlinearity: `"relu"`, `"leaky_relu(a=0.01)"`. */
  readonly values: Named<{
    readonly gain: number;
    readonly kaiming_uniform_bound_fan_in: number;
    readonly kaiming_normal_std_fan_in: number;
    readonly kaiming_uniform_bound_fan_out: number;
    readonly kaiming_normal_std_fan_out: number;
    readonly xavier_uniform_bound: number;
    readonly xavier_normal_std: number;
  }>;
  readonly torch_default_layer: { readonly weight_bound: number; readonly bias_bound: number };
}

/** Fans, gains, and each bound and deviation: from one seed, the draws are those of rand and randn times the number. */
const initialValues: Runner<InitCase> = (c, float, tolerance) => {
  const { shape: theirs, kind } = c.config;
  const shape = kind === "linear" ? theirs.toReversed() : theirs;
  const fresh = () => zeros(shape, { dtype: float });
  expect(fans(fresh())).toEqual({ fanIn: c.fan_in, fanOut: c.fan_out });
  const seeded = (draw: () => Tensor) => {
    manualSeed(7);
    return draw().toTypedArray();
  };
  const sides = seeded(() => rand(shape, { dtype: float }).mul(2).sub(1));
  const normals = seeded(() => randn(shape, { dtype: float }));
  for (const [name, expected] of Object.entries(c.values)) {
    const [, word, slope] = /^(\w+)(?:\(a=(.*)\))?$/.exec(name)!;
    const nonlinearity = (word === "leaky_relu" ? "leakyRelu" : word) as Nonlinearity;
    const a = slope === undefined ? undefined : Number(slope);
    const gain = calculateGain(nonlinearity, a);
    expectNumbers(`gain of ${name}`, [gain], [expected.gain], tolerance);
    const check = (what: string, draw: () => Tensor, unit: ArrayLike<number>, size: number) =>
      expectNumbers(
        `${what}, ${name}`,
        seeded(draw),
        Array.from(unit, (u) => u * size),
        tolerance,
      );
    for (const [mode, key] of [
      ["fanIn", "fan_in"],
      ["fanOut", "fan_out"],
    ] as const) {
      const options = { nonlinearity, a, mode };
      const bound = expected[`kaiming_uniform_bound_${key}`];
      check(`uniform ${mode}`, () => kaimingUniform(fresh(), options), sides, bound);
      const deviation = expected[`kaiming_normal_std_${key}`];
      check(`normal ${mode}`, () => kaimingNormal(fresh(), options), normals, deviation);
    }
    check("xavier", () => xavierUniform(fresh(), { gain }), sides, expected.xavier_uniform_bound);
    check("xavier", () => xavierNormal(fresh(), { gain }), normals, expected.xavier_normal_std);
  }
  if (float === "float32") layerBounds(c, float, tolerance);
};

/** The default initial values stay within ±1/√fanIn and come near it. */
const layerBounds: Runner<InitCase> = ({ config, torch_default_layer: expected }) => {
  manualSeed(0);
  const { weight, bias } = layerOf(config);
  const largest = (values: ArrayLike<number>) => Math.max(...Array.from(values, Math.abs));
  for (const [x, bound] of [
    [weight, expected.weight_bound],
    [bias!, expected.bias_bound],
  ] as const) {
    const top = largest(x.toTypedArray());
    expect(top).toBeLessThanOrEqual(bound * (1 + 1e-6)); // stored as float32
    // That all of n draws stay below 0.8 of the bound has a probability of 0.8ⁿ.
    if (x.size >= 50) expect(top).toBeGreaterThan(0.8 * bound);
  }
};

function layerOf({ shape, kind }: InitCase["config"]): Conv2D | Dense {
  const [out, inner, kh, kw] = shape as [number, number, number, number];
  if (kind === "linear") return new Dense(inner, out);
  const groups = kind.includes("groups") ? out : 1;
  return new Conv2D(inner * groups, out, [kh, kw], { groups });
}

/** Whole training steps, and the values they start from. */
export const training: readonly Suite[] = [
  plan<NetCase>("lenet5.json", () => netSteps),
  plan<NetCase>("lenet_small.json", () => netSteps),
  plan<OptimizerCase>("optimizers.json", chooseOptimizer),
  plan<InitCase>("init.json", () => initialValues),
  plan<ScheduleCase>(
    "lr_schedules.json",
    ({ config }) => {
      const make = schedules[config.schedule];
      return make ? rates(make) : `no ${config.schedule} yet`;
    },
    () => ["float64"], // numbers, not tensors: once is enough
  ),
];
