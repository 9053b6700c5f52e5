import type { ComponentChildren, JSX } from "preact";
import { Notice } from "../controls/Notice.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { many } from "./LayerItem.tsx";
import { percent } from "./ProbabilityBars.tsx";
import { isComplete, isUntaught, stepOf, type TrainerState } from "./trainerState.ts";

export interface RunCardProps {
  readonly state: TrainerState;
  /** The network on the page has faults. */
  readonly faulty: boolean;
  /** The recipe on the page is not the one that trains. */
  readonly edited: boolean;
  readonly onRun: () => void;
  readonly onPause: () => void;
  readonly onStep: () => void;
  readonly onReset: () => void;
  /** Starts the worker anew. */
  readonly onRestart: () => void;
  /** Takes the edits back. */
  readonly onRevert: () => void;
}

/** The buttons of the training, and where it is. */
export function RunCard(props: RunCardProps): JSX.Element {
  const { state, faulty, edited } = props;
  if (state.stopped) return <Stopped why={state.stopped} onRestart={props.onRestart} />;
  const running = state.state === "running";
  const done = state.state === "done"; // its buttons keep the focus
  // What was refused before anything was learned is not replaced by what was there before.
  const can = state.trained !== null && !(edited && isUntaught(state));
  return (
    <section class="card run" aria-label="Training">
      <div class="controls">
        {running ? (
          <button type="button" class="main control" onClick={props.onPause}>
            Pause
          </button>
        ) : (
          <button
            type="button"
            class="main control"
            disabled={!can}
            aria-disabled={done}
            onClick={() => !done && props.onRun()}
          >
            Run
          </button>
        )}
        <button
          type="button"
          class="control"
          disabled={!can || running}
          aria-disabled={done}
          onClick={() => !done && props.onStep()}
        >
          Step
        </button>
        <button
          type="button"
          class="control"
          disabled={faulty || (isUntaught(state) && !edited)}
          onClick={props.onReset}
        >
          Reset
        </button>
      </div>
      <p class="state" role="status" data-state={state.state}>
        {stateText(state, faulty)}
      </p>
      <Figures state={state} />
      {edited && !isUntaught(state) && (
        <Notice kind="note">
          The network or its settings were edited; what trains is still as it was before.{" "}
          <button type="button" disabled={faulty} onClick={props.onReset}>
            Reset to the edited one
          </button>{" "}
          <button type="button" onClick={props.onRevert}>
            Take the edits back
          </button>
        </Notice>
      )}
      {[state.failures.run, state.failures.step, faulty ? undefined : state.failures.reset].map(
        (message) =>
          message && (
            <Notice key={message} kind="bad">
              {message}
            </Notice>
          ),
      )}
      <Machine state={state} edited={edited} />
    </section>
  );
}

/** The worker is not there any more; with it went the model. */
function Stopped(props: { readonly why: string; readonly onRestart: () => void }): JSX.Element {
  return (
    <section class="card run" aria-label="Training">
      <Notice kind="bad">
        The worker that trains has stopped: {props.why}. What it had learned is lost.{" "}
        <button type="button" onClick={props.onRestart}>
          Start it again
        </button>
      </Notice>
    </section>
  );
}

function stateText(state: TrainerState, faulty: boolean): string {
  const step = stepOf(state);
  if (!state.ready) return "Starting the worker …";
  if (!state.data) return "Loading the images …";
  if (faulty && step === 0) return "One of the layers does not fit; its card says why.";
  if (!state.trained) {
    return state.failures.reset ? "There is no network yet." : "Making the network …";
  }
  const { epochs } = state.trained;
  switch (state.state) {
    case "running":
      return "Training …";
    case "done":
      if (!isComplete(state)) return `Stopped after step ${many(step)}.`;
      return `Done after ${epochs === 1 ? "one epoch" : `${epochs} epochs`}. Draw a digit, or change something and reset.`;
    default:
      return step > 0
        ? `Paused after step ${many(step)}.`
        : `Ready. Run teaches it ${many(state.data.train)} images.`;
  }
}

function Figures({ state }: { readonly state: TrainerState }): JSX.Element {
  const { curve, progress } = state;
  const validated = state.validations.at(-1);
  const [loss, accuracy] = [curve.smoothLoss.at(-1), curve.smoothAccuracy.at(-1)];
  return (
    <dl class="figures">
      <Figure name="epoch">{epochOf(state)}</Figure>
      <Figure name="step">{many(stepOf(state))}</Figure>
      <Figure name="loss">{loss === undefined ? "–" : formatNumber(loss, 3)}</Figure>
      <Figure name="training accuracy">{accuracy === undefined ? "–" : percent(accuracy)}</Figure>
      <Figure name="validation accuracy">{validated ? percent(validated.accuracy) : "–"}</Figure>
      <Figure name="images per second">{progress ? many(Math.round(progress.speed)) : "–"}</Figure>
    </dl>
  );
}

/** `"3 of 10"` */
function epochOf({ trained, progress }: TrainerState): string {
  const epoch = progress?.steps.at(-1)?.epoch;
  return trained && epoch !== undefined ? `${epoch + 1} of ${trained.epochs}` : "–";
}

function Figure(props: {
  readonly name: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div data-figure={props.name}>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

/** What computes, and the weights' hash. */
function Machine({ state, edited }: Pick<RunCardProps, "state" | "edited">): JSX.Element | null {
  const { ready } = state;
  const hash = state.validations.at(-1)?.weightsHash;
  // The program begins with weights of the seed, not with those of a file, goes on to the last epoch, and follows edits.
  const same = isComplete(state) && !edited && state.trained !== state.opened;
  if (!ready) return null;
  const threads = ready.threads === 1 ? "one thread" : `${ready.threads} threads`;
  return (
    <p class="machine">
      {ready.backend}, {threads}
      {ready.trouble ? `: ${ready.trouble}` : ""}.
      {hash && (
        <>
          {" "}
          Weights <code data-hash={hash}>{hash.slice(0, 16)}…</code> (SHA-256 at step{" "}
          {many(state.validations.at(-1)!.step)})
          {same ? "; the program below comes to the same bits in Node." : "."}
        </>
      )}
    </p>
  );
}
