import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Notice } from "../controls/Notice.tsx";
import { Equation } from "../equation/Equation.tsx";
import { Matrix } from "../matrix/Matrix.tsx";
import { type PastFilter, pastFilter } from "./anomalies.ts";
import type { Problem } from "./descent.ts";
import { equations, programs } from "./labs.ts";

/** What comes of the mistaken index where the output is larger than the filter. */
export function PastFilterCard(props: {
  readonly problem: Problem;
  /** The library's sentence. */
  readonly refusal: string;
}): JSX.Element {
  const { k } = props.problem;
  const past = useMemo(() => pastFilter(props.problem), [props.problem]);
  const { n, output, ends, anomaly } = past;
  const end = ends ? ends[0] * n + ends[1] : n * n;
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
          caption={ends ? `until the program ends, at y[${ends.join(", ")}]` : "to its end"}
          plane={{ rows: n, columns: n, values: output }}
          marks={([u, v]) => {
            if (u * n + v >= end) return ["faint", "wrong"];
            return Number.isNaN(output[u * n + v]) ? ["wrong"] : [];
          }}
        />
      </div>
      <Happens past={past} />
      <p>The same mistake on convgrad's tensors is refused before any work:</p>
      <Notice kind="bad">{props.refusal}</Notice>
      <p>
        And if NaN is let in, <code>detectAnomaly</code> names the first operation that meets it:
      </p>
      <Notice kind="bad">{anomaly}</Notice>
    </section>
  );
}

/** What the program does, in the order in which it does it. */
function Happens({ past }: { readonly past: PastFilter }): JSX.Element {
  const { firstNaN, ends } = past;
  return (
    <ol>
      {firstNaN && (
        <li>
          At y[{firstNaN.join(", ")}] the weight{" "}
          <code>
            f[{firstNaN[0]}][{firstNaN[1]}]
          </code>{" "}
          is <code>undefined</code>, the sum becomes NaN, and nothing is said.
        </li>
      )}
      {ends ? (
        <li>
          At y[{ends.join(", ")}] the row <code>f[{ends[0]}]</code> is <code>undefined</code>, so{" "}
          <code>
            f[{ends[0]}][{ends[1]}]
          </code>{" "}
          ends the program:{" "}
          <q>TypeError: Cannot read properties of undefined (reading '{ends[1]}')</q>. True, but not
          a word on why.
        </li>
      ) : (
        <li>
          The other windows past the filter hold nothing but padding and zeros. The program skips
          those pixels, so it never looks at the filter there, and ends without a word.
        </li>
      )}
    </ol>
  );
}
