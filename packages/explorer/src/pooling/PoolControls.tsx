import type { JSX } from "preact";
import { Choice, Panel, Toggle, WholeField } from "../controls/fields.tsx";
import { PairField } from "../controls/PairField.tsx";
import type { Change, State } from "./fields.ts";

const NEW = { x: null, delta: null, pin: null } as const;
const KIND_NAMES = [
  ["max", "max"],
  ["avg", "average"],
  ["l2", "L2 norm"],
] as const;

/** The pooling's kind and settings. */
export function PoolControls(props: {
  readonly state: State;
  readonly onChange: Change;
}): JSX.Element {
  const { state, onChange } = props;
  const size = (name: "rows" | "columns", label: string) => (
    <WholeField
      label={label}
      value={state[name]}
      least={1}
      most={10}
      onChange={(value) => onChange({ ...NEW, [name]: value })}
    />
  );
  const setting = (
    name: "kernel" | "stride" | "padding" | "dilation",
    label: string,
    least: number,
    most: number,
  ) => (
    <PairField
      label={label}
      value={state[name]}
      least={least}
      most={most}
      disabled={name === "dilation" && state.kind === "avg"}
      onChange={(value) => onChange({ [name]: value, delta: null, pin: null })}
    />
  );
  return (
    <section class="card" aria-label="Settings">
      <Panel>
        <Choice
          row
          label="Pooling"
          value={state.kind}
          options={KIND_NAMES}
          onChange={(kind) => onChange({ kind })}
        />
        {size("rows", "Rows")}
        {size("columns", "Columns")}
        {setting("kernel", "Kernel", 1, 10)}
        {setting("stride", "Stride", 1, 10)}
        {setting("padding", "Padding", 0, 5)}
        {setting("dilation", "Dilation", 1, 5)}
        <Toggle
          label="Ceil mode"
          title="Count a last window that overhangs the image"
          value={state.ceil}
          onChange={(ceil) => onChange({ ceil, delta: null, pin: null })}
        />
        {state.kind === "avg" && (
          <Toggle
            label="Count padding"
            title="Whether padding counts as cells of a window"
            value={state.countPadding}
            onChange={(countPadding) => onChange({ countPadding })}
          />
        )}
        <button type="button" onClick={() => onChange({ ...NEW, seed: (state.seed + 1) % 10_000 })}>
          New numbers
        </button>
      </Panel>
    </section>
  );
}
