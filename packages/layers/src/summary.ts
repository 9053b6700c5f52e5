import { formatShape, formatValue, type Shape, ShapeError, type Tensor } from "@convgrad/core";
import { dryRun, runDry } from "./dryRun.ts";
import type { WindowGeometry } from "./geometry.ts";
import { replaceForward } from "./moduleHooks.ts";

/** What the summary asks of a module. */
interface Layer {
  forward(x: Tensor, ...more: Tensor[]): Tensor;
  reach(x: Tensor): WindowGeometry | "all" | "cell" | "unknown";
  children(): [name: string, child: Layer][];
  parameters(): Tensor[];
  stateDict(): Record<string, Tensor>;
  toString(): string;
}

/** One call of a layer, in a {@link Summary}. */
export interface SummaryRow {
  /** Its name in the model, `"0"`; and itself, `"Conv2D(1 → 6, 5×5)"`. */
  readonly name: string;
  readonly layer: string;
  readonly outputShape: Shape;
  /** Numbers in its parameters; the total counts those of a layer that is called twice once. */
  readonly parameters: number;
  /**
   * What a dense layer between the same input and output would have; `null` for layers without parameters, and for
   * those that work on each cell by itself.
   */
  readonly parametersIfDense: number | null;
  /** Multiplications with addition in the forward pass of the given input. */
  readonly multiplyAdds: number;
  /** The part [h, w] of the model's input that one output cell sees; `"all"`, or `null` where it is not known. */
  readonly receptiveField: readonly [h: number, w: number] | "all" | null;
  /** Cells of the model's input from one output cell to the next. */
  readonly receptiveStride: readonly [h: number, w: number] | null;
  /** The cell of the model's input where the field of output cell [0, 0] begins; negative within padding. */
  readonly receptiveOffset: readonly [h: number, w: number] | null;
}

/** What `model.summary(inputShape)` finds; `String(summary)` is the table. */
export interface Summary {
  readonly inputShape: Shape;
  readonly rows: readonly SummaryRow[];
  /** Numbers in all parameters. */
  readonly parameters: number;
  readonly multiplyAdds: number;
  toString(): string;
}

/** Which cells of the model's input one cell of a tensor sees. */
interface Field {
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly offset: readonly [number, number];
}

const HEADER = [
  "layer",
  "",
  "output",
  "parameters",
  "if dense",
  "multiply-adds",
  "receptive field",
];

/** Runs the model dry and writes down what passes through its innermost layers; see `Module.summary`. */
export function summarize(model: Layer, inputShape: Shape): Summary {
  const shape = batched("summary", inputShape);
  const { rows, multiplyAdds } = record(model, shape);
  const parameters = model.parameters().reduce((total, p) => total + p.size, 0);
  const summary = { inputShape: shape, rows, parameters, multiplyAdds };
  return { ...summary, toString: () => format(summary) };
}

/**
 * The shape with its batch axis: `[1, 28, 28]` means a batch of 1.
 *
 * @throws {@link ShapeError} for what is no input.
 */
export function batched(operation: string, inputShape: Shape): Shape {
  const given = Array.isArray(inputShape) ? (inputShape as Shape) : [];
  const shape = given.length === 3 || given.length === 1 ? [1, ...given] : given;
  if (shape.length < 2) {
    throw new ShapeError(
      operation,
      `${formatValue(inputShape)} is no input; give [C, H, W], [N, C, H, W] or [N, K]`,
      { shape: inputShape },
    );
  }
  return shape;
}

/** A dry run with a row per call of a layer; the model and the random sequence stay as they were. */
function record(model: Layer, shape: Shape): Pick<Summary, "rows" | "multiplyAdds"> {
  const rows: SummaryRow[] = [];
  const fields = new Map<Tensor, Field | "all">();
  const machine = dryRun();
  const observe = (layer: Layer, names: string[], forward: Layer["forward"]): Layer["forward"] => {
    return (x, ...more) => {
      const before = machine.multiplyAdds;
      const y = forward.call(layer, x, ...more);
      const field = fieldOf(layer, x, fields.get(x));
      if (field) fields.set(y, field);
      // A layer that stands in several places is called in their order.
      const name = names.length > 1 ? names.shift()! : names[0]!;
      rows.push(rowOf(name, layer, x, y, machine.multiplyAdds - before, field));
      return y;
    };
  };
  const undo: (() => void)[] = [];
  try {
    for (const [layer, names] of leaves(model)) {
      undo.push(replaceForward(layer, observe(layer, names, layer.forward)));
    }
    runDry(machine, model, shape, (x) => {
      fields.set(x, { size: [1, 1], stride: [1, 1], offset: [0, 0] });
      model.forward(x);
    });
  } finally {
    for (const restore of undo) restore();
  }
  return { rows, multiplyAdds: machine.multiplyAdds };
}

/** The modules that have no modules inside, with a full name for every place where they stand. */
function leaves(
  module: Layer,
  name = "",
  above: readonly Layer[] = [],
  found = new Map<Layer, string[]>(),
): Map<Layer, string[]> {
  const path = [...above, module];
  // A part may point back at its whole, which it does not hold.
  const inner = module.children().filter(([, child]) => !path.includes(child));
  if (inner.length === 0) found.set(module, [...(found.get(module) ?? []), name]);
  for (const [key, child] of inner)
    leaves(child, name === "" ? key : `${name}.${key}`, path, found);
  return found;
}

function fieldOf(
  layer: Layer,
  x: Tensor,
  field: Field | "all" | undefined,
): Field | "all" | undefined {
  const reach = layer.reach(x);
  if (reach === "unknown") return undefined;
  if (reach === "all" || field === "all") return "all";
  if (reach === "cell" || field === undefined) return field;
  return throughWindow(field, reach);
}

/** A window of k cells over cells that are `stride` apart sees (k − 1)·stride more, and begins padding·stride before. */
function throughWindow(field: Field, window: WindowGeometry): Field {
  const both = (axis: (i: 0 | 1) => number) => [axis(0), axis(1)] as const;
  const { kernel, dilation, padding } = window;
  return {
    size: both((i) => field.size[i] + (kernel[i] - 1) * dilation[i] * field.stride[i]),
    stride: both((i) => field.stride[i] * window.stride[i]),
    offset: both((i) => field.offset[i] - padding[i][0] * field.stride[i]),
  };
}

function rowOf(
  name: string,
  layer: Layer,
  x: Tensor,
  y: Tensor,
  multiplyAdds: number,
  field: Field | "all" | undefined,
): SummaryRow {
  const parameters = layer.parameters().reduce((total, p) => total + p.size, 0);
  const box = field === undefined || field === "all" ? null : field;
  const [inputs, outputs] = [x, y].map((t) => t.size / Math.max(t.shape[0] ?? 1, 1)) as [
    number,
    number,
  ];
  return {
    name,
    layer: String(layer),
    outputShape: y.shape,
    parameters,
    parametersIfDense:
      parameters === 0 || layer.reach(x) === "cell" ? null : inputs * outputs + outputs,
    multiplyAdds,
    receptiveField: field === "all" ? "all" : (box?.size ?? null),
    receptiveStride: box?.stride ?? null,
    receptiveOffset: box?.offset ?? null,
  };
}

function format({ inputShape, rows, parameters, multiplyAdds }: Omit<Summary, "toString">): string {
  const count = (n: number) => n.toLocaleString("en-US");
  const lines = rows.map((row) => [
    row.name,
    row.layer,
    formatShape(row.outputShape),
    count(row.parameters),
    row.parametersIfDense === null ? "" : count(row.parametersIfDense),
    count(row.multiplyAdds),
    row.receptiveField === null
      ? "–"
      : row.receptiveField === "all"
        ? "all"
        : row.receptiveField.join("×"),
  ]);
  const total = ["total", "", "", count(parameters), "", count(multiplyAdds), ""];
  const table = [
    HEADER,
    ["", "input", formatShape(inputShape), "", "", "", "1×1"],
    ...lines,
    total,
  ];
  const widths = HEADER.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  const isNumber = (column: number) => column >= 3 && column <= 5;
  const print = (line: readonly string[]) =>
    line
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("──");
  const [header, ...body] = table.map(print);
  return [header, rule, ...body.slice(0, -1), rule, body.at(-1)].join("\n");
}
