import { requireTensor } from "../construct.ts";
import { arange } from "../create.ts";
import { checkDType, type DType, requireDType } from "../dtype.ts";
import { checkOptions, checkWhole, ShapeError, ValueError } from "../errors.ts";
import { gather } from "../primitives/select.ts";
import { formatShape, resolveAxis } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { broadcastTo, equal } from "./arithmetic.ts";
import { reshapeTo, unsqueeze } from "./shape.ts";

/** y[…, i, …] = x[…, index[i], …] along an axis, for a vector of positions (int32), each from 0 on. */
export function indexSelect(x: Tensor, axis: number, index: Tensor): Tensor {
  requireTensor("indexSelect", "index", index);
  requireDType("indexSelect", "index", index, "int32");
  const at = resolveAxis("indexSelect", axis, x.rank);
  if (index.rank !== 1) {
    throw new ShapeError(
      "indexSelect",
      `the index must be a vector, not ${formatShape(index.shape)}; flatten() it, or use gather`,
      { index: index.shape },
    );
  }
  const aligned = reshapeTo(
    index,
    x.shape.map((_, i) => (i === at ? index.size : 1)),
  );
  return gather(x, broadcastTo(aligned, x.shape.with(at, index.size)), { axis: at });
}

/**
 * `[…] → […, classes]`: 1 at the place that the label names, 0 elsewhere. As PyTorch's `one_hot`, but float32.
 *
 * @param labels int32, 0 ≤ label < classes
 * @throws {@link ValueError} naming a label out of range; {@link DTypeError} for labels that are not int32.
 * @example
 * oneHot(tensor([2, 0], { dtype: "int32" }), 3).toArray(); // [[0, 0, 1], [1, 0, 0]]
 */
export function oneHot(
  labels: Tensor,
  classes: number,
  options: { readonly dtype?: DType } = {},
): Tensor {
  checkOptions("oneHot", options, ["dtype"]);
  const { dtype = "float32" } = options;
  requireTensor("oneHot", "list of labels", labels);
  requireDType("oneHot", "list of labels", labels, "int32");
  checkWhole("oneHot", "classes", classes, 1);
  checkDType("oneHot", dtype);
  countLabels("oneHot", labels, classes);
  const all = arange(0, classes, 1, { dtype: "int32" });
  return equal(unsqueeze(labels, labels.rank), all).to(dtype);
}

/**
 * The number of labels that count, of a tensor of any shape: all but those equal to `ignoreIndex`.
 *
 * @throws {@link ValueError} naming a label that is no class: `nll: label 3 is out of range; …`
 */
export function countLabels(
  operation: string,
  labels: Tensor,
  classes: number,
  ignoreIndex?: number,
): number {
  const counted = labels.toTypedArray().filter((label) => label !== ignoreIndex);
  const wrong = counted.find((label) => label < 0 || label >= classes);
  if (wrong === undefined) return counted.length;
  throw new ValueError(
    operation,
    `label ${wrong} is out of range; there are ${classes} classes, 0 to ${classes - 1}`,
    { label: wrong, classes },
  );
}
