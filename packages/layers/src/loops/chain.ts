import { formatShape, type Shape, type Tensor } from "@convgrad/core";
import { type Arguments, define, headline, type Loops } from "./loops.ts";
import { comment, lines } from "./write.ts";

/** A layer of a chain with its input and output. */
export interface Link {
  readonly layer: string;
  readonly loops: Loops;
  readonly x: Shape;
  readonly y: Shape;
}

/** Layers one after another: a pair of functions for each, and a pair that calls them in order and backwards. */
export function chainLoops(links: readonly Link[]): Loops {
  const names = new Map<Tensor, string>();
  /** What a layer's arguments are called outside; a tensor of several layers has one name. */
  const rename = (given: Arguments, position: number): [string, Tensor | null][] =>
    Object.entries(given).map(([name, tensor]) => {
      const fresh = positioned(name, position);
      const outside = (tensor && names.get(tensor)) ?? fresh;
      if (tensor) names.set(tensor, outside);
      return [outside, tensor];
    });
  const parameters = links.map(({ loops }, k) => rename(loops.parameters, k));
  const extras = links.map(({ loops }, k) => rename(loops.extras, k));
  const all = {
    parameters: Object.fromEntries(parameters.flat()) as Loops["parameters"],
    extras: Object.fromEntries(extras.flat()),
  };
  const given = Object.keys({ ...all.parameters, ...all.extras });
  const inner = (k: number) => [...parameters[k]!, ...extras[k]!].map(([name]) => name);
  const input = (k: number) => (k === 0 ? "x" : `x${k}`);
  const call = (k: number) => `layer${k}Forward(${[input(k), ...inner(k)].join(", ")})`;
  const last = links.length - 1;
  const keep = links
    .slice(0, -1)
    .map(({ y }, k) => `const ${input(k + 1)} = ${call(k)}; // ${formatShape(y)}`);
  const back = links.map((_, k) => {
    const g = k === last ? "g" : `layer${k + 1}.gx`;
    return `const layer${k} = layer${k}Backward(${[g, input(k), ...inner(k)].join(", ")});`;
  });
  const gradients = Object.keys(all.parameters).map((name) => {
    const parts = links.flatMap(({ loops }, k) =>
      Object.keys(loops.parameters)
        .filter((_, at) => parameters[k]![at]![0] === name)
        .map((letter) => `layer${k}.g${letter}`),
    );
    return `g${name}: ${parts.reduce((sum, part) => `${sum}.map((value, k) => value + ${part}[k])`)},`;
  });
  const code = [
    ...links.map(({ layer, loops, x, y }, k) =>
      lines(
        `// Layer ${k}: ${headline(layer, loops, x, y)}`,
        "",
        prefixed(loops.code, `layer${k}`),
      ).replace("\n", "\n\n"),
    ),
    lines(
      comment("Each layer takes the output of the one before."),
      define(
        "forward",
        ["x", ...given],
        ": Float64Array",
        lines(...keep, `return ${last < 0 ? "x" : call(last)};`),
      ),
    ),
    lines(
      comment("From g = ∂L/∂y back to x: the gx of a layer is the g of the one before."),
      define(
        "backward",
        ["g", "x", ...given],
        "",
        lines(
          ...keep,
          ...back.reverse(),
          "return {",
          `  gx: ${last < 0 ? "g" : "layer0.gx"},`,
          ...gradients.map((line) => `  ${line}`),
          "};",
        ),
      ),
    ),
  ];
  return { code: code.join("\n\n"), ...all };
}

/** `w` of layer 3 is w3; a `w0` within layer 3 is w3_0. */
function positioned(name: string, position: number): string {
  return name.replace(
    /^(\D+)(.*)$/,
    (_, letters: string, rest: string) => `${letters}${position}${rest && `_${rest}`}`,
  );
}

/** The functions of some code under other names: `layer3Forward`. */
function prefixed(code: string, prefix: string): string {
  return [...code.matchAll(/^export function (\w+)/gm)].reduce(
    (text, [, name]) =>
      text.replaceAll(
        new RegExp(`\\b${name}\\(`, "g"),
        `${prefix}${name![0]!.toUpperCase()}${name!.slice(1)}(`,
      ),
    code,
  );
}
