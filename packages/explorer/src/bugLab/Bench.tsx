import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Erratum } from "../article/Erratum.tsx";
import { Choice } from "../controls/fields.tsx";
import type { Place } from "../matrix/plane.ts";
import { Descent, type Problem, problemOf, type Settings } from "./descent.ts";
import { Forwards } from "./Forwards.tsx";
import { type BugLabState, MORE } from "./fields.ts";
import { GradcheckCard } from "./GradcheckCard.tsx";
import { LossCard } from "./LossCard.tsx";
import { labs } from "./labs.ts";
import { SurfaceCard } from "./SurfaceCard.tsx";
import { type Run, TrainingCard } from "./TrainingCard.tsx";
import { UpdateCard } from "./UpdateCard.tsx";
import { useTraining } from "./useTraining.ts";

export interface BenchProps {
  readonly state: BugLabState;
  readonly change: (part: Partial<BugLabState>) => void;
  readonly settings: Settings;
  readonly problem: Problem;
  /** Why the lab's forward pass does not run; `null` when it does. */
  readonly refusal: string | null;
}

/** The trainings of a lab: the mistaken one, unless it refuses, and the right one; of the last lab, one per stride. */
function runsOf({ state, settings, problem, refusal }: BenchProps): readonly Run[] {
  const { forward, called } = labs[state.lab];
  if (forward === "right") {
    return [1, 2, 3].map((stride) => ({
      called: `stride ${stride}`,
      colour: [0, 2, 4][stride - 1]!,
      descent: new Descent(
        stride === problem.stride ? problem : problemOf({ ...settings, stride }),
        "right",
      ),
    }));
  }
  const right = { called: "right", colour: 0, descent: new Descent(problem, "right") };
  if (refusal !== null) return [right];
  return [{ called, colour: 1, descent: new Descent(problem, forward) }, right];
}

/** Whether a surface can be drawn over two places of a filter. */
function drawable([a, b]: readonly [number, number], cells: number): boolean {
  return a < cells && b < cells && a !== b;
}

/** A lab at work. */
export function Bench(props: BenchProps): JSX.Element {
  const { state, change, settings, problem, refusal } = props;
  const { lab } = state;
  const { forward, called } = labs[lab];
  const runs = useMemo(() => runsOf(props), [lab, settings, problem]);
  const training = useTraining({
    descents: runs.map(({ descent }) => descent),
    step: state.step,
    steps: state.steps,
    speed: Number(state.speed),
    onStep: (step) => change({ step }),
  });
  const { step } = training;
  const right = runs.find(
    ({ descent }) => descent.forward === "right" && descent.problem.stride === problem.stride,
  )!.descent;
  const mistaken = runs[0]!.descent.forward === "right" ? null : runs[0]!.descent;
  const filter = right.filters[step]!;
  const cells = problem.k * problem.k;
  const axes = drawable(state.axes, cells) ? state.axes : ([0, cells - 1] as const);
  const set = (name: "image" | "filter" | "target", values: readonly number[]) => {
    const side = Math.sqrt(values.length);
    return ([i, j]: Place, value: number) => change({ [name]: values.with(i * side + j, value) });
  };
  // Drawn anew only when it changes, not at every step.
  const gradcheck = useMemo(
    () => (
      <GradcheckCard
        called={called}
        forward={forward}
        settings={settings}
        problem={problem}
        refused={refusal !== null}
        onStride={(stride) => change({ stride, pin: null, target: null })}
      />
    ),
    [settings, problem, lab],
  );
  const pace = Math.max(10, Number(state.speed) / 2); // twice a second while it plays
  const surfaceStep = training.playing ? step - (step % pace) : step;
  const surface = useMemo(
    () => (
      <SurfaceCard
        descent={right}
        mistaken={mistaken}
        step={surfaceStep}
        axes={[axes[0]!, axes[1]!]}
        onAxes={([a, b]) => change({ axes: [a, b] })}
      />
    ),
    [runs, right, surfaceStep, `${axes}`],
  );
  return (
    <>
      <div class="columns">
        <TrainingCard
          runs={runs}
          training={training}
          steps={state.steps}
          speed={state.speed}
          onSpeed={(speed) => change({ speed })}
        />
        {gradcheck}
      </div>
      <Forwards
        {...{ state, change, problem, refusal, step, right, mistaken }}
        onImage={set("image", problem.image)}
        onFilter={set("filter", problem.filter)}
      />
      <Choice
        row
        label="And more"
        value={state.more}
        options={MORE}
        onChange={(more) => change({ more })}
      />
      {state.more === "surface" && surface}
      {state.more === "loss" && (
        <LossCard
          problem={problem}
          filter={filter}
          onReduction={(reduction) => change({ reduction })}
          onTarget={set("target", problem.target)}
        />
      )}
      {state.more === "update" && (
        <UpdateCard problem={problem} filter={filter} step={step} playing={training.playing} />
      )}
      {state.more === "erratum" && ERRATUM}
    </>
  );
}

const ERRATUM = (
  <section class="card" aria-label="Erratum">
    <h2>The article errs too: equations (21) and (22)</h2>
    <Erratum />
  </section>
);
