import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useAddressState } from "../address/useAddress.ts";
import { Choice } from "../controls/fields.tsx";
import { Notice } from "../controls/Notice.tsx";
import { outcome } from "../controls/outcome.ts";
import { Examples } from "../examples/Examples.tsx";
import { refusalOf } from "./anomalies.ts";
import { Bench } from "./Bench.tsx";
import { problemOf } from "./descent.ts";
import { type BugLabState, FIELDS, type LabName } from "./fields.ts";
import { labs } from "./labs.ts";
import { presets } from "./presets.ts";
import { SettingsPanel } from "./SettingsPanel.tsx";
import "./bugLab.css";

/** Where a lab begins: at the stride that it is about, unless numbers were given for another. */
function enter(lab: LabName, state: BugLabState): Partial<BugLabState> {
  if (state.image) return { lab };
  if (lab === "asked") return { lab, stride: 1 };
  return { lab, stride: Math.max(state.stride, 2) };
}

/** What to look at first. */
function lookAt({ lab, stride }: BugLabState, refused: boolean): string {
  if (refused)
    return "Look first at the forward pass as asked: its output is larger than the filter.";
  if (lab === "answered" && stride === 1)
    return "At stride 1 both forward passes are the same: choose stride 2 in gradcheck's table.";
  return labs[lab].look;
}

/** The question's mistaken forward pass beside the right one, learning live. */
export function BugLabView(): JSX.Element {
  const [state, change] = useAddressState("bugs", FIELDS);
  const lab = labs[state.lab];
  const { side, k, stride, padding, seed, lr, reduction, image, filter, target } = state;
  const key = JSON.stringify([
    side,
    k,
    stride,
    padding,
    seed,
    lr,
    reduction,
    image,
    filter,
    target,
  ]);
  const settings = useMemo(
    () => ({ side, k, stride, padding, seed, lr, reduction, image, filter, target }),
    [key],
  );
  const { value: problem, refusal: misfit } = useMemo(
    () => outcome(() => problemOf(settings)),
    [settings],
  );
  const refusal = useMemo(() => problem && refusalOf(problem, lab.forward), [problem, lab.forward]);
  return (
    <div class={`bug-lab ${state.lab}`}>
      <Examples
        view="bugs"
        presets={presets}
        aside={["pin", "step", "speed", "axes", "more"]}
        otherwise="Every number can be edited; the address holds what you see."
      />
      <Choice
        row
        label="Step by step"
        value={state.lab}
        options={(Object.keys(labs) as LabName[]).map((name) => [name, labs[name].title])}
        onChange={(name) => change(enter(name, state))}
      />
      <div class="explained">
        <p>{lab.explanation}</p>
        <p class="look">{lookAt(state, refusal !== null)}</p>
      </div>
      <SettingsPanel state={state} change={change} />
      {misfit && <Notice kind="bad">{misfit}</Notice>}
      {problem && <Bench state={state} change={change} {...{ settings, problem, refusal }} />}
    </div>
  );
}
