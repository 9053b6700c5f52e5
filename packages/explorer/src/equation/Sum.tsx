import type { JSX } from "preact";
import { formatNumber } from "../matrix/formatNumber.ts";

/** A sum of products with its numbers: `2·1 + (−1)·3 = −1`. */
export function Sum(props: {
  /** The factors of each summand. */
  readonly terms: readonly (readonly number[])[];
  readonly sum: number;
}): JSX.Element {
  const factor = (v: number) => (v < 0 ? `(${formatNumber(v)})` : formatNumber(v));
  const text = props.terms.map((factors) => factors.map(factor).join("·")).join(" + ");
  return (
    <span class="sum">
      {text || "0"} = <strong>{formatNumber(props.sum)}</strong>
    </span>
  );
}
