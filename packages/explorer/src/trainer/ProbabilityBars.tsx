import type { JSX } from "preact";

export interface ProbabilityBarsProps {
  /** What they are of, `"probabilities of the drawing"`. */
  readonly name: string;
  readonly classes: readonly string[];
  /** One for each class; `null` before there are any. */
  readonly probabilities: readonly number[] | null;
  /** The class that would be right. */
  readonly truth?: number;
}

/** The class that a network takes an image for: the first of the largest. */
export function guessOf(probabilities: readonly number[]): number {
  return probabilities.indexOf(Math.max(...probabilities));
}

/** A bar for each class. */
export function ProbabilityBars(props: ProbabilityBarsProps): JSX.Element {
  const { name, classes, probabilities, truth } = props;
  const guess = probabilities && guessOf(probabilities);
  return (
    <ol class="bars" aria-label={name} data-name={name}>
      {classes.map((title, k) => {
        const p = probabilities?.[k] ?? 0;
        const kind = k === guess ? (truth === undefined || truth === k ? "guess" : "wrong") : "";
        return (
          <li key={title} class={kind} data-value={p}>
            <span class="class">
              {title}
              {k === truth && <span class="sr"> (right)</span>}
              {k === truth && <span aria-hidden="true"> ✓</span>}
            </span>
            <span class="track" aria-hidden="true">
              <span class="fill" style={{ width: `${(p * 100).toFixed(1)}%` }} />
            </span>
            <span class="percent">{probabilities ? percent(p) : "–"}</span>
          </li>
        );
      })}
    </ol>
  );
}

/** `"97.5 %"` */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
