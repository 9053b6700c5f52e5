import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type Line, LineChart } from "../chart/LineChart.tsx";
import { Choice } from "../controls/fields.tsx";
import { Scroll } from "../controls/Scroll.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { anomalyOf } from "./anomalies.ts";
import type { Descent } from "./descent.ts";
import type { BugLabState } from "./fields.ts";
import { storyOf, tell } from "./story.ts";
import type { Training } from "./useTraining.ts";

/** A training with a name. */
export interface Run {
  readonly called: string;
  /** Of its line. */
  readonly colour: number;
  readonly descent: Descent;
}

export interface TrainingCardProps {
  readonly runs: readonly Run[];
  readonly training: Training;
  readonly steps: number;
  readonly speed: BugLabState["speed"];
  readonly onSpeed: (speed: BugLabState["speed"]) => void;
}

/** The trainings side by side: what plays them, E of each step, and what happened. */
export function TrainingCard(props: TrainingCardProps): JSX.Element {
  const { runs, training, steps } = props;
  const { step } = training;
  const x = Array.from({ length: step + 1 }, (_, at) => at);
  const errors = runs.map(({ descent }) => descent.errors.slice(0, step + 1));
  const first = storyOf(errors[0]!);
  const falls = first.lowestStep > 0 && first.lowestStep < step;
  const lowest: Line = {
    label: `lowest, ${runs[0]!.called}`,
    colour: 3,
    points: true,
    values: x.map((at) => (at === first.lowestStep ? first.lowest : null)),
  };
  return (
    <section class="card training" aria-label="Training">
      <h2>Training</h2>
      <Player {...props} />
      <LineChart
        name="E before each step"
        xLabel="step"
        x={x}
        log
        height={260}
        lines={[
          ...runs.map(({ called, colour }, i) => ({ label: called, colour, values: errors[i]! })),
          ...(falls ? [lowest] : []),
        ]}
      />
      {runs.map(({ called, descent }, i) => (
        <Told key={called} called={called} descent={descent} errors={errors[i]!} steps={steps} />
      ))}
      <Numbers runs={runs} errors={errors} />
    </section>
  );
}

function Player({ training, steps, speed, onSpeed }: TrainingCardProps): JSX.Element {
  const { step, playing } = training;
  return (
    <div class="player">
      <button type="button" class="main" onClick={playing ? training.pause : training.play}>
        {playing ? "Pause" : "Play"}
      </button>
      <button type="button" aria-disabled={step >= steps} onClick={() => training.go(step + 1)}>
        One step
      </button>
      <button type="button" aria-disabled={step === 0} onClick={() => training.go(0)}>
        Reset
      </button>
      <Choice
        row
        label="Steps a second"
        value={speed}
        options={[
          ["5", "5"],
          ["30", "30"],
          ["300", "300"],
        ]}
        onChange={onSpeed}
      />
      <label class="field slider">
        <span>
          Step <span data-name="step">{step}</span> of {steps}
        </span>
        <input
          type="range"
          min={0}
          max={steps}
          value={step}
          onInput={(event) => training.go(event.currentTarget.valueAsNumber)}
        />
      </label>
    </div>
  );
}

interface ToldProps {
  readonly called: string;
  readonly descent: Descent;
  readonly errors: readonly number[];
  readonly steps: number;
}

/** What happened in a training, in words. */
function Told({ called, descent, errors }: ToldProps): JSX.Element {
  const story = storyOf(errors);
  const broken = story.overflowStep;
  return (
    <p
      class="story"
      data-name={called}
      data-lowest-step={story.lowestStep}
      data-lowest={story.lowest}
      data-passed={story.passedStep ?? "no"}
      data-last={story.last}
    >
      <strong>{called}:</strong> {tell(story, errors.length - 1)}
      {broken !== null && (
        <>
          {" "}
          <code>detectAnomaly</code> says of that step:{" "}
          <q>{anomalyOf(descent.problem, descent.forward, descent.filters[broken]!)}</q>
        </>
      )}
    </p>
  );
}

/** The chart's numbers as a table: the first 150 steps, every fiftieth after, and the last. */
function Numbers(props: {
  readonly runs: readonly Run[];
  readonly errors: readonly (readonly number[])[];
}): JSX.Element {
  const last = props.errors[0]!.length - 1;
  const [open, setOpen] = useState(false);
  const shown = Array.from({ length: last + 1 }, (_, step) => step).filter(
    (step) => step < 150 || step % 50 === 0 || step === last,
  );
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The numbers of the chart</summary>
      <Scroll name="The numbers of the chart" class="tall">
        <table>
          <thead>
            <tr>
              <th scope="col" class="number">
                step
              </th>
              {props.runs.map(({ called }) => (
                <th scope="col" class="number" key={called}>
                  E, {called}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(open ? shown : []).map((step) => (
              <tr key={step}>
                <th scope="row" class="number">
                  {step}
                </th>
                {props.errors.map((errors, i) => (
                  <td
                    class="number"
                    key={props.runs[i]!.called}
                    data-run={props.runs[i]!.called}
                    data-step={step}
                    data-value={errors[step]}
                  >
                    {formatNumber(errors[step]!)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </details>
  );
}
