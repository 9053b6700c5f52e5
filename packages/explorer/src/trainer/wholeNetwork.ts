import { ValueError } from "@convgrad/core";
import type { Sequential } from "@convgrad/layers";
import { buildNetwork, type Task } from "../network/buildNetwork.ts";
import type { Recipe } from "../network/recipe.ts";
import { releaseModel } from "../network/releaseModel.ts";

/** Multiplications with addition of a step's forward pass, at most: some seconds. */
const MOST_WORK = 2e10;
/** Numbers that the layers give in a step, at most: 0.5 GB, and as much for their gradients. */
const MOST_OUTPUTS = 2 ** 27;

/**
 * The network of a recipe, if it is one, and none that would keep the page waiting.
 *
 * @throws {@link ValueError} for another.
 */
export function wholeNetwork({ layers, batch }: Recipe, task: Task): Sequential {
  const { model, rows, multiplyAdds } = buildNetwork(layers, task);
  const fault = rows.findIndex(({ error }) => error !== null);
  if (!model) {
    const reason =
      fault < 0 ? "has no layer; add some" : `card ${fault + 1}: ${rows[fault]!.error}`;
    throw new ValueError("network", reason, { card: fault });
  }
  const outputs = rows.reduce((sum, { shape }) => sum + shape!.reduce((a, b) => a * b, 1), 0);
  if (batch * multiplyAdds <= MOST_WORK && batch * outputs <= MOST_OUTPUTS) return model;
  releaseModel(model);
  throw new ValueError(
    "network",
    `a step on ${batch} images takes ${(batch * multiplyAdds).toExponential(1)} multiplications and ` +
      `${(batch * outputs).toExponential(1)} numbers at once, too much for a page; lower the batch, or pool earlier`,
    { batch, multiplyAdds, outputs },
  );
}
