import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Notice } from "../controls/Notice.tsx";
import { Equation } from "../equation/Equation.tsx";
import { Matrix } from "../matrix/Matrix.tsx";
import { pastFilter } from "./anomalies.ts";
import type { Problem } from "./descent.ts";
import { equations, programs } from "./labs.ts";

/** What comes of the mistaken index where the output is larger than the filter. */
export function PastFilterCard(props: {
  readonly problem: Problem;
  /** The library's sentence. */
  readonly refusal: string;
}): JSX.Element {
  const { k } = props.problem;
  const { n, output, anomaly } = useMemo(() => pastFilter(props.problem), [props.problem]);
  return (
    <section class="card forward" aria-label="The forward pass as asked">
      <h2>As asked</h2>
      <Equation tex={equations.asked} />
      <p class="program">
        <code>sum += {programs.asked}</code>
      </p>
      <p>
        The output is {n} × {n} and the filter {k} × {k}, so <code>f[y][x]</code> leaves the filter.
        In plain arrays of JavaScript:
      </p>
      <div class="planes">
        <Matrix
          name="output of plain arrays"
          symbol="y"
          caption={`rows 0 to ${k - 1}, then the program ends`}
          plane={{ rows: n, columns: n, values: output }}
          marks={([u, v]) => (u >= k ? ["faint", "wrong"] : v >= k ? ["wrong"] : [])}
        />
      </div>
      <ol>
        <li>
          Row 0, column {k}: <code>f[0][{k}]</code> is <code>undefined</code>, the sum becomes NaN,
          and nothing is said.
        </li>
        <li>
          Row {k}: <code>f[{k}]</code> is <code>undefined</code>, so <code>f[{k}][0]</code> is{" "}
          <q>TypeError: Cannot read properties of undefined</q>: true, but not a word on why.
        </li>
      </ol>
      <p>The same mistake on convgrad's tensors is refused before any work:</p>
      <Notice kind="bad">{props.refusal}</Notice>
      <p>
        And if NaN is let in, <code>detectAnomaly</code> names the first operation that meets it:
      </p>
      <Notice kind="bad">{anomaly}</Notice>
    </section>
  );
}
