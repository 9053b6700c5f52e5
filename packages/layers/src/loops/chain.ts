import { formatShape, type Shape, type Tensor } from "@convgrad/core";
import { type Arguments, define, headline, type Loops } from "./loops.ts";
import { loopsOf, outputShape, type Printable } from "./print.ts";
import { comment, lines } from "./write.ts";

/** A module in a larger one, with its input and output. */
export interface Part {
  /** Before the names of its functions: `layer0`. */
  readonly name: string;
  readonly module: Printable;
  readonly x: Shape;
  readonly y: Shape;
}

/** A {@link Part} as code. */
export interface WrittenPart {
  /** `layer0Forward(x, w0, b0)` */
  forward(x: string): string;
  /** `const layer0 = layer0Backward(g, x, w0, b0);` */
  backward(g: string, x: string): string;
}

/** Names of arguments as the whole has them, and as the part has them. */
type Renamed = readonly { readonly outside: string; readonly inside: string }[];

/**
 * The loops of a module made of others: the functions of all parts, and a pair that calls them.
 *
 * @param body writes the pair: its two comments, what y is, and how gx comes about.
 */
export function composedLoops(
  parts: readonly Part[],
  body: (parts: readonly WrittenPart[]) => {
    readonly about: readonly [forward: string, backward: string];
    readonly forward: string;
    readonly backward: string;
    readonly gx: string;
  },
): Loops {
  const all = parts.map(({ module, x, y }) => loopsOf(module, x, y));
  const names = new Map<Tensor | Shape, string>();
  const given: Record<"parameters" | "extras", Record<string, Tensor | Shape>> = {
    parameters: {},
    extras: {},
  };
  /** A tensor of several parts has one name. */
  const rename = (kind: "parameters" | "extras", inner: Arguments, position: number): Renamed =>
    Object.entries(inner).map(([inside, value]) => {
      const isTensor = "shape" in value;
      const outside = (isTensor && names.get(value)) || positioned(inside, position);
      names.set(value, outside);
      given[kind][outside] = value;
      return { outside, inside };
    });
  const parameters = all.map((loops, k) => rename("parameters", loops.parameters, k));
  const extras = all.map((loops, k) => rename("extras", loops.extras, k));
  const written = parts.map(({ name }, k): WrittenPart => {
    const inner = [...parameters[k]!, ...extras[k]!].map(({ outside }) => outside);
    return {
      forward: (x) => `${name}Forward(${[x, ...inner].join(", ")})`,
      backward: (g, x) => `const ${name} = ${name}Backward(${[g, x, ...inner].join(", ")});`,
    };
  });
  const gradients = Object.keys(given.parameters).map((outside) => {
    const terms = parameters.flatMap((list, k) =>
      list
        .filter((renamed) => renamed.outside === outside)
        .map(({ inside }) => `${parts[k]!.name}.g${inside}`),
    );
    return `g${outside}: ${added(terms)},`;
  });
  const { about, forward, backward, gx } = body(written);
  const inputs = ["x", ...Object.keys(given.parameters), ...Object.keys(given.extras)];
  const code = [
    ...parts.flatMap(({ name, module, x, y }, k) => [
      `// ${name}, ${headline(String(module), all[k]!, x, y)}`,
      prefixed(all[k]!.code, name),
    ]),
    lines(comment(about[0]), define("forward", inputs, ": Float64Array", forward)),
    lines(
      comment(about[1]),
      define(
        "backward",
        ["g", ...inputs],
        "",
        lines(
          backward,
          "return {",
          ...[`gx: ${gx},`, ...gradients].map((line) => `  ${line}`),
          "};",
        ),
      ),
    ),
  ];
  return {
    code: code.join("\n\n"),
    parameters: given.parameters as Loops["parameters"],
    extras: given.extras,
  };
}

/** The loops of modules one after another. */
export function chainLoops(modules: readonly Printable[], x: Shape): Loops {
  let input = x;
  const parts = modules.map((module, k): Part => {
    const part = { name: `layer${k}`, module, x: input, y: outputShape(module, input) };
    input = part.y;
    return part;
  });
  const last = parts.length - 1;
  const name = (k: number) => (k === 0 ? "x" : `x${k}`);
  return composedLoops(parts, (written) => {
    const keep = parts
      .slice(0, -1)
      .map(({ y }, k) => `const x${k + 1} = ${written[k]!.forward(name(k))}; // ${formatShape(y)}`);
    const back = written.map((part, k) =>
      part.backward(k === last ? "g" : `layer${k + 1}.gx`, name(k)),
    );
    const y = written[last]?.forward(name(last)) ?? "x.slice()";
    return {
      about: [
        "Each layer takes the output of the one before.",
        "From g = ∂L/∂y back to x: the gx of a layer is the g of the one before.",
      ],
      forward: lines(...keep, `return ${y};`),
      backward: lines(...keep, ...back.reverse()),
      gx: last < 0 ? "g.slice()" : "layer0.gx",
    };
  });
}

/** The loops of `Residual`: y = activation(body(x) + shortcut(x)). */
export function residualLoops(
  body: Printable,
  shortcut: Printable | null,
  activation: Printable | null,
  x: Shape,
): Loops {
  const y = outputShape(body, x);
  const parts: Part[] = [{ name: "body", module: body, x, y }];
  if (shortcut) parts.push({ name: "shortcut", module: shortcut, x, y });
  if (activation) parts.push({ name: "activation", module: activation, x: y, y });
  return composedLoops(parts, (written) => {
    const at = (name: string) => written[parts.findIndex((part) => part.name === name)];
    const past = at("shortcut")?.forward("x") ?? "x";
    const sum = lines(
      `const past = ${past};`,
      `const sum = ${at("body")!.forward("x")}.map((value, k) => value + past[k]);`,
    );
    const delta = activation ? "activation.gx" : "g";
    return {
      about: [
        "What the body adds to what goes past it.",
        "The gradient goes through the body and past it, and adds up.",
      ],
      forward: lines(sum, `return ${at("activation")?.forward("sum") ?? "sum"};`),
      backward: lines(
        activation && sum,
        activation && at("activation")!.backward("g", "sum"),
        at("body")!.backward(delta, "x"),
        shortcut && at("shortcut")!.backward(delta, "x"),
      ),
      gx: added(["body.gx", shortcut ? "shortcut.gx" : delta]),
    };
  });
}

/** Arrays added up cell by cell. */
const added = (terms: readonly string[]): string =>
  terms.reduce((sum, term) => `${sum}.map((value, k) => value + ${term}[k])`);

/** `w` of layer 3 is w3; a `w0` within layer 3 is w3_0. */
const positioned = (name: string, position: number): string =>
  name.replace(
    /^(\D+)(.*)$/,
    (_, letters: string, rest: string) => `${letters}${position}${rest && `_${rest}`}`,
  );

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
