import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useAddressState } from "../address/useAddress.ts";
import { ConfusionCard } from "./ConfusionCard.tsx";
import { DataCard } from "./DataCard.tsx";
import { DrawCard } from "./DrawCard.tsx";
import { FilesCard } from "./FilesCard.tsx";
import { FIELDS } from "./fields.ts";
import { LearningCard } from "./LearningCard.tsx";
import { NetworkEditor } from "./NetworkEditor.tsx";
import { NormsCard } from "./NormsCard.tsx";
import { ProgramCard } from "./ProgramCard.tsx";
import { program } from "./program.ts";
import { RunCard } from "./RunCard.tsx";
import { SettingsCard } from "./SettingsCard.tsx";
import { addressOf, textOf, useSession } from "./useSession.ts";
import { WatchedCard } from "./WatchedCard.tsx";
import "./trainer.css";

/** Build a network and train it in the page. */
export function TrainerView(): JSX.Element {
  const [shown, change] = useAddressState("train", FIELDS);
  const { state, ask, restart, recipe, choice, choose, refusal } = useSession(shown, change);
  const { data, rows, validations, trained } = state;
  const text = textOf(recipe);
  const faulty = rows.some(({ error }) => error !== null);
  const edited = trained !== null && textOf(trained) !== text;
  const validated = validations.at(-1);
  // The cards that do not follow each step are left alone while the others do.
  const network = useMemo(
    () => (
      <NetworkEditor
        layers={recipe.layers}
        rows={rows}
        parameters={state.parameters}
        imageShape={data?.imageShape ?? null}
        onChange={(layers) => change({ network: layers })}
      />
    ),
    [text, rows, data],
  );
  const settings = useMemo(() => <SettingsCard recipe={recipe} onChange={change} />, [text]);
  const images = useMemo(
    () => (
      <DataCard
        choice={choice}
        data={data}
        served={state.ready?.served ?? []}
        failure={refusal}
        onChoose={choose}
      />
    ),
    [choice, data, state.ready, refusal],
  );
  const learning = useMemo(
    () => <LearningCard curve={state.curve} validations={validations} />,
    [state.curve, validations],
  );
  const watched = useMemo(
    () => (
      <WatchedCard
        pictures={state.pictures}
        data={data}
        rows={rows}
        image={shown.image}
        onImage={(image) => change({ image })}
        pinned={shown.at}
        onPin={(at) => change({ at })}
      />
    ),
    [state.pictures, data, rows, shown.image, shown.at],
  );
  const norms = useMemo(() => <NormsCard norms={state.norms} />, [state.norms]);
  const confusion = useMemo(
    () => (
      <ConfusionCard
        key={data?.classes.join()}
        classes={data?.classes ?? []}
        confusion={validated?.confusion ?? null}
        percent={shown.percent}
        onPercent={(percent) => change({ percent })}
      />
    ),
    [data, validated, shown.percent],
  );
  const draw = useMemo(
    () => (
      <DrawCard
        data={data}
        probabilities={state.classified}
        failure={state.failures.classify}
        weights={trained && (state.pictures ?? trained)}
        onClassify={(pixels) => ask({ kind: "classify", pixels })}
      />
    ),
    [data, state.classified, state.failures.classify, state.pictures, trained],
  );
  return (
    <div class="trainer">
      <RunCard
        state={state}
        faulty={faulty}
        edited={edited}
        onRun={() => ask({ kind: "run" })}
        onPause={() => ask({ kind: "pause" })}
        onStep={() => ask({ kind: "step" })}
        onReset={() => ask({ kind: "reset", recipe })}
        onRestart={restart}
        onRevert={() => trained && change(addressOf(trained))}
      />
      <div class="middle">
        {learning}
        {watched}
        {norms}
      </div>
      <div class="left">
        {network}
        {settings}
      </div>
      <div class="right">
        {draw}
        {confusion}
        {images}
        <FilesCard
          disabled={trained === null}
          failures={state.failures}
          onSave={(as) => ask({ kind: "save", as })}
          onOpen={(file) => ask({ kind: "open", file })}
        />
        <ProgramCard
          program={data && program(recipe, rows, data)}
          open={shown.program}
          onOpen={(program) => change({ program })}
        />
      </div>
    </div>
  );
}
