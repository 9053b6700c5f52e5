import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { LayerInput } from "../article/layer.ts";
import { Reading } from "../article/Reading.tsx";
import { Equation } from "../equation/Equation.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import type { Pointed } from "../matrix/usePointed.ts";
import { fourCases } from "./fourCases.ts";

/** Row 21 of the lessons: who is turned when, computed live. */
export function FourCases({ layer }: { readonly layer: LayerInput }): JSX.Element {
  const cases = useMemo(() => fourCases(layer), [layer]);
  const [over, setOver] = useState<Pointed | null>(null);
  return (
    <section class="card">
      <p class="lead">
        Who is turned on the way back depends on the way forward. Each map is computed by its
        formula and compared with what the library's backward pass finds.
      </p>
      <div class="readings two-by-two">
        {cases.map(({ name, right, formula, found, otherwise }) => (
          <Reading
            key={name}
            title={`Forward ${name}`}
            tex={`${name.endsWith("w") ? "\\partial E/\\partial w" : "\\partial E/\\partial o"} = ${formula}`}
            name={name}
            map={found}
            right={right}
            rightName="the backward pass"
            at={over?.on === name ? over.at : null}
            onPoint={(at) => setOver(at && { on: name, at })}
          >
            With <Equation tex={otherwise.formula} inline /> instead, the error would be{" "}
            <span data-name={`otherwise of ${name}`}>{formatNumber(otherwise.error)}</span>.
          </Reading>
        ))}
      </div>
    </section>
  );
}
