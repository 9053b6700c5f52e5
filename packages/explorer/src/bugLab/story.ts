import { formatNumber } from "../matrix/formatNumber.ts";

/** Where the errors are taken to have run away. */
export const FAR = 1e12;

/** What became of a training. */
export interface Story {
  readonly first: number;
  readonly last: number;
  /** The step of the lowest error. */
  readonly lowestStep: number;
  readonly lowest: number;
  /** The first step whose error is above 1e12 or no number. */
  readonly passedStep: number | null;
  /** The first step whose error is infinite or NaN. */
  readonly overflowStep: number | null;
}

const stepOf = (errors: readonly number[], is: (error: number) => boolean): number | null => {
  const step = errors.findIndex(is);
  return step < 0 ? null : step;
};

/** Reads the errors of a training, one before each step. */
export function storyOf(errors: readonly number[]): Story {
  const lowest = errors.reduce((least, e) => (e < least ? e : least), errors[0]!);
  return {
    first: errors[0]!,
    last: errors.at(-1)!,
    lowestStep: errors.indexOf(lowest),
    lowest,
    passedStep: stepOf(errors, (e) => !(e <= FAR)),
    overflowStep: stepOf(errors, (e) => !Number.isFinite(e)),
  };
}

/** A story in a sentence or two. */
export function tell(story: Story, steps: number): string {
  const { first, last, lowest, lowestStep, passedStep, overflowStep } = story;
  const [from, low, now] = [first, lowest, last].map((e) => formatNumber(e));
  if (steps === 0) return `E begins at ${from}.`;
  if (lowestStep === steps || last <= 1.001 * lowest)
    return `E falls from ${from} to ${now} in ${steps} ${steps === 1 ? "step" : "steps"}, and is at its lowest now.`;
  if (last < 1e-20 * first)
    return `E falls from ${from} to ${now} in ${steps} steps: nothing but rounding is left.`;
  const fall =
    lowestStep === 0
      ? `E never falls below its first value, ${from}`
      : `E falls from ${from} to ${low} at step ${lowestStep}, then goes up`;
  if (overflowStep !== null)
    return `${fall}, passes 1e12 at step ${passedStep}, and at step ${overflowStep} is no longer a finite number.`;
  if (passedStep !== null)
    return `${fall} and never stops: it passes 1e12 at step ${passedStep}, and is ${now} at step ${steps}.`;
  return `${fall}: it is ${now} at step ${steps}.`;
}
