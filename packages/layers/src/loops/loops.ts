import { formatShape, type Shape, type Tensor } from "@convgrad/core";
import { block, comment, lines } from "./write.ts";

/** Arguments of printed functions by name: the tensor that each stands for, or its shape where the caller makes it. */
export type Arguments = Readonly<Record<string, Tensor | Shape>>;

/** A layer as plain loops, for an input and an output of given shapes: what `toLoops()` prints. */
export interface Loops {
  /**
   * TypeScript with the functions `forward(x, …parameters, …extras)`, which returns y, and
   * `backward(g, x, …parameters, …extras)`, which returns gx and then a gradient per parameter: the name after a g.
   */
  readonly code: string;
  /** The parameters, by the names of the arguments, in the order of `namedParameters()`. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** What else the layer needs: running statistics, the mask of a dropout. */
  readonly extras: Arguments;
}

/** What {@link loopPair} makes functions of. */
export interface LoopPair {
  /** Parameters by their letters; `null` for one that this layer does without. */
  readonly parameters?: Readonly<Record<string, Tensor | null>>;
  readonly extras?: Arguments;
  /** The equation of y. */
  readonly equation: readonly string[];
  /** The equations of the gradients. */
  readonly gradients: readonly string[];
  readonly forward: string;
  readonly backward: string;
  /** Functions that both use. */
  readonly shared?: string;
}

/** Writes a layer's functions. */
export function loopPair(pair: LoopPair): Loops {
  const { extras = {}, shared } = pair;
  const parameters = Object.fromEntries(
    Object.entries(pair.parameters ?? {}).filter((entry): entry is [string, Tensor] => !!entry[1]),
  );
  const names = ["x", ...Object.keys(parameters), ...Object.keys(extras)];
  const code = [
    shared,
    lines(comment(...pair.equation), define("forward", names, ": Float64Array", pair.forward)),
    lines(comment(...pair.gradients), define("backward", ["g", ...names], "", pair.backward)),
  ];
  return { code: code.filter(Boolean).join("\n\n"), parameters, extras };
}

/** A function of flat arrays; many arguments stand one below the other. */
export function define(
  name: string,
  names: readonly string[],
  result: string,
  body: string,
): string {
  const all = names.map((argument) => `${argument}: Float64Array`);
  const head = (inner: string) => `export function ${name}(${inner})${result}`;
  const line = head(all.join(", "));
  return block(line.length < 98 ? line : head(`\n  ${all.join(",\n  ")},\n`), body);
}

/** `Conv2D(1 → 6, 5×5): x [1, 1, 28, 28], w [6, 1, 5, 5], b [6] → y [1, 6, 24, 24]` */
export function headline(layer: string, { parameters, extras }: Loops, x: Shape, y: Shape): string {
  const given = Object.entries({ ...parameters, ...extras }).map(
    ([name, value]) => `, ${name} ${formatShape("shape" in value ? value.shape : value)}`,
  );
  return `${layer}: x ${formatShape(x)}${given.join("")} → y ${formatShape(y)}`;
}
