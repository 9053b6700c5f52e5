import type { Tensor } from "@convgrad/core";
import { confusionMatrix, crossEntropy } from "@convgrad/layers";
import { weightsHash } from "@convgrad/train";
import type { Report } from "./protocol.ts";
import type { Training } from "./training.ts";

/**
 * Loss, accuracy and confusion over the images to validate with; `null` where `between`, which is called after each
 * batch, says that nobody wants to know any more.
 */
export async function validate(
  training: Training,
  between: () => Promise<boolean>,
): Promise<Extract<Report, { kind: "validated" }> | null> {
  const { step, sets, model } = training;
  const confusion = sets.classes.map(() => sets.classes.map(() => 0));
  let [loss, samples] = [0, 0];
  for await (const { images, labels } of training.validation()) {
    const [sum, counts] = training.inUse(() => {
      const logits = model.forward(images);
      const total = crossEntropy(logits, labels, { reduction: "sum" }).item();
      return [total, countsOf(logits, labels)] as const;
    });
    loss += sum;
    samples += labels.size;
    counts.forEach((row, truth) => {
      row.forEach((count, taken) => {
        confusion[truth]![taken]! += count;
      });
    });
    if (!(await between())) return null;
  }
  const hits = confusion.reduce((sum, row, k) => sum + row[k]!, 0);
  return {
    kind: "validated",
    step,
    loss: loss / samples,
    accuracy: hits / samples,
    confusion,
    weightsHash: await weightsHash(model.parameters()),
  };
}

const countsOf = (logits: Tensor, labels: Tensor) =>
  confusionMatrix(logits, labels).toArray() as number[][];
