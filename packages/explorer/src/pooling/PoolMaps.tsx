import type { JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { Notice } from "../controls/Notice.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { edited } from "../matrix/leaf.ts";
import { type Mark, Matrix } from "../matrix/Matrix.tsx";
import type { Place, Plane } from "../matrix/plane.ts";
import { samePlace, usePointed } from "../matrix/usePointed.ts";
import { Arrows } from "./Arrows.tsx";
import type { Change, State } from "./fields.ts";
import type { PoolInput, PoolNumbers } from "./pool.ts";
import { SaidOfInput, SaidOfOutput } from "./Said.tsx";
import { arrowsOf, inputMarks, outputMarks, type Sight, sightOf } from "./sight.ts";

export interface PoolMapsProps {
  readonly state: State;
  readonly onChange: Change;
  readonly input: PoolInput;
  readonly numbers: PoolNumbers;
  /** The symbol that is pointed at in the equations. */
  readonly lit: string | null;
}

/** x and y, δ and ∂E/∂x, with what is pointed at in all four, in words and by arrows. */
export function PoolMaps(props: PoolMapsProps): JSX.Element {
  const { state, onChange, input, numbers } = props;
  const { now, on } = usePointed(state.pin, (pin) => onChange({ pin }));
  const sight = useMemo(
    () => sightOf(input, numbers, now),
    [input, numbers, now?.on, now?.at.join()],
  );
  const arrows = useMemo(() => arrowsOf(numbers, sight), [numbers, sight]);
  const place = useRef<HTMLDivElement>(null);
  return (
    <>
      <div class="pool-maps" ref={place}>
        <Passes {...props} sight={sight} on={on} />
        <Arrows within={place} from="delta" to="dx" arrows={arrows} />
      </div>
      <Said input={input} numbers={numbers} sight={sight} />
      <Notice kind="note">
        No learning takes place here: <code>{numbers.layer}.parameters().length</code> is{" "}
        <span data-name="parameters">{numbers.parameters}</span>. Pooling only routes δ.
      </Notice>
    </>
  );
}

/** The forward and the backward pass. */
function Passes(
  props: PoolMapsProps & {
    readonly sight: Sight;
    readonly on: ReturnType<typeof usePointed>["on"];
  },
): JSX.Element {
  const { state, onChange, input, numbers, sight, lit, on } = props;
  const { x, kind } = input;
  const { y, delta, dx, margin } = numbers;
  const common = (name: "x" | "y", symbol: string, at: Place): Mark[] => [
    ...(state.pin?.on === name && samePlace(state.pin.at, at) ? (["chosen"] as const) : []),
    ...(lit === symbol ? (["lit"] as const) : []),
  ];
  const inputs = {
    marks: (at: Place) => [...common("x", "x", at), ...inputMarks(numbers, sight, at)],
    ...on("x"),
  };
  const outputs = (symbol: string) => ({
    marks: (at: Place) => [...common("y", symbol, at), ...outputMarks(numbers, sight, at)],
    ...on("y"),
  });
  return (
    <>
      <div class="pass">
        <Matrix
          name="x"
          symbol="x"
          caption={`input ${x.rows} × ${x.columns}`}
          plane={x}
          margin={margin}
          fill={kind === "max" ? Number.NEGATIVE_INFINITY : 0}
          onEdit={(at, value) => onChange({ x: edited(x, at, value) })}
          {...inputs}
        />
        <Matrix
          name="y"
          symbol="y"
          caption={`output ${y.rows} × ${y.columns}`}
          plane={y}
          {...outputs("y")}
        />
      </div>
      <div class="pass">
        <Matrix
          name="delta"
          symbol="\delta"
          caption="= ∂E/∂y"
          plane={delta}
          onEdit={(at, value) => onChange({ delta: edited(delta, at, value) })}
          {...outputs("delta")}
        />
        <Matrix
          name="dx"
          symbol="\partial E/\partial x"
          caption="what comes back"
          plane={dx}
          note={(at) => shareAt(sight.shares, at)}
          {...inputs}
        />
      </div>
    </>
  );
}

function Said(props: {
  readonly input: PoolInput;
  readonly numbers: PoolNumbers;
  readonly sight: Sight;
}): JSX.Element {
  const { numbers, sight } = props;
  const { kind, x } = props.input;
  const { output, shares, input, showing, receipts } = sight;
  return (
    <div class="pointed" aria-live="polite">
      {output && shares && <SaidOfOutput {...{ kind, x, numbers, at: output, shares }} />}
      {input && <SaidOfInput {...{ kind, numbers, at: input, outputs: showing, receipts }} />}
      {!output &&
        !input &&
        "Point at a cell of any map; click to pin it, double click to edit x or δ."}
    </div>
  );
}

function shareAt(shares: Plane | null, [i, j]: Place): string | undefined {
  const share = shares?.values[i * shares.columns + j];
  return share ? formatNumber(share, 2) : undefined;
}
