import type { JSX } from "preact";
import { Choice, Panel, WholeField } from "../controls/fields.tsx";
import { Matrix } from "../matrix/Matrix.tsx";
import { type GraphState, LOSSES, type LossName } from "./fields.ts";
import { classesOf, editableLeaves } from "./losses.ts";

export interface GraphControlsProps {
  readonly state: GraphState;
  readonly change: (part: Partial<GraphState>) => void;
}

const NAMES: Readonly<Record<LossName, string>> = {
  layer: "One layer of the article",
  net: "The article's net",
  dense: "Dense and softmax",
  batchNorm: "Batch normalisation",
  deep: "A deep net",
  own: "The trainer's network",
};

const ABOUT: Readonly<Record<LossName, string>> = {
  layer:
    "o = f(x), then x′ = w ⊗ o + b, then E = ½ Σ (x′ − t)²: pre-activation and output are two nodes. Edit any number.",
  net: "conv – ReLU – max – conv – ReLU – max – flatten – dense – softmax, on one random image of 8 × 8 pixels.",
  dense: "Three inputs, three classes, softmax cross entropy. Edit any number, however large.",
  batchNorm: "Two images of two channels: each cell reaches the loss on several paths.",
  deep: "Dense layers of 8 units without biases. See how long the gradients are when they come to the first one.",
  own: "The network of the Train view, on one random image.",
};

/** What a change of the loss or of its drawing leaves behind. */
const ANEW = { at: -1, step: 0, plane: 0, x: null, w: null, b: null, t: null } as const;

/** The choice of a loss, its settings and its numbers. */
export function GraphControls({ state, change }: GraphControlsProps): JSX.Element {
  const { loss, detail } = state;
  return (
    <section class="card">
      <Panel>
        <Choice
          label="Loss"
          value={loss}
          options={LOSSES.map((name) => [name, NAMES[name]] as const)}
          onChange={(value) => change({ ...ANEW, loss: value })}
        />
        <Choice
          row
          label="A node for each"
          value={detail}
          options={[
            ["operations", "primitive"],
            ["layers", "layer"],
          ]}
          onChange={(value) => change({ at: -1, step: 0, detail: value })}
        />
        <Settings state={state} change={change} />
      </Panel>
      <p class="soft">{ABOUT[loss]}</p>
      <div class="row-of-cards leaves">
        {editableLeaves(state).map(({ name, shape, values }) => {
          const columns = shape.at(-1)!;
          return (
            <Matrix
              key={name}
              name={`input ${name}`}
              symbol={name}
              plane={{ rows: values.length / columns, columns, values }}
              onEdit={([i, j], value) =>
                change({ [name]: values.map((v, k) => (k === i * columns + j ? value : v)) })
              }
            />
          );
        })}
      </div>
    </section>
  );
}

function Settings({ state, change }: GraphControlsProps): JSX.Element | null {
  const anew = { at: -1, step: 0 } as const;
  switch (state.loss) {
    case "layer":
    case "batchNorm":
      return null;
    case "deep":
      return (
        <>
          <WholeField
            label="Layers"
            value={state.depth}
            least={2}
            most={12}
            onChange={(depth) => change({ ...anew, depth })}
          />
          <Choice
            row
            label="Activation"
            value={state.activation}
            options={[
              ["sigmoid", "sigmoid"],
              ["tanh", "tanh"],
              ["relu", "ReLU"],
            ]}
            onChange={(activation) => change({ ...anew, activation })}
          />
          <Choice
            row
            label="Weights at the start"
            title="Standard deviation, of √(2/8) as He et al. propose"
            value={state.start}
            options={[
              ["small", "0.3 × He"],
              ["he", "He"],
              ["large", "3 × He"],
            ]}
            onChange={(start) => change({ ...anew, start })}
          />
        </>
      );
    default:
      return (
        <>
          {state.loss === "net" && (
            <WholeField
              label="Filters of layer 2"
              value={state.filters}
              least={1}
              most={8}
              onChange={(filters) => change({ ...anew, filters })}
            />
          )}
          <WholeField
            label="Right class"
            value={Math.min(state.label, classesOf(state) - 1)}
            least={0}
            most={classesOf(state) - 1}
            onChange={(label) => change({ label })}
          />
        </>
      );
  }
}
