import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { LineChart } from "../chart/LineChart.tsx";
import { Choice } from "../controls/fields.tsx";
import { Notice } from "../controls/Notice.tsx";
import { outcome } from "../controls/outcome.ts";
import { Equation } from "../equation/Equation.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { edited } from "../matrix/leaf.ts";
import { type Mark, Matrix } from "../matrix/Matrix.tsx";
import type { Place, Plane } from "../matrix/plane.ts";
import { placeOn, samePlace, usePointed } from "../matrix/usePointed.ts";
import type { Change, State } from "./fields.ts";
import type { PoolInput } from "./pool.ts";
import { curveOf, type Order, type Slope, slopeAt, swapNumbers } from "./swap.ts";

const NAMES = { relu: "ReLU", tanh: "tanh", sigmoid: "sigmoid" } as const;

/** Rows 35 and 40 of the lessons: pooling routes δ, the activation multiplies it by f′; they may change places. */
export function Swap(props: {
  readonly state: State;
  readonly onChange: Change;
  readonly input: PoolInput;
}): JSX.Element {
  const { state, onChange, input } = props;
  const { f } = state;
  const { value, refusal } = useMemo(() => outcome(() => swapNumbers(input, f)), [input, f]);
  const { now, on } = usePointed(state.pin, (pin) => onChange({ pin }));
  const at = placeOn(now, "x", input.x);
  const name = NAMES[f];
  const marks = (place: Place): Mark[] => [
    ...(at && samePlace(at, place) ? (["lit"] as const) : []),
    ...(state.pin?.on === "x" && samePlace(state.pin.at, place) ? (["chosen"] as const) : []),
  ];
  const maps = (order: Order, middle: string, last: string, prefix: string) => (
    <div class="maps">
      <Matrix name={`${prefix} middle`} symbol={middle} plane={order.middle} />
      <Matrix name={`${prefix} y`} symbol={last} plane={order.y} />
      <Matrix
        name={`${prefix} dMiddle`}
        symbol={`\\partial E/\\partial ${middle}`}
        plane={order.dMiddle}
      />
      <Matrix
        name={`${prefix} dx`}
        symbol="\partial E/\partial x"
        plane={order.dx}
        marks={marks}
        {...on("x")}
      />
    </div>
  );
  const tex = `\\mathrm{${f}}`;
  return (
    <section class="card">
      <p class="lead">
        “Through max pooling, do I multiply δ by the activation?” No: pooling routes δ, and {name}{" "}
        multiplies it by f′. {f === "relu" ? "ReLU" : name} never falls, so the largest stays the
        largest, and with max pooling the two may change places.
      </p>
      <div class="swap-top">
        <div>
          <Choice
            row
            label="f"
            value={f}
            options={[
              ["relu", "ReLU"],
              ["tanh", "tanh"],
              ["sigmoid", "sigmoid"],
            ]}
            onChange={(next) => onChange({ f: next })}
          />
          <div class="maps">
            <Matrix
              name="x"
              symbol="x"
              caption="input"
              plane={input.x}
              marks={marks}
              {...on("x")}
              onEdit={(place, v) => onChange({ x: edited(input.x, place, v) })}
            />
            {value && <Matrix name="delta" symbol="\delta" caption="= ∂E/∂y" plane={value.delta} />}
          </div>
        </div>
        <Curves f={f} x={input.x} at={at} />
      </div>
      {refusal && <Notice kind="bad">{refusal}</Notice>}
      {value && (
        <>
          <div class="orders">
            <section>
              <h2>
                Pool, then {name}: <Equation inline tex={`${tex}(\\mathrm{pool}(x))`} />
              </h2>
              {maps(value.poolFirst, "\\mathrm{pool}(x)", "y", "pool first")}
            </section>
            <section>
              <h2>
                {name}, then pool: <Equation inline tex={`\\mathrm{pool}(${tex}(x))`} />
              </h2>
              {maps(value.activationFirst, `${tex}(x)`, "y", "activation first")}
            </section>
          </div>
          <Notice kind={value.value.same && value.gradient.same ? "good" : "note"}>
            Values differ by <span data-name="value error">{formatNumber(value.value.error)}</span>,
            gradients by{" "}
            <span data-name="gradient error">{formatNumber(value.gradient.error)}</span>.{" "}
            {verdict(input.kind === "max", value.value.same, value.gradient.same)}
          </Notice>
        </>
      )}
    </section>
  );
}

function verdict(max: boolean, value: boolean, gradient: boolean): string {
  if (value && gradient) return "Both orders are the same, in value and in gradient.";
  if (!max) return "Only max pooling lets its neighbour pass: a mean or a norm mixes its cells.";
  return "The same values, and gradients that differ only where f made different numbers equal.";
}

function Curves({ f, x, at }: { f: Slope; x: Plane; at: Place | null }): JSX.Element {
  const curve = useMemo(() => curveOf(f), [f]);
  const here = at && x.values[at[0] * x.columns + at[1]]!;
  const there = useMemo(() => (here === null ? null : slopeAt(f, here)), [f, here]);
  const near = here === null ? -1 : Math.round(here * 10) + 40;
  const point = (value: number) => curve.x.map((_, i) => (i === near ? value : null));
  return (
    <div>
      <LineChart
        name={`${NAMES[f]} and its slope`}
        xLabel="x"
        x={curve.x}
        yRange={f === "relu" ? [-0.5, 4.2] : [-1.2, 1.2]}
        height={200}
        lines={[
          { label: "f", values: curve.f, colour: 0 },
          { label: "f′", values: curve.slope, colour: 1, dashed: true },
          { label: "f here", values: point(there?.value ?? 0), colour: 0, points: true },
          { label: "f′ here", values: point(there?.slope ?? 0), colour: 1, points: true },
        ]}
      />
      <p aria-live="polite" data-name="slope here">
        {there
          ? `f(${formatNumber(here!)}) = ${formatNumber(there.value)}, f′(${formatNumber(here!)}) = ${formatNumber(there.slope)}.`
          : "Point at a cell of x to see f and f′ there."}{" "}
        {f === "relu" && "At 0 ReLU has a corner; by convention f′(0) = 0, as in PyTorch."}
      </p>
    </div>
  );
}
