import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Scroll } from "../controls/Scroll.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { Matrix } from "../matrix/Matrix.tsx";
import type { Problem, Settings } from "./descent.ts";
import type { ForwardName } from "./forwards.ts";
import { compare, type Verdict, verdictsOf } from "./verdict.ts";

export interface GradcheckCardProps {
  readonly called: string;
  readonly forward: ForwardName;
  readonly settings: Settings;
  readonly problem: Problem;
  /** Whether the forward pass refuses the problem, so that there is nothing to compare. */
  readonly refused: boolean;
  readonly onStride: (stride: number) => void;
}

/** What gradcheck says of the forward pass with eq. (2), at each stride, and the two gradients at this one. */
export function GradcheckCard(props: GradcheckCardProps): JSX.Element {
  const { called, forward, settings, problem } = props;
  const verdicts = useMemo(() => verdictsOf(settings, forward), [settings, forward]);
  return (
    <section class="card gradcheck" aria-label="gradcheck">
      <h2>
        <code>gradcheck</code>: does eq. (2) belong to this forward pass?
      </h2>
      <p>
        It moves each weight of the first filter a little up and down, and compares how much E
        changes with what eq. (2) says.
      </p>
      <Scroll name="Verdicts">
        <table>
          <thead>
            <tr>
              <th scope="col">Stride</th>
              <th scope="col">Verdict, {called}</th>
              <th scope="col">Element</th>
              <th scope="col" class="number">
                eq. (2)
              </th>
              <th scope="col" class="number">
                measured
              </th>
            </tr>
          </thead>
          <tbody>
            {verdicts.map((verdict) => (
              <Row
                key={verdict.stride}
                verdict={verdict}
                now={verdict.stride === problem.stride}
                onStride={props.onStride}
              />
            ))}
          </tbody>
        </table>
      </Scroll>
      {!props.refused && <Gradients {...props} verdict={verdicts[problem.stride - 1]!} />}
    </section>
  );
}

function Row(props: {
  readonly verdict: Verdict;
  readonly now: boolean;
  readonly onStride: (stride: number) => void;
}): JSX.Element {
  const { stride, report, message } = props.verdict;
  const worst = report?.worst;
  return (
    <tr
      class={props.now ? "now" : ""}
      data-stride={stride}
      data-verdict={report ? (report.ok ? "green" : "red") : "refused"}
    >
      <th scope="row">
        <button
          type="button"
          aria-pressed={props.now}
          aria-label={`Use stride ${stride}`}
          onClick={() => props.onStride(stride)}
        >
          {stride}
        </button>
      </th>
      {report && worst ? (
        <>
          <td class={report.ok ? "good" : "bad"}>
            {report.ok ? `✓ all ${report.checked} agree` : "✗ does not agree"}
          </td>
          <td>{report.ok ? "–" : `w[${worst.index.slice(2).join(", ")}]`}</td>
          <td class="number" data-value={worst.analytic}>
            {report.ok ? "–" : formatNumber(worst.analytic)}
          </td>
          <td class="number" data-value={worst.numeric}>
            {report.ok ? "–" : formatNumber(worst.numeric)}
          </td>
        </>
      ) : (
        <td class="bad" colSpan={4}>
          ✗ refused: {message}
        </td>
      )}
    </tr>
  );
}

function Gradients(props: GradcheckCardProps & { readonly verdict: Verdict }): JSX.Element {
  const { problem, forward, verdict } = props;
  const { equation2, own, wrong } = useMemo(() => compare(problem, forward), [problem, forward]);
  const [rows, columns] = [problem.k, problem.k];
  const worst = verdict.report?.ok ? undefined : verdict.report?.worst?.index.slice(2);
  const count = wrong.filter(Boolean).length;
  const note = ([i, j]: readonly [number, number]) =>
    worst && worst[0] === i && worst[1] === j ? "worst" : undefined;
  return (
    <>
      <div class="planes">
        <Matrix
          name="gradient by eq. (2)"
          symbol="\partial E/\partial w"
          caption="by eq. (2)"
          plane={{ rows, columns, values: equation2 }}
          marks={([i, j]) => (wrong[i * columns + j] ? ["wrong"] : [])}
          note={note}
        />
        <Matrix
          name="gradient of this forward"
          symbol="\partial E/\partial w"
          caption="of this forward, by autograd"
          plane={{ rows, columns, values: own }}
        />
      </div>
      <p>
        {count === 0
          ? `At stride ${problem.stride} both gradients are the same.`
          : `At stride ${problem.stride} eq. (2) is wrong for ${count === own.length ? "every weight" : `${count} of the ${own.length} weights`} (outlined).`}
        {count > 0 &&
          " The forward has a gradient of its own: left to autograd, even a mistaken program checks."}
      </p>
    </>
  );
}
