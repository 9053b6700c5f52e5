/** Of each digit, the first so many images of MNIST's training file to train on, and the next so many to validate with. */
export const PER_DIGIT = { train: 160, validation: 40 } as const;

/**
 * Which images of MNIST's training file ship with the explorer: the first 200 of each digit, in the order of the file.
 * The program that the page prints chooses in the same way.
 */
export function chooseDigits(labels: ArrayLike<number>): {
  readonly train: number[];
  readonly validation: number[];
} {
  const chosen = { train: [] as number[], validation: [] as number[] };
  const seen = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) {
    const before = seen.get(labels[i]!) ?? 0;
    seen.set(labels[i]!, before + 1);
    if (before < PER_DIGIT.train) chosen.train.push(i);
    else if (before < PER_DIGIT.train + PER_DIGIT.validation) chosen.validation.push(i);
  }
  return chosen;
}
