import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Equation } from "../equation/Equation.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { type Mark, Matrix } from "../matrix/Matrix.tsx";
import type { Place } from "../matrix/plane.ts";
import { samePlace, type usePointed } from "../matrix/usePointed.ts";
import { type Descent, stepAt } from "./descent.ts";
import { beyond } from "./forwards.ts";
import { equations, programs } from "./labs.ts";
import { windowCells } from "./windowCells.ts";

export interface ForwardCardProps {
  /** Below the title: `"as asked"`, in the names of the matrices. */
  readonly called: string;
  readonly descent: Descent;
  readonly step: number;
  /** The output cell that is looked at, and whether it is pinned. */
  readonly at: Place;
  readonly pinned: boolean;
  readonly lit: string | null;
  readonly onSymbol: (symbol: string | null) => void;
  readonly onOutput: ReturnType<ReturnType<typeof usePointed>["on"]>;
  readonly onImage: (place: Place, value: number) => void;
  /** Only at step 0. */
  readonly onFilter?: (place: Place, value: number) => void;
}

/** A forward pass: its equation, the window of a cell, the filter and the output of a step. */
export function ForwardCard(props: ForwardCardProps): JSX.Element {
  const { called, descent, step, at, lit } = props;
  const { problem, forward } = descent;
  const filter = descent.filters[step]!;
  const now = useMemo(() => stepAt(problem, forward, filter), [problem, forward, filter]);
  const n = Math.sqrt(now.output.length);
  const cells = useMemo(() => windowCells(problem, forward, at), [problem, forward, `${at}`]);
  const { padding } = problem;
  const past = forward === "right" ? 0 : beyond(problem.side, problem.k, problem);
  const same = (place: Place) => samePlace(place, at);
  const marksOf = (is: boolean, symbol: string): readonly Mark[] =>
    is ? [lit === symbol ? "chosen" : "lit"] : [];
  return (
    <section class="card forward" aria-label={`The forward pass ${called}`}>
      <h2>{forward === "right" ? "Right" : called === "as asked" ? "As asked" : "As answered"}</h2>
      <Equation tex={equations[forward]} lit={lit} onPoint={props.onSymbol} />
      <p class="program">
        <code>sum += {programs[forward]}</code>
      </p>
      <div class="planes">
        <Matrix
          name={`image, ${called}`}
          symbol="x"
          caption={`window of y[${at.join(", ")}]`}
          plane={{ rows: problem.side, columns: problem.side, values: problem.image }}
          margin={{ top: padding, left: padding, bottom: padding + past, right: padding + past }}
          marks={([i, j]) => marksOf(cells.rows.includes(i) && cells.columns.includes(j), "x")}
          onEdit={props.onImage}
        />
        <Matrix
          name={`filter, ${called}`}
          symbol="w"
          caption={`before step ${step}`}
          plane={{ rows: problem.k, columns: problem.k, values: filter }}
          marks={(place) => marksOf(forward !== "asked" || same(place), "w")}
          {...(props.onFilter && { onEdit: props.onFilter })}
        />
        <Matrix
          name={`output, ${called}`}
          symbol="y"
          caption={`${n} × ${n}`}
          plane={{ rows: n, columns: n, values: now.output }}
          marks={(place) => (same(place) ? [props.pinned || lit === "y" ? "chosen" : "lit"] : [])}
          {...props.onOutput}
        />
      </div>
      <p class="error">
        <Equation tex="E" inline /> ={" "}
        <strong data-name={`E ${called}`} data-value={now.error}>
          {formatNumber(now.error)}
        </strong>
      </p>
    </section>
  );
}
