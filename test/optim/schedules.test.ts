import { type Tensor, tensor, ValueError } from "@convgrad/core";
import {
  Adagrad,
  Adam,
  ChainedLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  ExponentialLR,
  LambdaLR,
  LinearWarmup,
  MultiStepLR,
  OneCycleLR,
  type Optimizer,
  PolynomialLR,
  ReduceLROnPlateau,
  type Schedule,
  SequentialLR,
  SGD,
  StepLR,
} from "@convgrad/optim";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../oracle/closeness.ts";

const w = (): Tensor => tensor([1], { requiresGrad: true });
const sgd = (lr = 0.1) => new SGD([w()], { lr, momentum: 0.9 });

/** The rates of steps 0 … n − 1. */
const ratesOf = (schedule: Schedule, n: number) =>
  Array.from({ length: n }, () => {
    const { lr } = schedule;
    schedule.step();
    return lr;
  });

const all: Readonly<Record<string, (o: Optimizer) => Schedule>> = {
  StepLR: (o) => new StepLR(o, { stepSize: 2 }),
  MultiStepLR: (o) => new MultiStepLR(o, { milestones: [3, 1, 3] }),
  ExponentialLR: (o) => new ExponentialLR(o, { gamma: 0.9 }),
  LinearWarmup: (o) => new LinearWarmup(o),
  PolynomialLR: (o) => new PolynomialLR(o, { power: 0.9 }),
  LambdaLR: (o) => new LambdaLR(o, (k) => 1 / (k + 1)),
  CosineAnnealingLR: (o) => new CosineAnnealingLR(o, { tMax: 6 }),
  CosineAnnealingWarmRestarts: (o) => new CosineAnnealingWarmRestarts(o, { t0: 2, tMult: 3 }),
  OneCycleLR: (o) => new OneCycleLR(o, { maxLr: 1, totalSteps: 9 }),
  SequentialLR: (o) =>
    new SequentialLR(
      o,
      [new LinearWarmup(o, { totalIters: 2 }), new OneCycleLR(o, { maxLr: 1, totalSteps: 5 })],
      { milestones: [2] },
    ),
  ChainedLR: (o) => new ChainedLR(o, [new LinearWarmup(o), new ExponentialLR(o, { gamma: 0.9 })]),
};

describe("every schedule", () => {
  it.each(Object.entries(all))("%s goes on from its state without drift", (_, make) => {
    const schedule = make(sgd());
    const rates = ratesOf(schedule, 12);
    for (let stop = 0; stop < 12; stop++) {
      const first = make(sgd());
      ratesOf(first, stop);
      const saved = JSON.parse(JSON.stringify(first.stateDict()));
      const optimizer = sgd(77);
      const second = make(optimizer);
      second.loadStateDict(saved);
      expect(optimizer.groups[0]!.settings).toEqual(first.optimizer.groups[0]!.settings);
      expect(ratesOf(second, 12 - stop)).toEqual(rates.slice(stop));
    }
  });

  it("refuses to step beside another, or as a part of a whole: the last would win", () => {
    const optimizer = sgd();
    const [warmup, decay] = [
      new LinearWarmup(optimizer),
      new ExponentialLR(optimizer, { gamma: 0.9 }),
    ];
    decay.step();
    const beside = () => warmup.step();
    expect(beside).toThrow(ValueError);
    expect(beside).toThrow(/LinearWarmup: another schedule sets the rates.*ChainedLR/);
    expect(warmup.count).toBe(0);
    const whole = new ChainedLR(optimizer, [warmup, decay]);
    whole.step();
    expect(() => decay.step()).toThrow(/another schedule sets the rates/);
  });

  it("moves each group from its own base, also one that was added later", () => {
    const optimizer = new SGD([{ parameters: [w()] }, { parameters: [w()], lr: 2 }], { lr: 1 });
    const schedule = new ExponentialLR(optimizer, { gamma: 0.5 });
    schedule.step();
    optimizer.addGroup({ parameters: [w()], lr: 8 });
    schedule.step();
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.25, 0.5, 2]);
    expect(schedule.count).toBe(2);
    expect(schedule.stateDict()).toEqual({ count: 2, baseRates: [1, 2, 8] });
  });

  it("starts from a rate that was set by hand, and from the base of a schedule before it", () => {
    const optimizer = sgd(1);
    ratesOf(new ExponentialLR(optimizer, { gamma: 0.5 }), 3);
    expect(optimizer.lr).toBe(0.125);
    expect(ratesOf(new StepLR(optimizer, { stepSize: 1 }), 1)).toEqual([1]);
    optimizer.lr = 0.5;
    expect(ratesOf(new StepLR(optimizer, { stepSize: 1, gamma: 0.5 }), 2)).toEqual([0.5, 0.25]);
  });

  it("OneCycleLR stays at its last rate, and moves Adam's first beta", () => {
    const optimizer = new Adam([w()]);
    const schedule = new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 4 });
    expect(optimizer.groups[0]!.settings.betas).toEqual([0.95, 0.999]);
    const rates = ratesOf(schedule, 8);
    expect(rates.slice(3)).toEqual(new Array(5).fill(rates[3]));
    expect(optimizer.groups[0]!.settings.betas).toEqual([0.95, 0.999]);
  });
});

// Computed by PyTorch.
it("restarts as PyTorch does", () => {
  const schedule = new CosineAnnealingWarmRestarts(sgd(), { t0: 2, tMult: 2, etaMin: 0.01 });
  const expected = [
    0.1, 0.055, 0.1, 0.0868198051534, 0.055, 0.0231801948466, 0.1, 0.096574578963, 0.0868198051534,
  ];
  expectNumbers("lr", ratesOf(schedule, 9), expected, { rtol: 1e-11, atol: 0 });
});

it("chains as PyTorch does", () => {
  const o = sgd();
  const warmup = new LinearWarmup(o, { startFactor: 0.5, totalIters: 3 });
  const schedule = new ChainedLR(o, [warmup, new ExponentialLR(o, { gamma: 0.9 })]);
  const expected = [0.05, 0.06, 0.0675, 0.0729, 0.06561, 0.059049];
  expectNumbers("lr", ratesOf(schedule, 6), expected, { rtol: 1e-11, atol: 0 });
});

describe("ReduceLROnPlateau", () => {
  const losses = [1, 0.9, 0.95, 0.91, 0.92, 0.9, 0.9, 0.5, 0.51, 0.52, 0.53, 0.54, 0.55, 0.56];
  const rising = [0.5, 0.52, 0.54, 0.56, 0.56, 0.56, 0.6, 0.6];
  it.each([
    [
      { factor: 0.5, patience: 1 },
      losses,
      [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625, 0.03125],
    ],
    [
      { factor: 0.1, patience: 1, cooldown: 2, minLr: 0.005 },
      losses,
      [1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.005],
    ],
    [
      { mode: "max", factor: 0.5, patience: 2, threshold: 0.05, thresholdMode: "abs" } as const,
      losses.map((x) => -x),
      [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125],
    ],
    [
      { mode: "max", factor: 0.5, patience: 1, threshold: 0.05 } as const,
      rising,
      [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5],
    ],
  ])("%o gives PyTorch's rates, resumed at every step", (options, metrics, expected) => {
    const optimizer = sgd(1);
    let schedule = new ReduceLROnPlateau(optimizer, options);
    const rates = metrics.map((metric) => {
      schedule.step(metric);
      const saved = JSON.parse(JSON.stringify(schedule.stateDict()));
      schedule = new ReduceLROnPlateau(optimizer, options);
      schedule.loadStateDict(saved);
      return schedule.lr;
    });
    expectNumbers("lr", rates, expected, { rtol: 1e-12, atol: 0 });
  });

  it("counts NaN and infinities as no improvement", () => {
    const schedule = new ReduceLROnPlateau(sgd(1), { patience: 0 });
    for (const metric of [Number.NaN, 1 / 0, 3, Number.NaN, -1 / 0]) schedule.step(metric);
    expect(schedule.lr).toBeCloseTo(1e-4, 12);
    expect(schedule.stateDict().best).toBe(3);
  });

  it("made after a schedule takes its place, and made before it leaves it the rates", () => {
    const message =
      /another schedule sets the rates of this optimiser; step that one, or make this/;
    const optimizer = sgd(1);
    const former = new StepLR(optimizer, { stepSize: 1, gamma: 0.5 });
    former.step();
    const plateau = new ReduceLROnPlateau(optimizer, { patience: 0 });
    for (const metric of [1, 1]) plateau.step(metric);
    expect(() => former.step()).toThrow(ValueError);
    expect(() => former.step()).toThrow(message);
    expect(optimizer.lr).toBeCloseTo(0.05, 12);
    const later = new StepLR(optimizer, { stepSize: 1, gamma: 0.5 });
    later.step();
    expect(() => plateau.step(0)).toThrow(ValueError);
    expect(() => plateau.step(0)).toThrow(message);
    expect(plateau.stateDict().best).toBe(1);
    expect(optimizer.lr).toBeCloseTo(0.025, 12);
  });

  it("that has lowered nothing yet leaves the base rate of a warm-up to what follows", () => {
    const optimizer = sgd(1);
    new LinearWarmup(optimizer, { startFactor: 0.5 });
    new ReduceLROnPlateau(optimizer);
    expect(new StepLR(optimizer, { stepSize: 1 }).lr).toBe(1);
  });
});

const sequence = (milestones: number[], parts = 2) => {
  const o = sgd();
  const list = Array.from({ length: parts }, () => new LinearWarmup(o));
  return new SequentialLR(o, list, { milestones });
};

it.each<[string, () => unknown, RegExp]>([
  [
    "no optimiser",
    () => new StepLR({} as never, { stepSize: 1 }),
    /StepLR: the optimiser is an object; pass what new SGD/,
  ],
  ["no options", () => new StepLR(sgd(), undefined as never), /StepLR: the options are undefined/],
  ["a missing step", () => new StepLR(sgd(), {} as never), /stepSize is undefined/],
  [
    "a fractional stepSize",
    () => new StepLR(sgd(), { stepSize: 1.5 }),
    /stepSize is 1.5; it must be a whole number ≥ 1/,
  ],
  ["NaN gamma", () => new StepLR(sgd(), { stepSize: 1, gamma: Number.NaN }), /gamma is NaN/],
  [
    "milestones that are no list",
    () => new MultiStepLR(sgd(), { milestones: 3 as never }),
    /milestones are 3; pass a list/,
  ],
  ["a negative milestone", () => new MultiStepLR(sgd(), { milestones: [-1] }), /a milestone is -1/],
  ["a missing gamma", () => new ExponentialLR(sgd(), {} as never), /gamma is undefined/],
  ["no warm-up steps", () => new LinearWarmup(sgd(), { totalIters: 0 }), /totalIters is 0/],
  ["a negative start", () => new LinearWarmup(sgd(), { startFactor: -1 }), /startFactor is -1/],
  ["an infinite end", () => new LinearWarmup(sgd(), { endFactor: 1 / 0 }), /endFactor is Infinity/],
  ["a negative power", () => new PolynomialLR(sgd(), { power: -1 }), /power is -1/],
  [
    "a factor that is no function",
    () => new LambdaLR(sgd(), 0.5 as never),
    /factor is 0.5; pass a function/,
  ],
  ["a negative rate", () => new LambdaLR(sgd(), () => -1), /LambdaLR: lr is -0.1/],
  ["no tMax", () => new CosineAnnealingLR(sgd(), {} as never), /tMax is undefined/],
  [
    "a negative etaMin",
    () => new CosineAnnealingLR(sgd(), { tMax: 1, etaMin: -1 }),
    /etaMin is -1/,
  ],
  [
    "a fractional tMult",
    () => new CosineAnnealingWarmRestarts(sgd(), { t0: 1, tMult: 1.5 }),
    /tMult is 1.5/,
  ],
  [
    "a cycle of one step",
    () => new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 1 }),
    /totalSteps is 1/,
  ],
  [
    "a highest rate of 0",
    () => new OneCycleLR(sgd(), { maxLr: 0, totalSteps: 5 }),
    /maxLr is 0; it must be a number > 0/,
  ],
  [
    "an unknown shape",
    () => new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 5, annealStrategy: "cosine" as never }),
    /"cosine" is unknown; use "cos" or "linear"/,
  ],
  [
    "pctStart of 2",
    () => new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 5, pctStart: 2 }),
    /pctStart is 2/,
  ],
  [
    "momentum of 1",
    () => new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 5, maxMomentum: 1 }),
    /maxMomentum is 1.*less than 1/,
  ],
  [
    "a cycle without momentum",
    () => new OneCycleLR(new Adagrad([w()]), { maxLr: 1, totalSteps: 5 }),
    /no momentum to cycle; pass cycleMomentum: false/,
  ],
  ["too few milestones", () => sequence([]), /milestones \[\] do not part 2 schedules/],
  ["milestones that fall", () => sequence([3, 2], 3), /milestones \[3,2\] do not part 3/],
  ["no schedules", () => new ChainedLR(sgd(), []), /pass a list of them/],
  [
    "schedules of others",
    () => new ChainedLR(sgd(), [new LinearWarmup(sgd())]),
    /of another optimiser/,
  ],
  [
    "an unknown mode",
    () => new ReduceLROnPlateau(sgd(), { mode: "low" as never }),
    /mode "low" is unknown; use "min" or "max"/,
  ],
  ["factor 1", () => new ReduceLROnPlateau(sgd(), { factor: 1 }), /factor is 1.*less than 1/],
  ["negative patience", () => new ReduceLROnPlateau(sgd(), { patience: -1 }), /patience is -1/],
  [
    "a metric that is no number",
    () => new ReduceLROnPlateau(sgd()).step(w() as never),
    /the metric is an object; it must be a number, as loss.item/,
  ],
  [
    "a foreign state",
    () => new StepLR(sgd(), { stepSize: 1 }).loadStateDict({ count: 1, baseRates: [1, 2] }),
    /base rates \[1,2\] for 1 groups/,
  ],
  [
    "no state",
    () => new StepLR(sgd(), { stepSize: 1 }).loadStateDict(null as never),
    /count is undefined/,
  ],
  [
    "no plateau state",
    () => new ReduceLROnPlateau(sgd()).loadStateDict({} as never),
    /best is undefined/,
  ],
])("refuses %s", (_, call, message) => {
  expect(call).toThrow(ValueError);
  expect(call).toThrow(message);
});
