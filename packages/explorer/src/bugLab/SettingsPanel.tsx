import type { JSX } from "preact";
import { Panel, RealField, WholeField } from "../controls/fields.tsx";
import { type BugLabState, FIELDS } from "./fields.ts";

/** Numbers that a person gave go when the sizes or the seed change. */
const DRAWN = { image: null, filter: null, target: null, pin: null } as const;

/** What is set, while the fields are folded. */
function summaryOf({ side, k, stride, padding, lr, steps, seed }: BugLabState): string {
  return `image ${side} × ${side}, filter ${k} × ${k}, stride ${stride}, padding ${padding}, lr ${lr}, ${steps} steps, seed ${seed}`;
}

export interface SettingsPanelProps {
  readonly state: BugLabState;
  readonly change: (part: Partial<BugLabState>) => void;
}

/** What both trainings have in common. */
export function SettingsPanel({ state, change }: SettingsPanelProps): JSX.Element {
  const whole = (
    name: "side" | "k" | "stride" | "padding",
    label: string,
    least: number,
    most: number,
  ) => (
    <WholeField
      label={label}
      value={state[name]}
      least={least}
      most={most}
      onChange={(value) => change({ [name]: value, pin: null, target: null })}
    />
  );
  return (
    <details class="card settings">
      <summary>
        Settings <span>{summaryOf(state)}</span>
      </summary>
      <Panel>
        {whole("side", "Image side", 3, 8)}
        {whole("k", "Filter side k", 1, 5)}
        {whole("stride", "Stride s", 1, 3)}
        {whole("padding", "Padding p", 0, 2)}
        <RealField
          label="Learning rate lr"
          value={state.lr}
          least={0}
          most={10}
          onChange={(lr) => change({ lr })}
        />
        <WholeField
          label="Steps"
          value={state.steps}
          least={1}
          most={3000}
          onChange={(steps) => change({ steps, step: Math.min(state.step, steps) })}
        />
        <WholeField
          label="Seed"
          title="Image, first filter and target are drawn by it."
          value={state.seed}
          least={0}
          most={999_999}
          onChange={(seed) => change({ seed, ...DRAWN })}
        />
        <button
          type="button"
          onClick={() =>
            change({ ...DRAWN, seed: FIELDS.seed.initial, side: 5, k: 3, padding: 0, lr: 0.01 })
          }
        >
          As at first
        </button>
      </Panel>
    </details>
  );
}
