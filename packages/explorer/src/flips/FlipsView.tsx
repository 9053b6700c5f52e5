import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useAddressState } from "../address/useAddress.ts";
import { Erratum } from "../article/Erratum.tsx";
import { type LayerInput, layerNumbers } from "../article/layer.ts";
import { Choice } from "../controls/fields.tsx";
import { Notice } from "../controls/Notice.tsx";
import { outcome } from "../controls/outcome.ts";
import { Examples } from "../examples/Examples.tsx";
import { BothProducts } from "./BothProducts.tsx";
import { Chain } from "./Chain.tsx";
import { FourCases } from "./FourCases.tsx";
import { type Change, FIELDS, layerOf, PARTS, type State } from "./fields.ts";
import { InputGradient } from "./InputGradient.tsx";
import { LayerEditor } from "./LayerEditor.tsx";
import { presets } from "./presets.ts";
import { TwinTraining } from "./TwinTraining.tsx";
import { WeightGradient } from "./WeightGradient.tsx";
import "../matrix/maps.css";
import "./flips.css";

/** Cross-correlation and convolution, and who is turned on the way back. */
export function FlipsView(): JSX.Element {
  const [state, change] = useAddressState("flips", FIELDS);
  const layer = useMemo(
    () => layerOf(state),
    [
      ...[state.rows, state.columns, state.k1, state.k2, state.f, state.bias, state.seed],
      ...[state.x, state.w, state.target].map((values) => values?.join()),
    ],
  );
  const shared = { state, onChange: change };
  return (
    <>
      <Examples
        view="flips"
        presets={presets}
        aside={["pin", "steps"]}
        otherwise="Every number can be edited; the address holds what you see."
      />
      <Choice
        row
        label="What to look at"
        value={state.part}
        options={PARTS}
        onChange={(part) => change({ part, pin: null })}
      />
      <div class="part">
        {state.part === "products" && <BothProducts {...shared} layer={layer} />}
        {state.part === "chain" && <Chain {...shared} />}
        {state.part === "twins" && <TwinTraining {...shared} />}
        {["weights", "input", "cases", "erratum"].includes(state.part) && (
          <OfLayer {...shared} layer={layer} />
        )}
      </div>
    </>
  );
}

/** The parts that look at one layer of the article. */
function OfLayer(props: {
  readonly state: State;
  readonly onChange: Change;
  readonly layer: LayerInput;
}): JSX.Element {
  const { state, onChange, layer } = props;
  const { part, pin } = state;
  const { value: numbers, refusal } = useMemo(() => outcome(() => layerNumbers(layer)), [layer]);
  const gradient = numbers && {
    layer,
    numbers,
    pin,
    onPin: (next: State["pin"]) => onChange({ pin: next }),
  };
  return (
    <div class="of-layer">
      <LayerEditor {...props} numbers={numbers} />
      {refusal && <Notice kind="bad">{refusal}</Notice>}
      {gradient && part === "weights" && <WeightGradient {...gradient} />}
      {gradient && part === "input" && <InputGradient {...gradient} />}
      {gradient && part === "cases" && <FourCases layer={layer} />}
      {gradient && part === "erratum" && (
        <section class="card">
          <Erratum layer={layer} />
        </section>
      )}
    </div>
  );
}
