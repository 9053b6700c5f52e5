import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../../../../test/oracle/closeness.ts";
import { erratumNumbers } from "./erratum.ts";
import { EXAMPLES, type ExampleName } from "./examples.ts";
import { layerNumbers } from "./layer.ts";

interface Golden {
  readonly name: string;
  readonly config: { readonly f: string };
  readonly inputs: Record<string, { shape: number[]; data: number[] }>;
  readonly outputs: Record<string, { data: number[] }> & { E_eq9: number };
  readonly grads: Record<string, { data: number[] }>;
  readonly traps: Record<string, { data: number[] }>;
}

const file = new URL("../../../../test/golden/data/seed_equations.json", import.meta.url);
const cases: Golden[] = JSON.parse(readFileSync(file, "utf8")).cases;
const CLOSE = { rtol: 1e-12, atol: 1e-12 };

describe.each(Object.keys(EXAMPLES) as ExampleName[])("the article's layer %s", (name) => {
  const golden = cases.find((c) => c.name === name)!;
  const layer = EXAMPLES[name];
  const close = (what: string, found: { values: ArrayLike<number> }, wish: { data: number[] }) =>
    expectNumbers(what, found.values, wish.data, CLOSE);

  it("has the golden case's inputs", () => {
    expect(layer.f).toBe(golden.config.f);
    expect([layer.bias]).toEqual(golden.inputs["b"]!.data);
    for (const [part, key] of [
      ["x", "x_l"],
      ["w", "w"],
      ["target", "target"],
    ] as const) {
      const { rows, columns, values } = layer[part];
      expect({ shape: [rows, columns], data: values }).toMatchObject({
        shape: golden.inputs[key]!.shape,
        data: golden.inputs[key]!.data,
      });
    }
  });

  it("gives the golden outputs and gradients, by every form of them", () => {
    const n = layerNumbers(layer);
    close("o", n.o, golden.outputs["o_l"]!);
    close("next", n.next, golden.outputs["x_next"]!);
    expectNumbers("E", [n.E], [golden.outputs.E_eq9], CLOSE);
    close("delta", n.delta, golden.outputs["delta"]!);
    close("dW", n.dw, golden.grads["eq13_dW"]!);
    close("eq. (13)", n.eq13.plane, golden.grads["eq13_dW"]!);
    close("eq. (14)", n.eq14.plane, golden.grads["eq14_dW_conv_of_o_with_rot180_delta"]!);
    close("dX", n.dx, golden.grads["eq20_dX"]!);
    close("product", n.product.plane, golden.grads["eq20_dX"]!);
    expectNumbers("dB", [n.db], golden.grads["dB"]!.data, CLOSE);
    expect([n.eq13.same, n.eq14.same, n.dO.same, n.product.same]).toEqual([true, true, true, true]);
  });

  it("shows eq. (21) and (22) wrong to the letter and right corrected", () => {
    const { eq20, readings, evenKernel, evenDelta } = erratumNumbers(layer);
    close("eq. (20)", eq20, golden.grads["eq20_dX"]!);
    close(
      "eq. (22) to the letter",
      readings["22-printed"].plane,
      golden.traps["eq22_read_literally_full_CONVOLUTION_with_rot180_w"]!,
    );
    close(
      "eq. (22)",
      readings["22-corrected"].plane,
      golden.grads["eq22_dX_full_correlation_of_delta_with_rot180_w"]!,
    );
    expect(readings["21-corrected"].same && readings["22-corrected"].same).toBe(true);
    expect(readings["22-printed"].same).toBe(evenKernel);
    expect(readings["21-printed"].same).toBe(evenDelta);
    expect(evenKernel && evenDelta).toBe(false);
  });
});
