import * as layers from "@convgrad/layers";
import fc from "fast-check";

/** A layer as it is written: its class and what its constructor is given. */
export interface Spec {
  readonly type: string;
  readonly args: readonly unknown[];
}

/** A model with its shapes: of the input, and after each layer, without the batch axis. */
export interface Net {
  readonly input: readonly number[];
  readonly specs: readonly Spec[];
  readonly shapes: readonly (readonly number[])[];
}

/** What a net may have next for images `[c, h, w]`, or for `[k]`. */
export type Wish = (shape: readonly number[]) => Spec;

const isSpec = (value: unknown): value is Spec =>
  typeof value === "object" && value !== null && "type" in value;

const classes = new Map<string, unknown>(Object.entries(layers));

/** The layer that a specification means. */
export function build({ type, args }: Spec): layers.Module {
  const given = args.map((arg): unknown => {
    if (isSpec(arg)) return build(arg);
    if (typeof arg !== "object" || arg === null || Array.isArray(arg)) return arg;
    const parts = Object.entries(arg).map(([key, part]) => [
      key,
      isSpec(part) ? build(part) : part,
    ]);
    return Object.fromEntries(parts);
  });
  if (type === "Sequential.of") {
    const [input, ...parts] = given as [number[], ...layers.Module[]];
    return layers.Sequential.of(input, ...parts);
  }
  const Layer = classes.get(type) as new (...args: unknown[]) => layers.Module;
  return new Layer(...given);
}

/** The specification as TypeScript. */
export function write({ type, args }: Spec): string {
  const text = (value: unknown): string => {
    if (isSpec(value)) return write(value);
    if (Array.isArray(value)) return `[${value.map(text).join(", ")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    return `{ ${Object.entries(value)
      .map(([key, part]) => `${key}: ${text(part)}`)
      .join(", ")} }`;
  };
  return `${type === "Sequential.of" ? type : `new ${type}`}(${args.map(text).join(", ")})`;
}

const size = (most: number) => fc.integer({ min: 1, max: most });
const pair = (most: number) => fc.oneof(size(most), fc.tuple(size(most), size(most)));
const cells = fc.integer({ min: 0, max: 2 });
const sides = fc.oneof(
  cells,
  fc.tuple(cells, cells),
  fc.tuple(fc.tuple(cells, cells), fc.tuple(cells, cells)),
);
const sliding = { stride: pair(3), dilation: pair(2) };
const some = { requiredKeys: [] as [] };

const convolution = fc
  .record({
    type: fc.constantFrom("Conv2D", "SeparableConv2D"),
    filters: size(12),
    kernel: pair(5),
    options: fc.record(
      {
        ...sliding,
        padding: fc.oneof(sides, fc.constantFrom("same", "valid")),
        bias: fc.boolean(),
      },
      some,
    ),
  })
  .map(
    ({ type, filters, kernel, options }): Wish =>
      ([c]) => ({ type, args: [c, filters, kernel, options] }),
  );
const transposed = fc
  .record({
    filters: size(12),
    kernel: pair(3),
    options: fc.record({ ...sliding, padding: sides, outputPadding: cells }, some),
  })
  .map(
    ({ filters, kernel, options }): Wish =>
      ([c]) => ({ type: "ConvTranspose2D", args: [c, filters, kernel, options] }),
  );
const pool = fc
  .record({
    type: fc.constantFrom("MaxPool", "AvgPool", "LpPool"),
    kernel: pair(4),
    options: fc.record({ stride: pair(3), padding: sides, ceilMode: fc.boolean() }, some),
  })
  .map(
    ({ type, kernel, options }): Wish =>
      () => ({ type, args: [...(type === "LpPool" ? [2] : []), kernel, options] }),
  );
const whole = fc
  .record({
    type: fc.constantFrom("AdaptiveAvgPool", "AdaptiveMaxPool", "GlobalAvgPool", "GlobalMaxPool"),
    output: pair(6),
  })
  .map(
    ({ type, output }): Wish =>
      () => ({ type, args: type.startsWith("Adaptive") ? [output] : [] }),
  );
const perChannel = fc.constantFrom<Wish>(
  ([c]) => ({ type: "BatchNorm2D", args: [c] }),
  ([c]) => ({ type: "GroupNorm", args: [c! % 2 === 0 ? 2 : 1, c] }),
  ([c]) => ({ type: "PReLU", args: [c] }),
  ([c]) => ({ type: "Subsample", args: [c, c! + 3] }),
);
const cellwise = fc
  .constantFrom("ReLU", "Tanh", "GELU", "Identity", "Dropout", "PReLU", "Softmax")
  .map(
    (type): Wish =>
      () => ({ type, args: [] }),
  );
const resized = fc.oneof(fc.record({ scale: pair(3) }), fc.record({ size: pair(40) })).map(
  (options): Wish =>
    () => ({ type: "Upsample", args: [options] }),
);
const residual = fc.record({ isWider: fc.boolean(), filters: size(8) }).map(
  ({ isWider, filters }): Wish =>
    ([c, h, w]) => {
      const conv = (from: unknown, to: unknown, kernel: number, stride: number): Spec => ({
        type: "Conv2D",
        args: [from, to, kernel, { padding: "same", stride }],
      });
      if (!isWider) {
        const body = {
          type: "Sequential.of",
          args: [[c, h, w], conv(c, 4, 3, 1), conv(4, c, 3, 1)],
        };
        return { type: "Residual", args: [body, { activation: { type: "ReLU", args: [] } }] };
      }
      return {
        type: "Residual",
        args: [conv(c, filters, 3, 2), { shortcut: conv(c, filters, 1, 2) }],
      };
    },
);
const flat = fc.constantFrom<Wish>(
  () => ({ type: "Flatten", args: [] }),
  () => ({ type: "Flatten", args: [{ start: 2 }] }),
  ([c, h, w]) => ({ type: "Reshape", args: [c, h! * w!] }),
  ([c]) => ({ type: "Reshape", args: [c, -1] }),
);
const dense = size(200).map(
  (outputs): Wish =>
    (shape) => ({ type: "Dense", args: [shape.at(-1), outputs] }),
);

/** Layers whose options say their shape. */
export const withOptions: fc.Arbitrary<Wish> = fc.oneof(convolution, transposed, pool);

const onImages = fc.oneof(
  convolution,
  transposed,
  pool,
  whole,
  perChannel,
  cellwise,
  resized,
  residual,
);
const onRows = fc.oneof(dense, cellwise);

/** Nets of up to a dozen layers; what does not fit where it would stand is left out. */
export const nets: fc.Arbitrary<Net> = fc
  .record({
    input: fc.tuple(size(8), fc.integer({ min: 3, max: 70 }), fc.integer({ min: 3, max: 70 })),
    wishes: fc
      .tuple(
        fc.array(onImages, { minLength: 1, maxLength: 8 }),
        fc.option(fc.tuple(flat, fc.array(onRows, { maxLength: 4 }))),
      )
      .map(([images, rest]) => (rest ? [...images, rest[0], ...rest[1]] : images)),
  })
  .map(({ input, wishes }) => {
    const specs: Spec[] = [];
    const shapes: (readonly number[])[] = [];
    let shape: readonly number[] = input;
    for (const wish of wishes) {
      const spec = wish(shape);
      const after = shapeAfter(spec, shape);
      if (!after) continue;
      specs.push(spec);
      shapes.push(after);
      shape = after;
    }
    return { input, specs, shapes };
  })
  .filter(({ specs }) => specs.length > 0);

/** The shape that the layer makes, `null` where it refuses; and where it would be too large to be true. */
export function shapeAfter(spec: Spec, shape: readonly number[]): readonly number[] | null {
  try {
    const [, ...after] = layers.outputShape(build(spec), [2, ...shape]);
    return after.some((n) => n > 4_096) ? null : after;
  } catch {
    return null;
  }
}
