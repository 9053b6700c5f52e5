import { describe, expect, it } from "vitest";
import { ARTICLE, type ArticleName } from "../golden/article.ts";
import { expectClose, type GoldenTensor, goldenCases } from "../golden/goldenCases.ts";
import type { Plane } from "../matrix/plane.ts";
import { erratumNumbers } from "./erratum.ts";
import { layerNumbers } from "./layer.ts";

interface Golden {
  readonly name: string;
  readonly outputs: Readonly<Record<string, GoldenTensor>> & { readonly E_eq9: number };
  readonly grads: Readonly<Record<string, GoldenTensor>>;
  readonly traps: Readonly<Record<string, GoldenTensor>>;
}

const cases = goldenCases<Golden>("seed_equations.json");

describe.each(Object.keys(ARTICLE) as ArticleName[])("the article's layer %s", (name) => {
  const golden = cases.find((c) => c.name === name)!;
  const layer = ARTICLE[name];
  const close = (found: Plane, wish: GoldenTensor) => expectClose(found.values, wish.data);

  it("gives the golden outputs and gradients, by every form of them", () => {
    const n = layerNumbers(layer);
    close(n.o, golden.outputs["o_l"]!);
    close(n.next, golden.outputs["x_next"]!);
    expectClose([n.E], [golden.outputs.E_eq9]);
    close(n.delta, golden.outputs["delta"]!);
    close(n.dw, golden.grads["eq13_dW"]!);
    close(n.eq13.plane, golden.grads["eq13_dW"]!);
    close(n.eq14.plane, golden.grads["eq14_dW_conv_of_o_with_rot180_delta"]!);
    close(n.dx, golden.grads["eq20_dX"]!);
    close(n.product.plane, golden.grads["eq20_dX"]!);
    expectClose([n.db], golden.grads["dB"]!.data);
    expect([n.eq13.same, n.eq14.same, n.dO.same, n.product.same]).toEqual([true, true, true, true]);
  });

  it("shows eq. (21) and (22) wrong to the letter and right corrected", () => {
    const { eq20, readings, evenKernel, evenDelta } = erratumNumbers(layer);
    close(eq20, golden.grads["eq20_dX"]!);
    close(
      readings["22-printed"].plane,
      golden.traps["eq22_read_literally_full_CONVOLUTION_with_rot180_w"]!,
    );
    close(
      readings["22-corrected"].plane,
      golden.grads["eq22_dX_full_correlation_of_delta_with_rot180_w"]!,
    );
    expect(readings["21-corrected"].same && readings["22-corrected"].same).toBe(true);
    expect(readings["22-printed"].same).toBe(evenKernel);
    expect(readings["21-printed"].same).toBe(evenDelta);
    expect(evenKernel && evenDelta).toBe(false);
  });
});
