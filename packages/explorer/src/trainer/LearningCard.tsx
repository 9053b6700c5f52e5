import type { JSX } from "preact";
import { type Line, LineChart } from "../chart/LineChart.tsx";
import type { TrainerState } from "./trainerState.ts";

/** Loss and accuracy over the steps. */
export function LearningCard(props: Pick<TrainerState, "curve" | "validations">): JSX.Element {
  const { curve, validations } = props;
  const { steps } = curve;
  const points = (pick: (v: TrainerState["validations"][number]) => number) => {
    const values: (number | null)[] = steps.map(() => null);
    for (const validated of validations) {
      const at = steps.findLastIndex((step) => step <= validated.step);
      if (at >= 0 && validated.step > 0) values[at] = pick(validated);
    }
    return values;
  };
  const lines = (
    each: readonly number[],
    smooth: readonly number[],
    validation: readonly (number | null)[],
  ): Line[] => [
    {
      label: curve.every === 1 ? "each step" : `mean of ${curve.every} steps`,
      values: each,
      colour: 0,
      faint: true,
    },
    { label: "smoothed", values: smooth, colour: 0 },
    { label: "validation", values: validation, colour: 1, points: true },
  ];
  const inPercent = (values: readonly number[]) => values.map((v) => 100 * v);
  return (
    <section class="card learning" aria-label="Learning">
      <div class="pair">
        <div>
          <h2>Loss</h2>
          <LineChart
            name="loss over the steps"
            xLabel="step"
            x={steps}
            lines={lines(
              curve.loss,
              curve.smoothLoss,
              points((v) => v.loss),
            )}
          />
        </div>
        <div>
          <h2>Accuracy, percent</h2>
          <LineChart
            name="accuracy over the steps, in percent"
            xLabel="step"
            x={steps}
            yRange={[0, 100]}
            lines={lines(
              inPercent(curve.accuracy),
              inPercent(curve.smoothAccuracy),
              points((v) => 100 * v.accuracy),
            )}
          />
        </div>
      </div>
    </section>
  );
}
