import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { cellMarks } from "../article/Reading.tsx";
import { Equation, symbol } from "../equation/Equation.tsx";
import { Sum } from "../equation/Sum.tsx";
import { SymbolKey } from "../equation/SymbolKey.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { type Mark, Matrix } from "../matrix/Matrix.tsx";
import { type Place, type Plane, reachOf } from "../matrix/plane.ts";
import { placeOn, usePointed } from "../matrix/usePointed.ts";
import { inputTerms } from "./terms.ts";
import type { GradientProps } from "./WeightGradient.tsx";

const EQ20 = `\\frac{\\partial E}{\\partial x_{i',j'}} = \\Bigl(\\sum_m \\sum_n ${symbol("delta", "\\delta_{i'-m,\\,j'-n}")}\\,${symbol("w", "w_{m,n}")}\\Bigr)\\,${symbol("slope", "f'(x_{i',j'})")}`;
const SYMBOLS = [
  { name: "delta", tex: "\\delta_{i'-m,j'-n}", is: "region Q of the outputs" },
  { name: "w", tex: "w_{m,n}", is: "weight between" },
  { name: "slope", tex: "f'(x_{i',j'})", is: "slope of the activation" },
];

/** Row 25 of the lessons: eq. (20) is a product of two maps, δ ∗ w and f′(x). */
export function InputGradient({ layer, numbers, pin, onPin }: GradientProps): JSX.Element {
  const { delta, dO, slope, dx, product } = numbers;
  const { now, on } = usePointed(pin, onPin);
  const [lit, setLit] = useState<string | null>(null);
  const at = placeOn(now, "x", dx);
  const chosen = placeOn(pin, "x", dx);
  const terms = useMemo(() => at && inputTerms(layer, at), [layer, at?.[0], at?.[1]]);
  const [k1, k2] = [layer.w.rows, layer.w.columns];
  const all = (name: string): Mark[] => (lit === name ? ["lit"] : []);
  const map = (name: string, plane: Plane, symbolTex: string, caption: string, mark = "") => (
    <Matrix
      name={name}
      symbol={symbolTex}
      caption={caption}
      plane={plane}
      marks={(place) => [...cellMarks(place, at, chosen), ...all(mark)]}
      {...on("x")}
    />
  );
  const q = at && { from: [at[0] - k1 + 1, at[1] - k2 + 1] as Place, to: at };
  return (
    <section class="card">
      <p class="lead">
        A pixel gets the δ of every output that shows it (region Q), each times the weight between
        them; then the activation multiplies by its slope. Two maps, and their product.
      </p>
      <Equation tex={EQ20} lit={lit} onPoint={setLit} />
      <SymbolKey symbols={SYMBOLS} lit={lit} onPoint={setLit} />
      <div class="maps">
        <Matrix
          name="delta"
          symbol="\delta"
          caption="with the zeros of “full”"
          plane={delta}
          margin={{ top: k1 - 1, bottom: k1 - 1, left: k2 - 1, right: k2 - 1 }}
          box={q}
          marks={() => all("delta")}
        />
        <Matrix name="kernel" symbol="w" caption="kernel" plane={layer.w} marks={() => all("w")} />
      </div>
      <div class="maps product">
        {map("delta ∗ w", dO.plane, "\\delta \\ast_{\\mathrm{full}} w", "= ∂E/∂o")}
        <span class="operator">×</span>
        {map("slope", slope, "f'(x)", "of the activation", "slope")}
        <span class="operator">=</span>
        {map("dx", dx, "\\partial E/\\partial x", "backward pass")}
      </div>
      <p class="pointed" aria-live="polite">
        {at && terms ? (
          <>
            (δ ∗ w)[{at.join(", ")}] = <Sum terms={terms.products} sum={terms.sum} />; times f′ ={" "}
            {value(slope, at)} is <strong>{value(dx, at)}</strong>.
          </>
        ) : (
          "Point at a pixel to see its region Q and its sum; click to pin it."
        )}
      </p>
      <p>
        The product of the first two maps and the backward pass differ by{" "}
        <span data-name="error of eq. (20)">{formatNumber(product.error)}</span>
        {reachOf(dx.values) > 0 && product.same ? ": they are the same." : "."}{" "}
        {layer.f === "relu" && "For ReLU, f′ is 1 above 0 and 0 elsewhere; f′(0) = 0."}
      </p>
    </section>
  );
}

function value(plane: Plane, [i, j]: Place): string {
  return formatNumber(plane.values[i * plane.columns + j]!);
}
