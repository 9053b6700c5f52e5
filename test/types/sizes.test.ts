import fc from "fast-check";
import { expect, it } from "vitest";
import { check } from "./compiler.ts";

const MOST = 4_096;
const size = fc.oneof(
  fc.integer({ min: 0, max: MOST }),
  fc.constantFrom(0, 1, 2, 9, 10, 99, 100, 999, 1_000, 2_047, 2_048, 4_095, MOST),
);
const NAMES = ["Add", "Subtract", "Multiply", "Divide"];
const IMPORTS = `import type { ${NAMES.join(", ")} } from "@convgrad/core";\n`;

const RESULTS: Readonly<Record<string, (a: number, b: number) => string>> = {
  Add: (a, b) => String(a + b),
  Subtract: (a, b) => (a < b ? "never" : String(a - b)),
  Multiply: (a, b) => String(a * b),
  Divide: (a, b) => (b === 0 ? "number" : String(Math.floor(a / b))),
};

/** The types of expressions of types. */
function typesOf(expressions: readonly string[]): (string | undefined)[] {
  const lines = expressions.map((text, i) => `const t${i} = null! as ${text};`);
  const { types, mistakes } = check(IMPORTS + lines.join("\n"));
  expect(mistakes).toEqual([]);
  return expressions.map((_, i) => types.get(`t${i}`));
}

it("the compiler's arithmetic is right up to 4,096, a thousand times for each operation", () => {
  const pairs = fc.sample(fc.tuple(size, size), { numRuns: 1_000, seed: 1 });
  const cases = NAMES.flatMap((name) => pairs.map(([a, b]) => ({ name, a, b })));
  const types = typesOf(cases.map(({ name, a, b }) => `${name}<${a}, ${b}>`));
  const wrong = cases.filter(({ name, a, b }, i) => types[i] !== RESULTS[name]!(a, b));
  expect(wrong).toEqual([]);
});

it("is right far beyond, and says `number` of what it cannot know", () => {
  const known = {
    "Multiply<512, 49>": "25088",
    "Multiply<1048576, 1048576>": "1099511627776",
    "Divide<25088, 7>": "3584",
    "Add<3 | 5, 1>": "4 | 6",
  };
  const open = [
    ...["Add<number, 1>", "Subtract<1, number>", "Divide<number, number>", "Divide<5, 0>"],
    ...["Add<1.5, 1>", "Add<-1, 1>", "Multiply<1e21, 2>", "Multiply<9007199254740991, 3>"],
  ];
  expect(typesOf(Object.keys(known))).toEqual(Object.values(known));
  expect(typesOf(open)).toEqual(open.map(() => "number"));
});
