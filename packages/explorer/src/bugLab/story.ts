import { formatNumber } from "../matrix/formatNumber.ts";

/** Where the errors are taken to have run away. */
export const FAR = 1e12;

/** What became of a training. */
export interface Story {
  readonly first: number;
  readonly last: number;
  /** The step of the lowest error; 0 where none is finite. */
  readonly lowestStep: number;
  readonly lowest: number;
  /** The highest finite error. */
  readonly highest: number;
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
  const finite = errors.filter(Number.isFinite);
  const lowest = finite.reduce((least, e) => Math.min(least, e), Number.POSITIVE_INFINITY);
  return {
    first: errors[0]!,
    last: errors.at(-1)!,
    lowestStep: Math.max(errors.indexOf(lowest), 0),
    lowest: finite.length > 0 ? lowest : errors[0]!,
    highest: finite.reduce((most, e) => Math.max(most, e), 0),
    passedStep: stepOf(errors, (e) => !(e <= FAR)),
    overflowStep: stepOf(errors, (e) => !Number.isFinite(e)),
  };
}

/** A story in a sentence or two. */
export function tell(story: Story, steps: number): string {
  const { first, last, lowest, highest, lowestStep, passedStep, overflowStep } = story;
  const [from, low, now] = [first, lowest, last].map((e) => formatNumber(e));
  if (overflowStep === 0) return `E is ${from} from the beginning: no slope leads anywhere.`;
  if (steps === 0) return `E begins at ${from}.`;
  if (overflowStep === null) {
    if (highest <= 1.001 * first && lowest >= 0.999 * first) return `E stays at ${from}.`;
    const taken = `${steps} ${steps === 1 ? "step" : "steps"}`;
    if (lowestStep === steps)
      return `E falls from ${from} to ${now} in ${taken}, and is at its lowest now.`;
    if (last < 1e-20 * first)
      return `E falls from ${from} to ${now} in ${taken}: nothing but rounding is left.`;
    if (last <= 1.001 * lowest)
      return `E falls from ${from} to ${now} in ${taken}, and stays there.`;
  }
  const way =
    lowestStep === 0
      ? `E goes up from ${from}`
      : `E falls from ${from} to ${low} at step ${lowestStep}, then goes up`;
  const far = passedStep !== null && first <= FAR;
  if (overflowStep !== null) {
    const passed = far && passedStep < overflowStep ? `, passes 1e12 at step ${passedStep},` : "";
    return `${way}${passed} and is no longer a finite number at step ${overflowStep}.`;
  }
  if (far && last === highest)
    return `${way} and never stops: it passes 1e12 at step ${passedStep}, and is ${now} at step ${steps}.`;
  return `${way}: it is ${now} at step ${steps}.`;
}
