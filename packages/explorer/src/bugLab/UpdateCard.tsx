import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Equation } from "../equation/Equation.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { Matrix } from "../matrix/Matrix.tsx";
import { type Problem, stepAt } from "./descent.ts";
import { useCell } from "./useCell.ts";

/** One step in a row: the filter before, the learning rate, the gradient, the filter after. */
export function UpdateCard(props: {
  readonly problem: Problem;
  /** Of the right forward, before the step that is shown. */
  readonly filter: readonly number[];
  readonly step: number;
  /** Whether the steps follow one another by themselves, too fast to be read out. */
  readonly playing: boolean;
}): JSX.Element {
  const { problem, filter, step } = props;
  const now = useMemo(() => stepAt(problem, "right", filter), [problem, filter]);
  const { k, lr } = problem;
  const { at, of, plane, shared } = useCell(k);
  const [before, gradient, after] = [filter, now.gradient, now.after].map((values) =>
    formatNumber(of(values)),
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
      <p aria-live={props.playing ? "off" : "polite"}>
        <Equation tex="w' = w - \mathrm{lr}\cdot\partial E/\partial w" inline />, at [
        {at.join(", ")}]: {before} − {lr} · {gradient} = {after}
      </p>
    </section>
  );
}
