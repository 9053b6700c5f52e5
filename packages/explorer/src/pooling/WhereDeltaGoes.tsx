import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { Notice } from "../controls/Notice.tsx";
import { outcome } from "../controls/outcome.ts";
import { Equation, symbol } from "../equation/Equation.tsx";
import { SymbolKey } from "../equation/SymbolKey.tsx";
import type { Change, State } from "./fields.ts";
import { PoolMaps } from "./PoolMaps.tsx";
import { type Kind, type PoolInput, type PoolSettings, poolNumbers } from "./pool.ts";

const Y = symbol("y", "y_{u,v}");
const DELTA = symbol("delta", "\\delta_{u,v}");
const SYMBOLS = [
  { name: "y", tex: "y_{u,v}", is: "what comes out" },
  { name: "x", tex: "x", is: "a window's cells" },
  { name: "delta", tex: "\\delta_{u,v}", is: "∂E/∂y, what comes back" },
];

/** What the sum of a window is divided by in average pooling: in KaTeX, and in words. */
function divisorOf({
  kernel,
  padding,
  ceil,
  countPadding,
}: PoolSettings): readonly [string, string] {
  const whole = padding.every((side) => side === 0) || countPadding;
  if (ceil || !whole)
    return ["n_{u,v}", "every cell of a window gets δ/n, where n is how many of its cells count"];
  if (kernel[0] === kernel[1]) return ["N^2", "every cell of an N × N window gets δ/N²"];
  return ["k_1 k_2", "every cell of a k₁ × k₂ window gets δ/(k₁·k₂)"];
}

/** What a pooling takes of a window, and what it gives back, in KaTeX. */
function equationsOf(kind: Kind, options: PoolSettings): readonly [takes: string, gives: string] {
  const { kernel, stride, padding, dilation } = options;
  const square = [kernel, stride, padding, dilation].every(([h, w]) => h === w);
  const [row, column] = square ? ["us+id-p", "vs+jd-p"] : ["u s_1+i d_1-p_1", "v s_2+j d_2-p_2"];
  const x = symbol("x", `x_{${row},\\,${column}}`);
  const [n] = divisorOf(options);
  switch (kind) {
    case "max":
      return [`\\max_{i,j}\\ ${x}`, `\\sum_{(h,w)\\ \\text{wins}\\ (u,v)} ${DELTA}`];
    case "avg":
      return [`\\frac1{${n}} \\sum_{i,j} ${x}`, `\\sum_{(u,v)} \\tfrac1{${n}}\\,${DELTA}`];
    case "l2":
      return [
        `\\sqrt{\\sum_{i,j} ${x}^{\\,2}}`,
        `\\sum_{(u,v)} \\frac{x_{h,w}}{y_{u,v}}\\,${DELTA}`,
      ];
  }
}

/** A pooling in words. */
function ruleOf(kind: Kind, options: PoolSettings): string {
  switch (kind) {
    case "max":
      return "Max pooling remembers the winning unit of each window and sends δ back to it, whole. Of equals, the first in reading order (row-major) wins. Padding never wins.";
    case "avg":
      return `Average pooling spreads δ evenly: ${divisorOf(options)[1]}.`;
    case "l2":
      return "L2 pooling spreads δ in proportion to the cell's part in the norm, x/y; where the norm is 0 it gives 0.";
  }
}

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
  const { kind, options } = props.input;
  const [takes, gives] = equationsOf(kind, options);
  const [lit, setLit] = useState<string | null>(null);
  return (
    <section class="card">
      <p class="lead">{ruleOf(kind, options)}</p>
      <div class="two">
        <Equation tex={`${Y} = ${takes}`} lit={lit} onPoint={setLit} />
        <Equation
          tex={`\\frac{\\partial E}{\\partial x_{h,w}} = ${gives}`}
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
