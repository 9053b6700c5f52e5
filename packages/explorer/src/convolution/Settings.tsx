import type { JSX } from "preact";
import { Choice, Panel, Toggle, WholeField } from "../controls/fields.tsx";
import { PairField } from "../controls/PairField.tsx";
import { MOST_SIDE, type State } from "./fields.ts";
import { type Net, resized } from "./net.ts";
import { PaddingField } from "./PaddingField.tsx";

export interface SettingsProps {
  readonly state: State;
  /** `null` while the settings do not fit. */
  readonly net: Net | null;
  readonly onChange: (part: Partial<State>) => void;
}

/** On narrow pages they open on demand, so that the numbers come first. */
const WIDE = typeof matchMedia === "undefined" || matchMedia("(min-width: 48rem)").matches;

const UNEDITED = { x: null, w: null, b: null, t: null, delta: null } as const;

/** Sizes, the window, the numbers. */
export function Settings({ state, net, onChange }: SettingsProps): JSX.Element {
  const set = (part: Partial<State>) => onChange(resized(state, part));
  const [h, w] = state.size;
  const sides = net?.shapes.geometry.padding;
  return (
    <details class="card settings" open={WIDE}>
      <summary>Settings</summary>
      <div class="panels">
        <Panel title="Image x">
          <WholeField
            label="height H"
            value={h}
            least={1}
            most={MOST_SIDE}
            onChange={(n) => set({ size: [n, w] })}
          />
          <WholeField
            label="width W"
            value={w}
            least={1}
            most={MOST_SIDE}
            onChange={(n) => set({ size: [h, n] })}
          />
          <WholeField
            label="channels C"
            value={state.channels}
            least={1}
            most={4}
            onChange={(channels) => set({ channels })}
          />
        </Panel>
        <Panel title="Kernel w">
          <PairField
            label="size"
            value={state.kernel}
            least={1}
            most={5}
            onChange={(kernel) => set({ kernel })}
          />
          <WholeField
            label="filters O"
            value={state.filters}
            least={1}
            most={8}
            onChange={(filters) => set({ filters })}
          />
          <WholeField
            label="groups"
            value={state.groups}
            least={1}
            most={8}
            onChange={(groups) => set({ groups })}
          />
        </Panel>
        <Panel title="How it slides">
          <PairField
            label="stride s"
            value={state.stride}
            least={1}
            most={4}
            onChange={(stride) => set({ stride })}
          />
          <PaddingField
            value={state.padding}
            resolved={sides ? [...sides[0], ...sides[1]] : null}
            onChange={(padding) => set({ padding })}
          />
          <PairField
            label="dilation d"
            value={state.dilation}
            least={1}
            most={3}
            onChange={(dilation) => set({ dilation })}
          />
          <Toggle
            label="flip"
            title="On: true convolution, the kernel turned by 180°. Off: cross-correlation, as in every deep-learning library"
            value={state.flip}
            onChange={(flip) => onChange({ flip })}
          />
        </Panel>
        <Panel title="Numbers">
          <Choice
            label="kind"
            row
            value={state.kind}
            options={[
              ["whole", "whole"],
              ["decimal", "decimal"],
            ]}
            onChange={(kind) => onChange({ kind, ...UNEDITED })}
          />
          <WholeField
            label="seed"
            value={state.seed}
            least={0}
            most={9999}
            onChange={(seed) => onChange({ seed, ...UNEDITED })}
          />
          <button
            type="button"
            onClick={() => onChange({ seed: (state.seed + 1) % 10_000, ...UNEDITED })}
          >
            New numbers
          </button>
        </Panel>
      </div>
    </details>
  );
}
