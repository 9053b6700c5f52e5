import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { Notice } from "../controls/Notice.tsx";
import { Equation } from "../equation/Equation.tsx";
import { ARTICLE } from "../golden/article.ts";
import { formatNumber } from "../matrix/formatNumber.ts";
import { Matrix } from "../matrix/Matrix.tsx";
import type { Place, Plane } from "../matrix/plane.ts";
import { type ErratumNumbers, erratumNumbers, type ReadingId } from "./erratum.ts";
import type { LayerInput } from "./layer.ts";
import { cellMarks, Reading } from "./Reading.tsx";
import "../matrix/maps.css";
import "./article.css";

const SLOPE = "f'(x_{i',j'})";
const EQ20 = `\\sum_{m}\\sum_{n} \\delta_{i'-m,j'-n}\\,w_{m,n}\\,${SLOPE}`;
const READINGS: readonly { id: ReadingId; tex: string; text: string }[] = [
  {
    id: "21-printed",
    tex: `\\mathrm{rot}_{180°}\\Bigl\\{\\sum_{m}\\sum_{n} \\delta_{i'+m,j'+n}\\,w_{m,n}\\Bigr\\}${SLOPE}`,
    text: "It turns the finished map. The kernel has to be turned, not the result.",
  },
  {
    id: "22-printed",
    tex: `\\delta \\ast \\mathrm{rot}_{180°}\\{w\\}\\,${SLOPE}`,
    text: "It turns twice: a true convolution ∗ turns its kernel by itself.",
  },
  {
    id: "21-corrected",
    tex: `\\delta \\otimes_{\\mathrm{full}} \\mathrm{rot}_{180°}\\{w\\}\\,${SLOPE}`,
    text: "It slides the turned kernel over δ without turning it again.",
  },
  {
    id: "22-corrected",
    tex: `\\delta \\ast_{\\mathrm{full}} w\\,${SLOPE}`,
    text: "It lets ∗ do the one turn that is needed.",
  },
];

/** Equations (21) and (22) of the article: as printed they are not eq. (20), corrected they are; with live numbers. */
export function Erratum(props: {
  /** The layer whose gradient is taken; default: a small one of whole numbers. */
  readonly layer?: LayerInput;
}): JSX.Element {
  const { layer = ARTICLE.article_4x4_k2_relu_integers } = props;
  const numbers = useMemo(() => erratumNumbers(layer), [layer]);
  const [at, setAt] = useState<Place | null>(null);
  const { eq20, readings, evenKernel, evenDelta } = numbers;
  return (
    <div class="erratum">
      <p class="lead">
        Here ∗ is a true convolution, which turns its kernel by 180°, and ⊗ a cross-correlation,
        which does not. Read so, the article's equations (6) and (14) are exact. Its last two forms
        of ∂E/∂x are not.
      </p>
      <div class="readings">
        <section class="reading reference">
          <h3>Eq. (20), what the backward pass finds</h3>
          <Equation tex={EQ20} />
          <Matrix
            name="eq. (20)"
            plane={eq20}
            marks={(place) => cellMarks(place, at)}
            onPoint={setAt}
          />
          <p class="pointed" aria-live="polite">
            {at ? saidAt(numbers, at) : "Point at a cell to compare it in all five maps."}
          </p>
        </section>
        {READINGS.map(({ id, tex, text }) => (
          <Reading
            key={id}
            title={headline(id)}
            tex={tex}
            name={`eq. (${id.slice(0, 2)}) ${id.slice(3)}`}
            map={readings[id]}
            right={eq20}
            rightName="eq. (20)"
            at={at}
            onPoint={setAt}
          >
            {text}
          </Reading>
        ))}
      </div>
      {(evenKernel || evenDelta) && (
        <Notice kind="note">
          {evenKernel ? "This kernel" : "This δ"} looks the same after half a turn, so eq. (
          {evenKernel ? 22 : 21}) agrees here by chance. That is how such errors stay unseen.
        </Notice>
      )}
    </div>
  );
}

function headline(id: ReadingId): string {
  const [equation, how] = [id.slice(0, 2), id.slice(3)];
  return how === "printed" ? `Eq. (${equation}) to the letter` : `Eq. (${equation}) corrected`;
}

function saidAt({ eq20, readings }: ErratumNumbers, [i, j]: Place): string {
  const value = (plane: Plane) => formatNumber(plane.values[i * plane.columns + j]!);
  const parts = READINGS.map(
    ({ id }) => `(${id.slice(0, 2)}) ${id.slice(3)} ${value(readings[id].plane)}`,
  );
  return `∂E/∂x[${i}, ${j}]: eq. (20) ${value(eq20)}; ${parts.join("; ")}.`;
}
