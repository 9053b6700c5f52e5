import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { LayerInput } from "../article/layer.ts";
import { cellMarks } from "../article/Reading.tsx";
import { Notice } from "../controls/Notice.tsx";
import { outcome } from "../controls/outcome.ts";
import { Equation, symbol } from "../equation/Equation.tsx";
import { Sum } from "../equation/Sum.tsx";
import { SymbolKey } from "../equation/SymbolKey.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { edited } from "../matrix/leaf.ts";
import { type Mark, Matrix } from "../matrix/Matrix.tsx";
import type { Place } from "../matrix/plane.ts";
import { placeOn, usePointed } from "../matrix/usePointed.ts";
import { productNumbers, productsAt } from "./bothProducts.ts";
import { type LayerEditorProps, Sizes } from "./LayerEditor.tsx";

const X = "x_{i+m,\\,j+n}";
const CORRELATION = `(x \\otimes w)_{i,j} = ${symbol("sum", "\\sum_m \\sum_n")} ${symbol("x", X)}\\,${symbol("w", "w_{m,n}")}`;
const CONVOLUTION = `(x \\ast w)_{i,j} = ${symbol("sum", "\\sum_m \\sum_n")} ${symbol("x", X)}\\,${symbol("turned", "w_{k_1-1-m,\\,k_2-1-n}")}`;
const SYMBOLS = [
  { name: "x", tex: X, is: "input under the kernel" },
  { name: "w", tex: "w_{m,n}", is: "kernel as it is" },
  { name: "turned", tex: "\\mathrm{rot}_{180°} w", is: "kernel turned" },
];

/** Row 11 of the lessons: ⊗ and ∗ of the same x and w. */
export function BothProducts({
  state,
  onChange,
  layer: { x, w },
}: LayerEditorProps & { readonly layer: LayerInput }): JSX.Element {
  const { value: numbers, refusal } = useMemo(() => outcome(() => productNumbers(x, w)), [x, w]);
  const { now, on } = usePointed(state.pin, (pin) => onChange({ pin }));
  const [lit, setLit] = useState<string | null>(null);
  const at = numbers && placeOn(now, "y", numbers.correlation);
  const pin = numbers && placeOn(state.pin, "y", numbers.correlation);
  const box = at && { from: at, to: [at[0] + w.rows - 1, at[1] + w.columns - 1] as Place };
  const inBox = ([i, j]: Place) =>
    box && i >= box.from[0] && i <= box.to[0] && j >= box.from[1] && j <= box.to[1];
  const all = (name: string) => (): Mark[] => (lit === name ? ["lit"] : []);
  const output = (place: Place) => cellMarks(place, at, pin);
  return (
    <section class="card">
      <p class="lead">
        ⊗ slides the kernel as it is; ∗ turns it by 180° first. Deep learning says “convolution” and
        computes ⊗, and so does convgrad unless asked with <code>flip: true</code>.
      </p>
      <Sizes state={state} onChange={onChange} />
      <div class="two">
        <Equation tex={CORRELATION} lit={lit} onPoint={setLit} />
        <Equation tex={CONVOLUTION} lit={lit} onPoint={setLit} />
      </div>
      <SymbolKey symbols={SYMBOLS} lit={lit} onPoint={setLit} />
      {refusal && <Notice kind="bad">{refusal}</Notice>}
      <div class="maps">
        <Matrix
          name="x"
          symbol="x"
          caption="input"
          plane={x}
          box={box ?? null}
          marks={(place) => (lit === "x" && (inBox(place) ?? true) ? ["lit"] : [])}
          onEdit={(place, value) => onChange({ x: edited(x, place, value) })}
        />
        <Matrix
          name="w"
          symbol="w"
          caption="kernel"
          plane={w}
          marks={all("w")}
          onEdit={(place, value) => onChange({ w: edited(w, place, value) })}
        />
        {numbers && (
          <>
            <Matrix
              name="x ⊗ w"
              symbol="x \otimes w"
              caption="cross-correlation"
              plane={numbers.correlation}
              marks={output}
              {...on("y")}
            />
            <Matrix
              name="rot180 w"
              symbol="\mathrm{rot}_{180°} w"
              plane={numbers.turned}
              marks={all("turned")}
            />
            <Matrix
              name="x ∗ w"
              symbol="x \ast w"
              caption="convolution"
              plane={numbers.convolution.plane}
              marks={output}
              {...on("y")}
            />
            <Matrix
              name="x ⊗ rot180 w"
              symbol="x \otimes \mathrm{rot}_{180°} w"
              caption={`error ${formatNumber(numbers.withTurned.error)} from ∗`}
              plane={numbers.withTurned.plane}
              marks={output}
              {...on("y")}
            />
          </>
        )}
      </div>
      {numbers && (
        <>
          <div class="pointed" aria-live="polite">
            {at ? (
              <>
                <p>
                  (x ⊗ w)[{at.join(", ")}] ={" "}
                  <Sum terms={productsAt(x, w, at)} sum={valueAt(numbers.correlation, at)} />
                </p>
                <p>
                  (x ∗ w)[{at.join(", ")}] ={" "}
                  <Sum
                    terms={productsAt(x, numbers.turned, at)}
                    sum={valueAt(numbers.convolution.plane, at)}
                  />
                </p>
              </>
            ) : (
              "Point at a cell of an output to see its window and its sum; click to pin it."
            )}
          </div>
          <Verdict
            same={numbers.convolution.same}
            error={numbers.convolution.error}
            onSymmetric={() => onChange({ w: Array.from(numbers.symmetric.values) })}
          />
        </>
      )}
    </section>
  );
}

function valueAt(plane: { columns: number; values: ArrayLike<number> }, [i, j]: Place): number {
  return plane.values[i * plane.columns + j]!;
}

function Verdict(props: { same: boolean; error: number; onSymmetric: () => void }): JSX.Element {
  return props.same ? (
    <Notice kind="good">
      Here x ⊗ w = x ∗ w: half a turn leaves this kernel (or all that it meets) alone.
    </Notice>
  ) : (
    <>
      <Notice kind="note">
        x ⊗ w and x ∗ w differ by up to{" "}
        <span data-name="difference">{formatNumber(props.error)}</span>. A net learns its kernel, so
        it may as well learn the turned one: see “Twin training”.
      </Notice>
      <button type="button" onClick={props.onSymmetric}>
        Make the kernel symmetric
      </button>
    </>
  );
}
