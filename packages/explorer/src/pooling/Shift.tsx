import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Choice, Panel, Slider } from "../controls/fields.tsx";
import { Notice } from "../controls/Notice.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { edited } from "../matrix/leaf.ts";
import { Matrix } from "../matrix/Matrix.tsx";
import { reachOf } from "../matrix/plane.ts";
import { type Change, FARTHEST, filterOf, type State } from "./fields.ts";
import { CANVAS, shiftNumbers } from "./shift.ts";

/** Row 18 of the lessons: convolution is equivariant; pooling is roughly invariant. */
export function Shift(props: { readonly state: State; readonly onChange: Change }): JSX.Element {
  const { state, onChange } = props;
  const { kind, seed, down, right } = state;
  const filter = useMemo(() => filterOf(state), [state.filter?.join()]);
  const numbers = useMemo(
    () => shiftNumbers({ seed, filter, kind, down, right }),
    [seed, filter, kind, down, right],
  );
  const { canvas, map, mapBefore, pooled, pooledBefore, inside, change } = numbers;
  const box = { from: [down, right], to: [CANVAS - 1, CANVAS - 1] } as const;
  const source = { from: [0, 0], to: [CANVAS - 1 - down, CANVAS - 1 - right] } as const;
  const reach = reachOf(mapBefore.values);
  return (
    <section class="card">
      <p class="lead">
        “Translation invariance” is not what a convolution has: move the picture, and its map moves
        along (it is <em>equivariant</em>). Pooling makes the net roughly <em>invariant</em>: small
        moves change the pooled map less, as a rule, and the strongest response of all not at all.
      </p>
      <Panel>
        <Slider
          label="Shift right"
          value={right}
          least={0}
          most={FARTHEST}
          onChange={(next) => onChange({ right: next })}
        />
        <Slider
          label="Shift down"
          value={down}
          least={0}
          most={FARTHEST}
          onChange={(next) => onChange({ down: next })}
        />
        <Choice
          row
          label="Pooling 2 × 2"
          value={kind}
          options={[
            ["max", "max"],
            ["avg", "average"],
            ["l2", "L2 norm"],
          ]}
          onChange={(next) => onChange({ kind: next })}
        />
        <button type="button" onClick={() => onChange({ seed: (seed + 1) % 10_000 })}>
          New picture
        </button>
      </Panel>
      <div class="maps">
        <Matrix name="canvas" symbol="x" caption="the picture, moved" plane={canvas} />
        <Matrix
          name="filter"
          symbol="w"
          caption="filter, editable"
          plane={filter}
          onEdit={(place, value) => onChange({ filter: edited(filter, place, value) })}
        />
      </div>
      <div class="maps">
        <Matrix
          name="map before"
          symbol="x \otimes w"
          caption="before"
          plane={mapBefore}
          reach={reach}
          box={source}
        />
        <Matrix
          name="map"
          symbol="x \otimes w"
          caption="moved"
          plane={map}
          reach={reach}
          box={box}
        />
        <div class="link">
          <Matrix
            name="pooled before"
            symbol="\mathrm{pool}"
            caption="before"
            plane={pooledBefore}
            reach={reach}
          />
          <Matrix
            name="pooled"
            symbol="\mathrm{pool}"
            caption="moved"
            plane={pooled}
            reach={reach}
          />
        </div>
      </div>
      <Notice kind={inside.same ? "good" : "bad"}>
        {inside.same
          ? "Inside the borders (the dashed boxes) the map of the moved picture is the moved map: error "
          : "The maps hold numbers too large, or none, to compare: error "}
        <span data-name="inside">{formatNumber(inside.error)}</span>.
      </Notice>
      <p aria-live="polite">
        Largest change of a cell, by the shift: of the map{" "}
        <span data-name="map change">{formatNumber(change.map)}</span>, of the pooled map{" "}
        <span data-name="pooled change">{formatNumber(change.pooled)}</span>, of the strongest
        response of the whole map (global max pooling){" "}
        <span data-name="strongest change">{formatNumber(change.strongest)}</span>. A shift by the
        pool's stride, 2, moves the pooled map by exactly one cell.
      </p>
    </section>
  );
}
