import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { Notice } from "../controls/Notice.tsx";
import { outcome } from "../controls/outcome.ts";
import { Equation, symbol } from "../equation/Equation.tsx";
import { SymbolKey } from "../equation/SymbolKey.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { edited } from "../matrix/leaf.ts";
import { type Mark, Matrix } from "../matrix/Matrix.tsx";
import type { Place } from "../matrix/plane.ts";
import { placeOn, samePlace, usePointed } from "../matrix/usePointed.ts";
import { type Arrow, Arrows } from "./Arrows.tsx";
import type { Change, State } from "./fields.ts";
import {
  type Kind,
  type PoolInput,
  type PoolNumbers,
  poolNumbers,
  receiptsOf,
  sharesOf,
} from "./pool.ts";
import { SaidOfInput, SaidOfOutput } from "./Said.tsx";

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
const MANY = 30; // arrows

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
      {numbers && <Maps {...props} numbers={numbers} lit={lit} />}
    </section>
  );
}

interface MapsProps {
  readonly state: State;
  readonly onChange: Change;
  readonly input: PoolInput;
  readonly numbers: PoolNumbers;
  readonly lit: string | null;
}

function Maps({ state, onChange, input, numbers, lit }: MapsProps): JSX.Element {
  const { kind, x } = input;
  const { y, delta, dx, margin, windows } = numbers;
  const { now, on } = usePointed(state.pin, (pin) => onChange({ pin }));
  const place = useRef<HTMLDivElement>(null);
  const out = placeOn(now, "y", y);
  const cell = placeOn(now, "x", x);
  const shares = useMemo(() => out && sharesOf(input, out), [input, out?.[0], out?.[1]]);
  const receipts = useMemo(
    () => (cell ? receiptsOf(input, cell) : []),
    [input, cell?.[0], cell?.[1]],
  );
  const window = out && windows[out[0] * y.columns + out[1]]!;
  const showing = cell ? outputsWith(numbers, cell) : [];
  const arrows = useMemo(
    () =>
      arrowsOf(
        numbers,
        x,
        out,
        shares,
        receipts.map(({ from }) => from),
        cell,
      ),
    [numbers, x, shares, receipts],
  );
  const has = (places: readonly Place[], at: Place) => places.some((p) => samePlace(p, at));
  const pinnedAt = (name: string, at: Place): Mark[] =>
    state.pin?.on === name && samePlace(state.pin.at, at) ? ["chosen"] : [];
  const inputMarks = (at: Place): Mark[] => {
    const marks: Mark[] = pinnedAt("x", at);
    if (window) {
      if (has(window.cells, at)) marks.push("lit");
      if (window.winner && samePlace(window.winner, at)) marks.push("winner");
      if (has(window.ties, at)) marks.push("tie");
    } else if (cell) {
      if (samePlace(cell, at)) marks.push("lit");
    } else if (windows.some(({ winner }) => winner && samePlace(winner, at))) {
      marks.push("winner");
    }
    if (lit === "x") marks.push("lit");
    return marks;
  };
  const outputMarks =
    (name: string) =>
    (at: Place): Mark[] => [
      ...pinnedAt("y", at),
      ...(out && samePlace(out, at) ? (["lit"] as const) : []),
      ...(has(showing, at) ? (["lit"] as const) : []),
      ...(kind === "max" &&
      has(
        receipts.map(({ from }) => from),
        at,
      )
        ? (["winner"] as const)
        : []),
      ...(lit === name ? (["lit"] as const) : []),
    ];
  return (
    <>
      <div class="pool-maps" ref={place}>
        <div class="pass">
          <Matrix
            name="x"
            symbol="x"
            caption={`input ${x.rows} × ${x.columns}`}
            plane={x}
            margin={margin}
            fill={kind === "max" ? Number.NEGATIVE_INFINITY : 0}
            marks={inputMarks}
            {...on("x")}
            onEdit={(at, value) => onChange({ x: edited(x, at, value) })}
          />
          <Matrix
            name="y"
            symbol="y"
            caption={`output ${y.rows} × ${y.columns}`}
            plane={y}
            marks={outputMarks("y")}
            {...on("y")}
          />
        </div>
        <div class="pass">
          <Matrix
            name="delta"
            symbol="\delta"
            caption="= ∂E/∂y"
            plane={delta}
            marks={outputMarks("delta")}
            {...on("y")}
            onEdit={(at, value) => onChange({ delta: edited(delta, at, value) })}
          />
          <Matrix
            name="dx"
            symbol="\partial E/\partial x"
            caption="what comes back"
            plane={dx}
            marks={inputMarks}
            note={(at) => shareAt(shares, at)}
            {...on("x")}
          />
        </div>
        <Arrows within={place} from="delta" to="dx" arrows={arrows} />
      </div>
      <div class="pointed" aria-live="polite">
        {out && shares && <SaidOfOutput {...{ kind, x, numbers, at: out, shares }} />}
        {cell && <SaidOfInput {...{ kind, numbers, at: cell, outputs: showing, receipts }} />}
        {!out &&
          !cell &&
          "Point at a cell of any map; click to pin it, double click to edit x or δ."}
      </div>
      <Notice kind="note">
        No learning takes place here: <code>{numbers.layer}.parameters().length</code> is{" "}
        <output data-name="parameters">{numbers.parameters}</output>. Pooling only routes δ.
      </Notice>
    </>
  );
}

function shareAt(shares: { values: ArrayLike<number>; columns: number } | null, [i, j]: Place) {
  const share = shares?.values[i * shares.columns + j];
  return share ? formatNumber(share, 2) : undefined;
}

function outputsWith({ y, windows }: PoolNumbers, at: Place): readonly Place[] {
  return windows.flatMap(({ cells }, i) =>
    cells.some((cell) => samePlace(cell, at))
      ? [[Math.floor(i / y.columns), i % y.columns] as const]
      : [],
  );
}

/** Arrows from δ: of what is pointed at, else of every winner, unless they would be too many. */
function arrowsOf(
  { y, windows }: PoolNumbers,
  x: { rows: number; columns: number },
  out: Place | null,
  shares: { values: ArrayLike<number> } | null,
  givers: readonly Place[],
  cell: Place | null,
): readonly Arrow[] {
  const strong = true;
  if (cell) return givers.map((from) => ({ from, to: cell, strong }));
  if (out && shares) {
    return Array.from({ length: x.rows * x.columns }, (_, at) => at)
      .filter((at) => shares.values[at] !== 0)
      .map((at) => ({ from: out, to: [Math.floor(at / x.columns), at % x.columns], strong }));
  }
  if (windows.length > MANY) return [];
  return windows.flatMap(({ winner }, at) =>
    winner
      ? [{ from: [Math.floor(at / y.columns), at % y.columns], to: winner, strong: false }]
      : [],
  );
}
