import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { writeState } from "../address/fields.ts";
import { useAddressState } from "../address/useAddress.ts";
import { Choice } from "../controls/fields.tsx";
import { Notice } from "../controls/Notice.tsx";
import { type Outcome, outcome } from "../controls/outcome.ts";
import { Examples } from "../examples/Examples.tsx";
import { DerivationCard } from "./DerivationCard.tsx";
import { DescentCard } from "./DescentCard.tsx";
import { edited } from "./edits.ts";
import { FIELDS, MOST_CELLS, type Mode, type State } from "./fields.ts";
import { IdentityNotice } from "./IdentityNotice.tsx";
import { LoopsCard } from "./LoopsCard.tsx";
import { LossCard } from "./LossCard.tsx";
import { type Net, netOf } from "./net.ts";
import { presets } from "./presets.ts";
import { Settings } from "./Settings.tsx";
import type { Actions, Shown } from "./SheetView.tsx";
import { SizeLine } from "./SizeLine.tsx";
import { Stage } from "./Stage.tsx";
import { Steps } from "./Steps.tsx";
import { StoryCard } from "./StoryCard.tsx";
import { formatSpot, readSpot, type Spot, walkOf } from "./spot.ts";
import { storyOf } from "./terms.ts";
import "./convolution.css";

type Change = (part: Partial<State>) => void;

/** The page about a convolution: settings, what they give, and why. */
export function ConvolutionView(): JSX.Element {
  const [state, change] = useAddressState("convolution", FIELDS);
  const { value: net, refusal } = useNet(state);
  return (
    <div class="convolution">
      <Examples
        view="convolution"
        presets={presets}
        aside={["at", "line", "loops", "lr"]}
        otherwise="Point at any cell to see the sum that it is. Every number can be edited, and the address holds what you see."
      />
      <Settings state={state} net={net} onChange={change} />
      {net && <Opened net={net} onChange={change} />}
      {refusal !== null && <Notice kind="bad">{refusal}</Notice>}
    </div>
  );
}

/** The numbers of a state, or why there are none; the same for what does not touch them. */
function useNet(state: State): Outcome<Net> {
  const key = `${writeState(FIELDS, { ...state, at: "", mode: "forward", lr: 0, line: 4, loops: false })}`;
  const found = useMemo(() => outcome(() => netOf(state)), [key]);
  return useMemo(
    () => (found.value ? { ...found, value: { ...found.value, state } } : found),
    [found, state],
  );
}

function Opened({ net, onChange }: { readonly net: Net; readonly onChange: Change }): JSX.Element {
  const { state, shapes } = net;
  const [hovered, setHovered] = useState<Spot | null>(null);
  const [letter, setLetter] = useState<string | null>(null);
  const [playing, setPlaying] = useState(false);
  const walk = useMemo(() => walkOf(state.mode, shapes), [state.mode, shapes]);
  const pinned = readSpot(state.at, shapes) ?? walk[0]!;
  const spot = (hovered && readSpot(formatSpot(hovered), shapes)) ?? pinned;
  const story = useMemo(() => storyOf(net, spot), [net.y, formatSpot(spot)]);
  const pin = (next: Spot) => onChange({ at: formatSpot(next) });
  const actions = useActions(net, { point: setHovered, choose: pin, onChange });
  const shown: Shown = { net, story, letter, pictures: isLarge(net), actions };
  const choose = (mode: Mode) => onChange({ mode, at: keptSpot(mode, pinned) });
  return (
    <div class="columns">
      <div class="column">
        <section class="card main-stage" aria-label="The pass">
          <div class="fields">
            <Choice label="Walk through" row value={state.mode} options={MODES} onChange={choose} />
            <Steps
              key={state.mode}
              walk={walk}
              at={pinned}
              onPoint={setHovered}
              onChoose={pin}
              onPlay={setPlaying}
            />
          </div>
          <Stage shown={shown} />
          <SizeLine net={net} letter={letter} onLetter={setLetter} />
          {state.mode !== "forward" && <IdentityNotice net={net} of={state.mode} />}
          <p class="soft">
            Point at any cell to see its terms; click it, or press Space on it, to keep it.{" "}
            {shown.pictures
              ? "Colours stand for numbers: orange above 0, blue below."
              : "Double click or Enter edits x, w, b, t and δ."}
            {state.flip && " The kernel is turned by 180° before it slides."}
          </p>
        </section>
        {state.mode === "weights" && <DescentCard net={net} spot={spot} onChange={onChange} />}
        {state.mode !== "forward" && (
          <DerivationCard
            net={net}
            spot={[spot, pinned].find(({ of }) => of === walk[0]!.of) ?? walk[0]!}
            line={state.line}
            onLine={(line) => onChange({ line })}
          />
        )}
        <LossCard shown={shown} onChange={onChange} />
        <LoopsCard
          net={net}
          open={state.loops}
          letter={letter}
          onLetter={setLetter}
          onOpen={(loops) => onChange({ loops })}
        />
      </div>
      <div class="column told">
        <StoryCard net={net} story={story} playing={playing} letter={letter} onLetter={setLetter} />
      </div>
    </div>
  );
}

const MODES = [
  ["forward", "Forward: y"],
  ["weights", "Backward: ∂E/∂w"],
  ["input", "Backward: ∂E/∂x"],
] as const;

/** What stays pinned when another mode is chosen. */
function keptSpot(mode: Mode, spot: Spot): string {
  const walked = { forward: "y", weights: "wb", input: "x" }[mode];
  return walked.includes(spot.of) ? formatSpot(spot) : "";
}

/** Whether the planes are shown as pictures. */
function isLarge({ state, shapes }: Net): boolean {
  const [, oh, ow] = shapes.y as [number, number, number];
  const cells = state.channels * state.size[0] * state.size[1] + state.filters * oh * ow;
  return Math.max(...state.size) > MOST_CELLS || cells > 1200;
}

/** One object for all of the page's life, so that planes need not be drawn anew. */
function useActions(
  net: Net,
  now: { point: Actions["point"]; choose: Actions["choose"]; onChange: Change },
): Actions {
  const latest = useRef({ net, ...now });
  latest.current = { net, ...now };
  return useMemo(
    () => ({
      point: (spot) => latest.current.point(spot),
      choose: (spot) => latest.current.choose(spot),
      edit: (sheet, place, value) =>
        latest.current.onChange(edited(latest.current.net, sheet, place, value)),
    }),
    [],
  );
}
