import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { type Checked, check } from "./compiler.ts";

/** Instantiations when they were last looked at. */
const recorded = JSON.parse(readFileSync(join(import.meta.dirname, "budget.json"), "utf8"));

const IMPORTS = `import { Conv2D, Dense, Flatten, MaxPool, ReLU, Sequential } from "@convgrad/layers";\n`;

const leNet = `const model = Sequential.of([1, 28, 28],
  new Conv2D(1, 6, 5, { padding: 2 }), new ReLU(), new MaxPool(2), new Conv2D(6, 16, 5), new ReLU(), new MaxPool(2),
  new Flatten(), new Dense(400, 120), new ReLU(), new Dense(120, 84), new ReLU(), new Dense(84, 10));`;

/** VGG-16: "M" is a pooling, a number a convolution with so many filters. */
const stages = [
  64,
  64,
  "M",
  128,
  128,
  "M",
  256,
  256,
  256,
  "M",
  512,
  512,
  512,
  "M",
  512,
  512,
  512,
  "M",
];

function vgg16(): string {
  let channels = 3;
  const features = stages.map((stage) => {
    if (stage === "M") return "new MaxPool(2)";
    const text = `new Conv2D(${channels}, ${stage}, 3, { padding: 1 }), new ReLU()`;
    channels = Number(stage);
    return text;
  });
  return `const model = Sequential.of([3, 224, 224], ${features.join(", ")}, new Flatten(), new Dense(25088, 4096),
    new ReLU(), new Dense(4096, 4096), new ReLU(), new Dense(4096, 1000));`;
}

/**
 * Seconds of a processor and instantiations, both over a program without a model. The best of three, as in an editor that
 * has been open for a while; of eight where they are over the budget, since other programs on the machine only add to them.
 */
function over(code: string, budget: number): Checked & { seconds: number } {
  const measure = (program: string) => {
    const start = process.cpuUsage();
    const checked = check(IMPORTS + program);
    const { user, system } = process.cpuUsage(start);
    return { ...checked, seconds: (user + system) / 1e6 };
  };
  const quicker = (p: ReturnType<typeof measure>, q: typeof p) => (p.seconds < q.seconds ? p : q);
  const empty = "const model = new Sequential(new ReLU());";
  let [least, full] = [measure(empty), measure(code)];
  for (let run = 1; run < 3 || (run < 8 && full.seconds - least.seconds >= budget); run++) {
    least = quicker(least, measure(empty));
    full = quicker(full, measure(code));
  }
  return {
    ...full,
    instantiations: full.instantiations - least.instantiations,
    seconds: full.seconds - least.seconds,
  };
}

beforeAll(() => {
  check(IMPORTS + vgg16()); // so that the engine has compiled the compiler
});

it.each([
  ["leNet", leNet, 0.3, "Sequential<[1, 28, 28], [10]>"],
  ["vgg16", vgg16(), 1.5, "Sequential<[3, 224, 224], [1000]>"],
])("%s is checked in its budget", (name, code, budget, type) => {
  const { mistakes, types, seconds, instantiations } = over(code, budget);
  expect(mistakes).toEqual([]);
  expect(types.get("model")).toBe(type);
  expect(seconds, `${instantiations} instantiations`).toBeLessThan(budget);
  expect(instantiations, "raise budget.json only with a reason").toBeLessThan(
    (recorded[name] * 4) / 3,
  );
});
