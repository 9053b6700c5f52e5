import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { cellMarks } from "../article/Reading.tsx";
import { WholeField } from "../controls/fields.tsx";
import { Equation } from "../equation/Equation.tsx";
import { Sum } from "../equation/Sum.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { Matrix } from "../matrix/Matrix.tsx";
import type { Place } from "../matrix/plane.ts";
import { placeOn, usePointed } from "../matrix/usePointed.ts";
import { type ChainMap, chainMaps, type Origin, originOf } from "./chain.ts";
import type { LayerEditorProps } from "./LayerEditor.tsx";

const NAMES = ["\\partial E/\\partial x", "\\delta^1", "\\delta^2", "\\delta^3"];

/** Row 27 of the lessons: δ of a layer is a convolution of the δ after it, three layers deep. */
export function Chain({ state, onChange }: LayerEditorProps): JSX.Element {
  const { seed, pin } = state;
  const maps = useMemo(() => chainMaps(seed), [seed]);
  const { now, on } = usePointed(pin, (next) => onChange({ pin: next }));
  const map = maps.findIndex(({ delta }, l) => placeOn(now, `m${l}`, delta));
  const at = map < 0 ? null : now!.at;
  const origin = useMemo(
    () => (at && map < 3 ? originOf(seed, map, at) : null),
    [seed, map, at?.[0], at?.[1]],
  );
  return (
    <section class="card">
      <p class="lead">
        The indices of δ are convolutions themselves: δ of a layer is made of the δ after it, times
        the weights between them, times ReLU′. Point at a cell of any map: its window in the next
        map is boxed, and so is what that window is made of.
      </p>
      <Equation tex="\delta^{l}_{i,j} = f'(z^{l}_{i,j}) \sum_m \sum_n \delta^{l+1}_{i-m,\,j-n}\, w^{l+1}_{m,n},\qquad \delta^3 = z^3,\quad E = \tfrac12 \sum (z^3)^2" />
      <WholeField
        label="Seed of the numbers"
        value={seed}
        least={0}
        most={9999}
        onChange={(next) => onChange({ seed: next })}
      />
      <div class="maps chain">
        {maps.map(({ delta, w }, l) => {
          const reached = origin?.reach.find((r) => r.map === l);
          return (
            <div class="link" key={NAMES[l]}>
              <Matrix
                name={l ? `delta ${l}` : "dx"}
                symbol={NAMES[l]!}
                caption={l ? `${delta.rows} × ${delta.columns}, layer ${l}` : "of the input"}
                plane={delta}
                box={reached ? { from: reached.from, to: reached.to } : null}
                marks={(place) =>
                  cellMarks(place, map === l ? at : null, placeOn(pin, `m${l}`, delta))
                }
                {...on(`m${l}`)}
              />
              {w && <Matrix name={`w ${l + 1}`} symbol={`w^${l + 1}`} plane={w} />}
            </div>
          );
        })}
      </div>
      <div class="pointed" aria-live="polite">
        {at ? <Said maps={maps} map={map} at={at} origin={origin} /> : "Nothing is pointed at."}
      </div>
    </section>
  );
}

function Said(props: {
  readonly maps: readonly ChainMap[];
  readonly map: number;
  readonly at: Place;
  readonly origin: Origin | null;
}): JSX.Element {
  const { maps, map, at, origin } = props;
  const { delta, values } = maps[map]!;
  const place = at[0] * delta.columns + at[1];
  const name = map ? `δ${map}` : "∂E/∂x";
  if (!origin) {
    return (
      <p>
        {name}[{at.join(", ")}] = z3[{at.join(", ")}] = {formatNumber(delta.values[place]!)}: the
        error begins here.
      </p>
    );
  }
  return (
    <p>
      {name}[{at.join(", ")}] ={" "}
      {origin.slope !== null && (
        <>
          ReLU′({formatNumber(values.values[place]!)}) = {formatNumber(origin.slope)} times{" "}
        </>
      )}
      <Sum terms={origin.products} sum={origin.sum} />, so {formatNumber(delta.values[place]!)}.
    </p>
  );
}
