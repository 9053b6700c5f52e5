import {
  BatchNorm2D,
  Conv2D,
  ConvTranspose2D,
  Dense,
  Dropout,
  Dropout2D,
  ELU,
  Flatten,
  GELU,
  GroupNorm,
  Identity,
  LeakyReLU,
  LogSoftmax,
  type Pair,
  PReLU,
  ReLU,
  Reshape,
  Residual,
  SeparableConv2D,
  Sequential,
  Sigmoid,
  SiLU,
  Softmax,
  Tanh,
} from "@convgrad/layers";
import type { LayerFields } from "./description.ts";
import {
  choice,
  flag,
  layer as innerLayer,
  layers as innerLayers,
  integer,
  namedPadding,
  number,
  numberOrNull,
  optional,
  padding,
  pair,
  shape,
  whole,
} from "./fields.ts";
import { poolRows } from "./pools.ts";
import { given, type LayerRow, plain, row, unless } from "./row.ts";

const area = (kernel: Pair): number =>
  typeof kernel === "number" ? kernel * kernel : kernel[0] * kernel[1];
const short = ([h, w]: readonly [number, number]): Pair => (h === w ? h : [h, w]);

const filterFields = () => ({ channels: whole(), filters: whole(), kernel: pair() });
const slidingFields = () => ({
  stride: optional(pair()),
  padding: optional(namedPadding()),
  paddingMode: optional(choice("zeros", "reflect", "replicate", "circular")),
  dilation: optional(pair()),
  flip: optional(flag()),
  bias: optional(flag()),
});

/** The class of each layer by the name that stands in the description; `test/io` fails for one without a row. A function, so that bundlers can leave it out. */
export const layerRows = (): Readonly<Record<string, LayerRow>> => ({
  ...poolRows(),
  BatchNorm2D: row({
    class: BatchNorm2D,
    fields: {
      channels: whole(),
      epsilon: optional(number()),
      momentum: optional(numberOrNull()),
      affine: optional(flag()),
      trackRunningStatistics: optional(flag()),
    },
    describe: ({ channels, epsilon, momentum, weight, runningMean }) => ({
      channels,
      epsilon: given(epsilon, 1e-5),
      momentum: momentum === 0.1 ? undefined : momentum,
      affine: unless(weight),
      trackRunningStatistics: unless(runningMean),
    }),
    build: ({ channels, ...options }) => new BatchNorm2D(channels, options),
    numbers: ({ channels, affine = true, trackRunningStatistics: track = true }) =>
      (affine ? 2 * channels : 0) + (track ? 2 * channels + 1 : 0),
  }),
  Conv2D: row({
    class: Conv2D,
    fields: { ...filterFields(), ...slidingFields(), groups: optional(whole()) },
    describe: ({ weight, bias, options }) => {
      const [o, c, kh, kw] = weight.shape as [number, number, number, number];
      const { groups = 1 } = options;
      const sizes = { channels: c * groups, filters: o, kernel: short([kh, kw]) };
      return { ...sizes, ...(options as LayerFields), bias: unless(bias) };
    },
    build: ({ channels, filters, kernel, ...options }) =>
      new Conv2D(channels, filters, kernel, options),
    numbers: ({ channels, filters, kernel, groups = 1, bias = true }) =>
      (channels / groups) * filters * area(kernel) + (bias ? filters : 0),
  }),
  ConvTranspose2D: row({
    class: ConvTranspose2D,
    fields: {
      ...filterFields(),
      stride: optional(pair()),
      padding: optional(padding()),
      outputPadding: optional(pair(0)),
      dilation: optional(pair()),
      groups: optional(whole()),
      bias: optional(flag()),
    },
    describe: ({ weight, bias, options }) => {
      const [c, o, kh, kw] = weight.shape as [number, number, number, number];
      const { groups = 1 } = options;
      const sizes = { channels: c, filters: o * groups, kernel: short([kh, kw]) };
      return { ...sizes, ...(options as LayerFields), bias: unless(bias) };
    },
    build: ({ channels, filters, kernel, ...options }) =>
      new ConvTranspose2D(channels, filters, kernel, options),
    numbers: ({ channels, filters, kernel, groups = 1, bias = true }) =>
      channels * (filters / groups) * area(kernel) + (bias ? filters : 0),
  }),
  Dense: row({
    class: Dense,
    fields: { inputs: whole(), outputs: whole(), bias: optional(flag()) },
    describe: ({ weight, bias }) => ({
      inputs: weight.shape[0]!,
      outputs: weight.shape[1]!,
      bias: unless(bias),
    }),
    build: ({ inputs, outputs, ...options }) => new Dense(inputs, outputs, options),
    numbers: ({ inputs, outputs, bias = true }) => inputs * outputs + (bias ? outputs : 0),
  }),
  Dropout: row({
    class: Dropout,
    fields: { p: number() },
    describe: ({ p }) => ({ p }),
    build: ({ p }) => new Dropout(p),
  }),
  Dropout2D: row({
    class: Dropout2D,
    fields: { p: number() },
    describe: ({ p }) => ({ p }),
    build: ({ p }) => new Dropout2D(p),
  }),
  ELU: row({
    class: ELU,
    fields: { alpha: optional(number()) },
    describe: ({ alpha }) => ({ alpha: given(alpha, 1) }),
    build: ({ alpha }) => new ELU(alpha),
  }),
  Flatten: row({
    class: Flatten,
    fields: { start: optional(whole(0)) },
    describe: ({ start }) => ({ start: given(start, 1) }),
    build: (options) => new Flatten(options),
  }),
  GELU: row({
    class: GELU,
    fields: { approximate: optional(choice("none", "tanh")) },
    describe: ({ options }) => ({ ...options }),
    build: (options) => new GELU(options),
  }),
  GroupNorm: row({
    class: GroupNorm,
    fields: {
      groups: whole(),
      channels: whole(),
      epsilon: optional(number()),
      affine: optional(flag()),
    },
    describe: ({ groups, channels, epsilon, weight }) => ({
      groups,
      channels,
      epsilon: given(epsilon, 1e-5),
      affine: unless(weight),
    }),
    build: ({ groups, channels, ...options }) => new GroupNorm(groups, channels, options),
    numbers: ({ channels, affine = true }) => (affine ? 2 * channels : 0),
  }),
  Identity: plain(Identity),
  LeakyReLU: row({
    class: LeakyReLU,
    fields: { slope: optional(number()) },
    describe: ({ slope }) => ({ slope: given(slope, 0.01) }),
    build: ({ slope }) => new LeakyReLU(slope),
  }),
  LogSoftmax: row({
    class: LogSoftmax,
    fields: { axis: optional(integer()) },
    describe: ({ axis }) => ({ axis: given(axis, -1) }),
    build: ({ axis }) => new LogSoftmax(axis),
  }),
  PReLU: row({
    class: PReLU,
    fields: { channels: whole() },
    describe: ({ weight }) => ({ channels: weight.size }),
    build: ({ channels }) => new PReLU(channels),
    numbers: ({ channels }) => channels,
  }),
  ReLU: plain(ReLU),
  Reshape: row({
    class: Reshape,
    fields: { shape: shape() },
    describe: ({ shape }) => ({ shape }),
    build: ({ shape }) => new Reshape(...shape),
  }),
  Residual: row({
    class: Residual,
    fields: {
      body: innerLayer,
      shortcut: optional(innerLayer),
      activation: optional(innerLayer),
    },
    describe: ({ body, shortcut, activation }, part) => ({
      body: part(body),
      shortcut: shortcut ? part(shortcut) : undefined,
      activation: activation ? part(activation) : undefined,
    }),
    build: ({ body, shortcut, activation }) => {
      const made = body();
      return new Residual(made, { shortcut: shortcut?.(), activation: activation?.() });
    },
  }),
  SeparableConv2D: row({
    class: SeparableConv2D,
    fields: { ...filterFields(), ...slidingFields() },
    describe: ({ depthwise, pointwise }) => {
      const [channels, , kh, kw] = depthwise.weight.shape as [number, number, number, number];
      const { groups: _, ...options } = depthwise.options;
      const sizes = { channels, filters: pointwise.weight.shape[0]!, kernel: short([kh, kw]) };
      return { ...sizes, ...(options as LayerFields), bias: unless(pointwise.bias) };
    },
    build: ({ channels, filters, kernel, ...options }) =>
      new SeparableConv2D(channels, filters, kernel, options),
    numbers: ({ channels, filters, kernel, bias = true }) =>
      channels * area(kernel) + channels * filters + (bias ? channels + filters : 0),
  }),
  Sequential: row({
    class: Sequential,
    fields: { layers: innerLayers },
    describe: ({ layers }, part) => ({ layers: layers.map(part) }),
    build: ({ layers }) => new Sequential(...layers.map((make) => make())),
  }),
  Sigmoid: plain(Sigmoid),
  SiLU: plain(SiLU),
  Softmax: row({
    class: Softmax,
    fields: { axis: optional(integer()) },
    describe: ({ axis }) => ({ axis: given(axis, -1) }),
    build: ({ axis }) => new Softmax(axis),
  }),
  Tanh: plain(Tanh),
});
