import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useAddressState } from "../address/useAddress.ts";
import { Choice } from "../controls/fields.tsx";
import { Examples } from "../examples/Examples.tsx";
import { FIELDS, PARTS, poolOf } from "./fields.ts";
import { PoolControls } from "./PoolControls.tsx";
import { presets } from "./presets.ts";
import { Shift } from "./Shift.tsx";
import { Swap } from "./Swap.tsx";
import { WhereDeltaGoes } from "./WhereDeltaGoes.tsx";
import "../matrix/maps.css";
import "./pooling.css";

/** Max, average and L2 pooling: forward, backward, and beside an activation. */
export function PoolingView(): JSX.Element {
  const [state, change] = useAddressState("pooling", FIELDS);
  const { part, pin: _pin, f: _f, right: _right, down: _down, filter: _filter, ...pool } = state;
  const input = useMemo(() => poolOf(state), [JSON.stringify(pool)]);
  const shared = { state, onChange: change };
  return (
    <>
      <Examples
        view="pooling"
        presets={presets}
        aside={["pin"]}
        otherwise="Any number of x and δ can be edited; the address holds what you see."
      />
      <Choice
        row
        label="What to look at"
        value={part}
        options={PARTS}
        onChange={(next) => change({ part: next, pin: null })}
      />
      <div class="part">
        {part !== "shift" && <PoolControls {...shared} />}
        {part === "pool" && <WhereDeltaGoes {...shared} input={input} />}
        {part === "swap" && <Swap {...shared} input={input} />}
        {part === "shift" && <Shift {...shared} />}
      </div>
    </>
  );
}
