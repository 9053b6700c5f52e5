import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { Notice } from "../controls/Notice.tsx";
import { outcome } from "../controls/outcome.ts";
import { Equation, symbol } from "../equation/Equation.tsx";
import { SymbolKey } from "../equation/SymbolKey.tsx";
import type { Change, State } from "./fields.ts";
import { PoolMaps } from "./PoolMaps.tsx";
import { type Kind, type PoolInput, poolNumbers } from "./pool.ts";

const [Y, X, DELTA] = [
  symbol("y", "y_{u,v}"),
  symbol("x", "x_{us+id-p,\\,vs+jd-p}"),
  symbol("delta", "\\delta_{u,v}"),
];
const GIVES: Readonly<Record<Kind, string>> = {
  max: `\\sum_{(h,w)\\ \\text{wins}\\ (u,v)} ${DELTA}`,
  avg: `\\sum_{(u,v)} \\tfrac1{N^2}\\,${DELTA}`,
  l2: `\\sum_{(u,v)} \\frac{x_{h,w}}{y_{u,v}}\\,${DELTA}`,
};
const TAKES: Readonly<Record<Kind, string>> = {
  max: `\\max_{i,j}\\ ${X}`,
  avg: `\\frac1{N^2} \\sum_{i,j} ${X}`,
  l2: `\\sqrt{\\sum_{i,j} ${X}^{\\,2}}`,
};
const SYMBOLS = [
  { name: "y", tex: "y_{u,v}", is: "what comes out" },
  { name: "x", tex: "x", is: "a window's cells" },
  { name: "delta", tex: "\\delta_{u,v}", is: "∂E/∂y, what comes back" },
];
const RULES: Readonly<Record<Kind, string>> = {
  max: "Max pooling remembers the winning unit of each window and sends δ back to it, whole. Of equals, the first in reading order (row-major) wins. Padding never wins.",
  avg: "Average pooling spreads δ evenly: every cell of an N × N window gets δ/N².",
  l2: "L2 pooling spreads δ in proportion to the cell's part in the norm, x/y; where the norm is 0 it gives 0.",
};

/** Rows 31 to 34 of the lessons: a pooling forward, and where its δ goes. */
export function WhereDeltaGoes(props: {
  readonly state: State;
  readonly onChange: Change;
  readonly input: PoolInput;
}): JSX.Element {
  const { value: numbers, refusal } = useMemo(
    () => outcome(() => poolNumbers(props.input)),
    [props.input],
  );
  const { kind } = props.input;
  const [lit, setLit] = useState<string | null>(null);
  return (
    <section class="card">
      <p class="lead">{RULES[kind]}</p>
      <div class="two">
        <Equation tex={`${Y} = ${TAKES[kind]}`} lit={lit} onPoint={setLit} />
        <Equation
          tex={`\\frac{\\partial E}{\\partial x_{h,w}} = ${GIVES[kind]}`}
          lit={lit}
          onPoint={setLit}
        />
      </div>
      <SymbolKey symbols={SYMBOLS} lit={lit} onPoint={setLit} />
      {refusal && <Notice kind="bad">{refusal}</Notice>}
      {numbers && <PoolMaps {...props} numbers={numbers} lit={lit} />}
    </section>
  );
}
