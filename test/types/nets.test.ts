import * as layers from "@convgrad/layers";
import fc from "fast-check";
import { expect, it } from "vitest";
import { check } from "./compiler.ts";
import { type Net, nets, type Spec, shapeAfter, withOptions, write } from "./randomNets.ts";

const SEED = 20_261_122;
const names = Object.keys(layers).filter((name) => /^[A-Z]/.test(name));
const IMPORTS = `import { ${names.join(", ")} } from "@convgrad/layers";\n`;

/** One statement; the layers stand in lines of their own. */
function statement(name: string, { input, specs }: Net): string {
  const lines = specs.map((spec) => `  ${write(spec)},`);
  return [`const ${name} = Sequential.of([${input.join(", ")}],`, ...lines, ");"].join("\n");
}

it("500 random nets have the shapes in their types that they have at run time", () => {
  const samples = fc.sample(nets, { numRuns: 500, seed: SEED });
  const code = IMPORTS + samples.map((net, i) => statement(`net${i}`, net)).join("\n");
  const { mistakes, types } = check(code);
  const lines = code.split("\n");
  expect(mistakes.map(({ line, message }) => `${lines[line]} ${message}`)).toEqual([]);
  const text = (shape: readonly number[]) => `[${shape.join(", ")}]`;
  samples.forEach((net, i) => {
    expect(types.get(`net${i}`), statement(`net${i}`, net)).toBe(
      `Sequential<${text(net.input)}, ${text(net.shapes.at(-1)!)}>`,
    );
  });
});

/** What is wrong with a layer that was made for another input, or `null` where it takes any. */
function broken(spec: Spec, shape: readonly number[], kind: number): Spec | null {
  const [first, ...rest] = spec.args as [number, ...unknown[]];
  if (spec.type === "GroupNorm") return { ...spec, args: [1, (rest[0] as number) + 1] };
  if (spec.type === "Reshape") return { ...spec, args: [shape[0]! + 1, shape[1]! * shape[2]!] };
  if (spec.type === "PReLU" && first === undefined) return null;
  if (/^(Max|Avg)Pool$/.test(spec.type)) return { ...spec, args: [[1, 2_000], {}] };
  if (/Conv2D|BatchNorm|Subsample|Dense|PReLU/.test(spec.type)) {
    if (spec.type === "Conv2D" && kind % 3 === 0) {
      return { ...spec, args: [first, rest[0], [1, 2_000], { padding: 1 }] };
    }
    return {
      ...spec,
      args: [first + 1 + (kind % 2), ...rest.map((n, i) => (i === 0 ? grown(n) : n))],
    };
  }
  return null;
}

/** Subsample may not have fewer filters than channels. */
const grown = (n: unknown) => (typeof n === "number" ? n + 2 : n);

it("each of 200 nets that are broken in one place fails at that place", () => {
  const plan = fc.tuple(nets, fc.nat(), fc.nat());
  const cases: { net: Net; at: number; wrong: Spec }[] = [];
  for (const [net, start, kind] of fc.sample(plan, { numRuns: 1_000, seed: SEED })) {
    if (cases.length === 200) break;
    for (let k = 0; k < net.specs.length; k++) {
      const at = (start + k) % net.specs.length;
      const shape = at === 0 ? net.input : net.shapes[at - 1]!;
      const wrong = broken(net.specs[at]!, shape, kind);
      if (!wrong || shapeAfter(wrong, shape)) continue;
      cases.push({ net: { ...net, specs: net.specs.with(at, wrong) }, at, wrong });
      break;
    }
  }
  expect(cases.length).toBe(200);
  let code = IMPORTS;
  const places = cases.map(({ net, at }, i) => {
    const line = code.split("\n").length + at;
    code += `${statement(`net${i}`, net)}\n`;
    return line;
  });
  const { mistakes } = check(code);
  expect(mistakes.map(({ line }) => line)).toEqual(places);
  mistakes.forEach(({ message }, i) => {
    const { at, wrong } = cases[i]!;
    expect(message).toContain(`parameter of type '"layer ${at}, ${wrong.type}: `);
    expect(message).toMatch(/(expects|does not fit|has) .*; .*(write|put|lower|must|change) /);
  });
});

it("a layer, and the same layer without one of its options, are two in a list", () => {
  const input = [4, 17, 12];
  const cases = fc
    .sample(fc.tuple(withOptions, fc.nat(), fc.boolean()), { numRuns: 300, seed: SEED })
    .flatMap(([wish, k, isFirst]) => {
      const { type, args } = wish(input);
      const options = Object.entries(args.at(-1) as object);
      const rest = Object.fromEntries(options.toSpliced(k % (options.length || 1), 1));
      const layers = [
        { type, args },
        { type, args: args.with(-1, rest) },
      ];
      const shapes = layers.map((layer) => shapeAfter(layer, input));
      return shapes.includes(null)
        ? []
        : [isFirst ? { layers, shapes } : { layers: layers.toReversed(), shapes }];
    });
  const lines = cases.flatMap(({ layers }, i) => [
    `const list${i} = [${layers.map(write).join(", ")}];`,
    `const y${i} = list${i}[0]!.forward(x);`,
  ]);
  const { mistakes, types } = check(
    [
      IMPORTS,
      `import { zeros } from "@convgrad/core"; const x = zeros([2, ${input}]);`,
      ...lines,
    ].join("\n"),
  );
  expect(mistakes).toEqual([]);
  expect(cases.length).toBeGreaterThan(100);
  cases.forEach(({ shapes }, i) => {
    const expected = new Set(shapes.map((shape) => `Tensor<[2, ${shape!.join(", ")}]>`));
    expect(new Set(types.get(`y${i}`)!.split(" | ")), lines[2 * i]).toEqual(expected);
  });
});
