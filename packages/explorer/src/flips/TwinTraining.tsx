import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { LineChart } from "../chart/LineChart.tsx";
import { Panel, RealField, WholeField } from "../controls/fields.tsx";
import { Notice } from "../controls/Notice.tsx";
import { outcome } from "../controls/outcome.ts";
import { formatNumber } from "../matrix/formatNumber.ts";
import { Matrix } from "../matrix/Matrix.tsx";
import { STEPS } from "./fields.ts";
import type { LayerEditorProps } from "./LayerEditor.tsx";
import { Twins } from "./twins.ts";

const SLICE = 8; // milliseconds of a frame

/** Row 12 of the lessons: two nets, one flipping, mirrored starts; the same losses to the bit. */
export function TwinTraining({ state, onChange }: LayerEditorProps): JSX.Element {
  const { seed, lr, steps } = state;
  const { value: twins, refusal } = useMemo(() => outcome(() => new Twins(seed, lr)), [seed, lr]);
  const [done, setDone] = useState({ of: twins, steps: 0 });
  const trained = done.of === twins ? done.steps : 0;
  useEffect(() => {
    if (!twins || twins.losses[0]!.length >= steps) return;
    let frame = requestAnimationFrame(function slice() {
      const until = performance.now() + SLICE;
      while (performance.now() < until && twins.losses[0]!.length < steps) twins.step();
      setDone({ of: twins, steps: twins.losses[0]!.length });
      if (twins.losses[0]!.length < steps) frame = requestAnimationFrame(slice);
    });
    return () => cancelAnimationFrame(frame);
  }, [twins, steps]);
  return (
    <section class="card">
      <p class="lead">
        “Flipping is not necessary.” Two nets see the same data: one slides its filters as they are,
        the other turns them and starts with turned ones. Conv 3×3 with 2 filters, ReLU, dense,
        cross-entropy; SGD with momentum 0.9.
      </p>
      <Panel>
        <WholeField
          label="Seed"
          value={seed}
          least={0}
          most={9999}
          onChange={(next) => onChange({ seed: next, steps: 0 })}
        />
        <RealField
          label="Learning rate"
          value={lr}
          least={0}
          most={10}
          onChange={(next) => onChange({ lr: next, steps: 0 })}
        />
        <button type="button" class="main" onClick={() => onChange({ steps: STEPS })}>
          Train {STEPS} steps
        </button>
        <button type="button" onClick={() => onChange({ steps: 0, seed: (seed + 1) % 10_000 })}>
          Start anew
        </button>
      </Panel>
      {refusal && <Notice kind="bad">{refusal}</Notice>}
      {twins && <Progress twins={twins} trained={trained} />}
    </section>
  );
}

function Progress({ twins, trained }: { twins: Twins; trained: number }): JSX.Element {
  const { filters, error } = useMemo(() => twins.filters(), [twins, trained]);
  const [plain, flipped] = twins.losses as [readonly number[], readonly number[]];
  const same = plain.every((loss, step) => Object.is(loss, flipped[step]));
  const [first, last] = [plain[0], plain.at(-1)];
  const x = plain.map((_, step) => step);
  return (
    <>
      <div class="twins">
        <LineChart
          name="Losses of both nets"
          xLabel="step"
          log
          x={x}
          lines={[
            { label: "⊗, as it is", values: plain, colour: 0 },
            { label: "∗, flipped", values: flipped, colour: 1, dashed: true },
          ]}
        />
        <div class="filters">
          {filters.flatMap((filter, o) => [
            <Matrix
              key={`plain ${o}`}
              name={`filter ${o} of ⊗`}
              caption={`filter ${o} of ⊗`}
              plane={filter.plain}
            />,
            <Matrix
              key={`flipped ${o}`}
              name={`filter ${o} of ∗`}
              caption={`filter ${o} of ∗`}
              plane={filter.flipped}
            />,
          ])}
        </div>
      </div>
      {first === undefined || last === undefined ? (
        <p>Not trained yet. The filters of ∗ are those of ⊗, turned by 180°.</p>
      ) : !Number.isFinite(last) ? (
        <Notice kind="note">
          After <span data-name="steps">{trained}</span> steps the loss of {same ? "both" : "one"}{" "}
          is no longer a finite number: the learning rate is too large.
        </Notice>
      ) : (
        <Notice kind={same && error === 0 ? "good" : "bad"}>
          After <span data-name="steps">{trained}</span> steps: loss from {formatNumber(first)} to{" "}
          <span data-name="loss">{formatNumber(last)}</span>,{" "}
          {same ? "the same at every step, to the bit" : "not the same"}; the filters are still each
          other's mirror image, error <span data-name="mirror">{formatNumber(error)}</span>.
        </Notice>
      )}
    </>
  );
}
