import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { LayerInput, LayerNumbers } from "../article/layer.ts";
import { cellMarks, Reading } from "../article/Reading.tsx";
import { Equation, symbol } from "../equation/Equation.tsx";
import { Sum } from "../equation/Sum.tsx";
import { SymbolKey } from "../equation/SymbolKey.tsx";
import { Matrix } from "../matrix/Matrix.tsx";
import type { Place } from "../matrix/plane.ts";
import { type Pointed, placeOn, usePointed } from "../matrix/usePointed.ts";
import { weightTerms } from "./terms.ts";

const SUM = `\\frac{\\partial E}{\\partial ${symbol("w", "w_{m,n}")}} = \\sum_i \\sum_j ${symbol("delta", "\\delta_{i,j}")}\\,${symbol("o", "o_{i+m,\\,j+n}")}`;
const SYMBOLS = [
  { name: "w", tex: "w_{m,n}", is: "weight" },
  { name: "delta", tex: "\\delta_{i,j}", is: "∂E/∂ output cell" },
  { name: "o", tex: "o_{i+m,j+n}", is: "input cell that the weight met there" },
];

export interface GradientProps {
  readonly layer: LayerInput;
  readonly numbers: LayerNumbers;
  readonly pin: Pointed | null;
  readonly onPin: (pin: Pointed | null) => void;
}

/** Row 20 of the lessons: eq. (13), a sum over the outputs, is eq. (14), rot180{δ} ∗ o. */
export function WeightGradient({ layer, numbers, pin, onPin }: GradientProps): JSX.Element {
  const { o, delta, dw, eq13, eq14, turned, unturned } = numbers;
  const { now, on } = usePointed(pin, onPin);
  const [lit, setLit] = useState<string | null>(null);
  const at = placeOn(now, "w", dw);
  const terms = useMemo(() => at && weightTerms(layer, at), [layer, at?.[0], at?.[1]]);
  const box = at && { from: at, to: [at[0] + delta.rows - 1, at[1] + delta.columns - 1] as Place };
  const shared = { right: dw, rightName: "the backward pass", at, ...on("w") };
  const chosen = placeOn(pin, "w", dw);
  return (
    <section class="card">
      <p class="lead">
        “Sure it rotates δ?” The sum over the outputs is o ⊗ δ, without any turn. Written with a
        true convolution ∗, which turns its kernel, δ must be turned first, so that the two turns
        cancel.
      </p>
      <Equation tex={SUM} lit={lit} onPoint={setLit} />
      <SymbolKey symbols={SYMBOLS} lit={lit} onPoint={setLit} />
      <div class="maps">
        <Matrix
          name="o"
          symbol="o"
          caption="= f(x), input"
          plane={o}
          box={box}
          marks={([i, j]) =>
            lit === "o" &&
            (!box || (i >= box.from[0] && i <= box.to[0] && j >= box.from[1] && j <= box.to[1]))
              ? ["lit"]
              : []
          }
        />
        <Matrix
          name="delta"
          symbol="\delta"
          caption="= ∂E/∂xˡ⁺¹"
          plane={delta}
          marks={() => (lit === "delta" || at ? ["lit"] : [])}
        />
        <Matrix
          name="dw"
          symbol="\partial E/\partial w"
          caption="backward pass"
          plane={dw}
          marks={(place) => [
            ...cellMarks(place, at, chosen),
            ...(lit === "w" ? (["lit"] as const) : []),
          ]}
          {...on("w")}
        />
        <Matrix name="rot180 delta" symbol="\mathrm{rot}_{180°}\{\delta\}" plane={turned} />
      </div>
      <p class="pointed" aria-live="polite">
        {terms ? (
          <>
            ∂E/∂w[{at?.join(", ")}] = <Sum terms={terms.products} sum={terms.sum} />
          </>
        ) : (
          "Point at a weight's gradient to see the input cells that it met, and the sum; click to pin it."
        )}
      </p>
      <div class="readings three">
        <Reading title="Eq. (13)" tex="o \otimes \delta" name="eq. (13)" map={eq13} {...shared}>
          δ slides over o as a kernel, unturned.
        </Reading>
        <Reading
          title="Eq. (14)"
          tex="\mathrm{rot}_{180°}\{\delta\} \ast o"
          name="eq. (14)"
          map={eq14}
          {...shared}
        >
          δ is turned, and ∗ turns it back.
        </Reading>
        <Reading
          title="Without the turn"
          tex="\delta \ast o"
          name="δ ∗ o"
          map={unturned}
          {...shared}
        >
          {unturned.same
            ? "Half a turn leaves this δ alone."
            : "∗ turns δ, and nobody turns it back."}
        </Reading>
      </div>
    </section>
  );
}
