import { tensor } from "@convgrad/core";
import { conv2d } from "@convgrad/layers";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Equation, symbol } from "../equation/Equation.tsx";
import { Matrix } from "../matrix/Matrix.tsx";
import { type Place, planeOf } from "../matrix/plane.ts";

export function ConvolutionView(): JSX.Element {
  const [values, setValues] = useState([1, -2, 3, 4, 5, 6, 7, 8.25, -9]);
  const [at, setAt] = useState<Place | null>(null);
  const x = tensor(values, { shape: [1, 1, 3, 3], dtype: "float64" });
  const w = tensor([1, 0, 0, -1], { shape: [1, 1, 2, 2], dtype: "float64" });
  const one = { top: 1, bottom: 1, left: 1, right: 1 };
  return (
    <div class="row-of-cards">
      <Matrix
        name="x"
        symbol="x"
        plane={planeOf(x)}
        margin={one}
        onPoint={setAt}
        marks={(p) => (`${p}` === `${at}` ? ["lit"] : [])}
        onEdit={([i, j], v) => setValues(values.with(i * 3 + j, v))}
      />
      <Matrix name="y" symbol="y" plane={planeOf(conv2d(x, w, null, { padding: 1 }))} />
      <Equation tex={`y_{${symbol("u")},v} = \\sum_i x`} />
    </div>
  );
}
