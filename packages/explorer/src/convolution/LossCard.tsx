import type { JSX } from "preact";
import { Choice } from "../controls/fields.tsx";
import { Equation } from "../equation/Equation.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import type { State } from "./fields.ts";
import type { Shown } from "./SheetView.tsx";
import { Planes } from "./Stage.tsx";

/** Where δ comes from: the error of y against a target, or numbers that are given. */
export function LossCard(props: {
  readonly shown: Shown;
  readonly onChange: (part: Partial<State>) => void;
}): JSX.Element {
  const { shown, onChange } = props;
  const { net } = shown;
  const given = net.values.delta !== null;
  const numbers = () => net.delta.flatMap(({ values }) => Array.from(values));
  return (
    <section class="card loss" aria-label="Error and δ">
      <h2>
        Error E = <span data-loss={net.loss}>{formatNumber(net.loss, 6)}</span>
      </h2>
      <div class="fields">
        <Choice
          label="δ = ∂E/∂y comes from"
          row
          value={given ? "given" : "target"}
          options={[
            ["target", "a target t"],
            ["given", "numbers of my own"],
          ]}
          onChange={(from) => onChange({ delta: from === "given" ? numbers() : null })}
        />
      </div>
      <Equation
        tex={
          given
            ? "E = \\sum_{o,u,v} \\delta_{o,u,v}\\, y_{o,u,v}"
            : "E = \\tfrac12 \\sum_{o,u,v} (y_{o,u,v} - t_{o,u,v})^2, \\qquad \\delta = \\frac{\\partial E}{\\partial y} = y - t"
        }
      />
      <div class="stage">
        {!given && <Planes kind="t" shown={shown} />}
        <Planes kind="delta" shown={shown} />
      </div>
      {!shown.pictures && (
        <p class="soft">Edit a cell of δ, and it no longer follows the target.</p>
      )}
    </section>
  );
}
