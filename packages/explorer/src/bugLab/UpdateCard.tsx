import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { Equation } from "../equation/Equation.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { Matrix } from "../matrix/Matrix.tsx";
import type { Place } from "../matrix/plane.ts";
import { type Problem, stepAt } from "./descent.ts";

/** One step in a row: the filter before, the learning rate, the gradient, the filter after. */
export function UpdateCard(props: {
  readonly problem: Problem;
  /** Of the right forward, before the step that is shown. */
  readonly filter: readonly number[];
  readonly step: number;
}): JSX.Element {
  const { problem, filter, step } = props;
  const [pointed, setPointed] = useState<Place | null>(null);
  const now = useMemo(() => stepAt(problem, "right", filter), [problem, filter]);
  const { k, lr } = problem;
  const at: Place = pointed && pointed[0] < k && pointed[1] < k ? pointed : [0, 0];
  const cell = at[0] * k + at[1];
  const shared = {
    onPoint: setPointed,
    marks: ([i, j]: Place) => (i === at[0] && j === at[1] ? (["lit"] as const) : []),
  };
  const plane = (values: readonly number[]) => ({ rows: k, columns: k, values });
  const [before, gradient, after] = [filter, now.gradient, now.after].map((values) =>
    formatNumber(values[cell]!),
  );
  return (
    <section class="card update" aria-label="The update">
      <h2>The gradient is not the new weight</h2>
      <div class="planes sum">
        <Matrix
          name="filter before"
          symbol="w"
          caption={`before step ${step}`}
          plane={plane(filter)}
          {...shared}
        />
        <span class="sign">− {lr} ·</span>
        <Matrix
          name="filter gradient"
          symbol="\partial E/\partial w"
          caption="by eq. (2)"
          plane={plane(now.gradient)}
          {...shared}
        />
        <span class="sign">=</span>
        <Matrix
          name="filter after"
          symbol="w'"
          caption="after"
          plane={plane(now.after)}
          {...shared}
        />
      </div>
      <p aria-live="polite">
        <Equation tex="w' = w - \mathrm{lr}\cdot\partial E/\partial w" inline />, at [
        {at.join(", ")}]: {before} − {lr} · {gradient} = {after}
      </p>
    </section>
  );
}
