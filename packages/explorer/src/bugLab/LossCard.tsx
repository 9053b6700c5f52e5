import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Scroll } from "../controls/Scroll.tsx";
import { Equation } from "../equation/Equation.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { Matrix } from "../matrix/Matrix.tsx";
import type { Place } from "../matrix/plane.ts";
import { type Problem, type Reduction, stepAt } from "./descent.ts";
import { useCell } from "./useCell.ts";

const FORMS: readonly (readonly [Reduction, name: string, error: string, gradient: string])[] = [
  ["halfSum", "half sum", "\\tfrac12\\sum (y-t)^2", "y - t"],
  ["sum", "sum", "\\sum (y-t)^2", "2(y - t)"],
  ["mean", "mean", "\\tfrac1n\\sum (y-t)^2", "\\tfrac2n(y - t)"],
];

export interface LossCardProps {
  readonly problem: Problem;
  /** Of the right forward, at the step that is shown. */
  readonly filter: readonly number[];
  readonly onReduction: (reduction: Reduction) => void;
  readonly onTarget: (place: Place, value: number) => void;
}

/** The error, its reductions and their gradients. */
export function LossCard({ problem, filter, onReduction, onTarget }: LossCardProps): JSX.Element {
  const found = useMemo(
    () => FORMS.map(([reduction]) => stepAt({ ...problem, reduction }, "right", filter)),
    [problem, filter],
  );
  const chosen = found[FORMS.findIndex(([reduction]) => reduction === problem.reduction)]!;
  const n = Math.sqrt(chosen.output.length);
  const { at, of, plane, shared } = useCell(n);
  return (
    <section class="card loss" aria-label="Loss">
      <h2>The error and its gradient</h2>
      <div class="planes">
        <Matrix
          name="loss: y"
          symbol="y"
          caption="right"
          plane={plane(chosen.output)}
          {...shared}
        />
        <Matrix
          name="target"
          symbol="t"
          caption="target"
          plane={plane(problem.target)}
          onEdit={onTarget}
          {...shared}
        />
        <Matrix
          name="loss: gradient"
          symbol="\delta = \partial E/\partial y"
          plane={plane(chosen.delta)}
          {...shared}
        />
      </div>
      <Scroll name="Reductions">
        <table>
          <thead>
            <tr>
              <th scope="col">Reduction</th>
              <th scope="col">E</th>
              <th scope="col" class="number">
                here
              </th>
              <th scope="col">∂E/∂y</th>
              <th scope="col" class="number">
                at [{at.join(", ")}]
              </th>
            </tr>
          </thead>
          <tbody>
            {FORMS.map(([reduction, name, error, gradient], i) => (
              <tr
                key={reduction}
                class={reduction === problem.reduction ? "now" : ""}
                data-reduction={reduction}
              >
                <th scope="row">
                  <button
                    type="button"
                    aria-pressed={reduction === problem.reduction}
                    onClick={() => onReduction(reduction)}
                  >
                    {name}
                  </button>
                </th>
                <td>
                  <Equation tex={error} inline />
                </td>
                <td class="number" data-value={found[i]!.error}>
                  {formatNumber(found[i]!.error)}
                </td>
                <td>
                  <Equation tex={gradient} inline />
                </td>
                <td class="number" data-value={of(found[i]!.delta)}>
                  {formatNumber(of(found[i]!.delta))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p>
        The question and the article take the half sum, whose gradient is y − t exactly.{" "}
        {n === 1
          ? "With a single output the mean is the sum: twice that slope."
          : `With n = ${n * n} outputs, the mean divides the same slope by n/2 = ${formatNumber((n * n) / 2)}: the same learning rate then goes smaller steps.`}
      </p>
    </section>
  );
}
