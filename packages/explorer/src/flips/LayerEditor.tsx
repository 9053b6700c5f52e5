import type { JSX } from "preact";
import type { LayerInput, LayerNumbers } from "../article/layer.ts";
import { Choice, Panel, RealField, WholeField } from "../controls/fields.tsx";
import { Equation } from "../equation/Equation.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { edited } from "../matrix/leaf.ts";
import { Matrix } from "../matrix/Matrix.tsx";
import type { Change, State } from "./fields.ts";

const SHAPES = [
  ["rows", "Rows", 8],
  ["columns", "Columns", 8],
  ["k1", "Kernel rows", 5],
  ["k2", "Kernel columns", 5],
] as const;
const NEW = { x: null, w: null, target: null, pin: null } as const;

export interface LayerEditorProps {
  readonly state: State;
  readonly onChange: Change;
}

/** Sizes of the planes, and new numbers. A change of a size draws new ones. */
export function Sizes({ state, onChange }: LayerEditorProps): JSX.Element {
  return (
    <Panel>
      {SHAPES.map(([name, label, most]) => (
        <WholeField
          key={name}
          label={label}
          value={state[name]}
          least={1}
          most={most}
          onChange={(size) => onChange({ ...NEW, [name]: size })}
        />
      ))}
      <button type="button" onClick={() => onChange({ ...NEW, seed: (state.seed + 1) % 10_000 })}>
        New numbers
      </button>
    </Panel>
  );
}

/** The article's layer: its numbers to edit, and its error. */
export function LayerEditor(
  props: LayerEditorProps & { readonly layer: LayerInput; readonly numbers: LayerNumbers | null },
): JSX.Element {
  const { state, onChange, layer, numbers } = props;
  const plane = (name: "x" | "w" | "target", symbol: string, caption: string) => (
    <Matrix
      name={name}
      symbol={symbol}
      caption={caption}
      plane={layer[name]}
      onEdit={(place, value) => onChange({ [name]: edited(layer[name], place, value) })}
    />
  );
  return (
    <section class="card layer-editor" aria-label="The layer">
      <h2>The layer</h2>
      <Equation tex="\begin{gathered} o = f(x),\quad x^{l+1} = o \otimes w + b \\\\ E = \tfrac12 \textstyle\sum (t - x^{l+1})^2 \end{gathered}" />
      <Sizes state={state} onChange={onChange} />
      <Panel>
        <Choice
          label="f"
          value={state.f}
          options={[
            ["identity", "none: f(x) = x"],
            ["relu", "ReLU"],
            ["tanh", "tanh"],
            ["sigmoid", "sigmoid"],
          ]}
          onChange={(f) => onChange({ f })}
        />
        <RealField
          label="b"
          value={state.bias}
          least={-1e6}
          most={1e6}
          onChange={(bias) => onChange({ bias })}
        />
      </Panel>
      <div class="maps">
        {plane("x", "x", "input, before f")}
        {plane("w", "w", "kernel")}
        {numbers && plane("target", "t", "target")}
        {numbers && <Matrix name="x next" symbol="x^{l+1}" caption="output" plane={numbers.next} />}
      </div>
      {numbers && (
        <p>
          E = <span data-name="E">{formatNumber(numbers.E, 6)}</span>, ∂E/∂b = Σ δ ={" "}
          <span data-name="db">{formatNumber(numbers.db, 6)}</span>. Double click a cell of x, w or
          t to change it.
        </p>
      )}
    </section>
  );
}
