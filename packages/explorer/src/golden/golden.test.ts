import { describe, expect, it } from "vitest";
import { ARTICLE } from "./article.ts";
import { type GoldenTensor, goldenCases } from "./goldenCases.ts";
import { POOLING, type PoolingCase } from "./pooling.ts";
import { QUESTION } from "./question.ts";

interface Golden {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, GoldenTensor>>;
  readonly upstream?: Readonly<Record<string, GoldenTensor>>;
}
const caseOf = (name: string, file = "seed_equations") =>
  goldenCases<Golden>(`${file}.json`).find((c) => c.name === name)!;

/** The first plane of a tensor, as the explorer writes it. */
const gridOf = ({ shape, data }: GoldenTensor) => {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return { rows, columns, values: data.slice(0, rows * columns) };
};

describe("golden inputs are those of test/golden/data", () => {
  it.each(Object.entries(QUESTION))("%s", (name, own) => {
    const { config, inputs } = caseOf(name);
    expect(own).toEqual({
      stride: config["stride"],
      padding: config["padding"],
      image: gridOf(inputs["I"]!),
      filter: gridOf((inputs["F0"] ?? inputs["F"])!),
      target: gridOf(inputs["target"]!),
    });
  });

  it.each(Object.entries(ARTICLE))("%s", (name, own) => {
    const { config, inputs } = caseOf(name);
    expect([config["stride"], config["padding"]]).toEqual([1, 0]);
    expect(own).toEqual({
      x: gridOf(inputs["x_l"]!),
      f: config["f"],
      w: gridOf(inputs["w"]!),
      bias: inputs["b"]!.data[0],
      target: gridOf(inputs["target"]!),
    });
  });

  it.each(Object.entries<PoolingCase>(POOLING))("%s", (key, own) => {
    const [file, name] = key.split("/") as [string, string];
    const { config, inputs, upstream } = caseOf(name, file);
    const { kind, kernel, stride, padding, dilation = [1, 1], ceil = false } = own;
    if (file === "seed_equations") {
      const n = config["N"]; // the article's pools: windows side by side, max and average of one x
      expect({ kernel, stride, padding }).toEqual({
        kernel: [n, n],
        stride: [n, n],
        padding: [0, 0],
      });
    } else {
      expect(file).toBe({ max: "max_pool2d", avg: "avg_pool2d", l2: "lp_pool2d" }[kind]);
      expect({ kernel, stride, padding, ceil_mode: ceil }).toEqual({
        kernel: config["kernel"],
        stride: config["stride"],
        padding: config["padding"],
        ceil_mode: config["ceil_mode"],
      });
      expect(own.countPadding ?? true).toBe(config["count_include_pad"] ?? true);
      expect([config["divisor_override"] ?? null, config["p"] ?? 2]).toEqual([null, 2]);
    }
    expect(dilation).toEqual(config["dilation"] ?? [1, 1]);
    expect(own.x).toEqual(gridOf(inputs["x"]!));
    const given = upstream?.["y"] ?? upstream?.[kind];
    expect(own.delta).toEqual(given && gridOf(given));
  });
});
