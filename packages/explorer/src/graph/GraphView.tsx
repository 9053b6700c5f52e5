import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { writeState } from "../address/fields.ts";
import { useAddressState } from "../address/useAddress.ts";
import { Notice } from "../controls/Notice.tsx";
import { outcome } from "../controls/outcome.ts";
import { formatNumber } from "../matrix/formatNumber.ts";
import { FIELDS, type GraphState } from "./fields.ts";
import { GraphControls } from "./GraphControls.tsx";
import { GraphPicture } from "./GraphPicture.tsx";
import { DeltaStrip, NormBars, SoftmaxBars } from "./LayerGradients.tsx";
import { NodePanel } from "./NodePanel.tsx";
import { presets } from "./presets.ts";
import { arrivedAt, type Progress, progressOf, titleOf } from "./progress.ts";
import { WalkControls } from "./WalkControls.tsx";
import { type Walk, walk } from "./walk.ts";
import "./graph.css";

/** The recorded graph of a loss, and the backward pass through it, node by node. */
export function GraphView(): JSX.Element {
  const [state, change] = useAddressState("graph", FIELDS);
  const looks = { step: 0, at: -1, plane: 0, zoom: 0 };
  const computed = writeState(FIELDS, { ...state, ...looks }).toString();
  // `computed` stands for all of the state that the numbers depend on.
  const found = useMemo(() => outcome(() => walk(state)), [computed]);
  return (
    <div class="graph-view">
      <GraphControls state={state} change={change} />
      {found.value ? (
        <Walked walk={found.value} state={state} change={change} />
      ) : (
        <Notice kind="bad">{found.refusal}</Notice>
      )}
      <section class="card">
        <h2>Worth a look</h2>
        <ul class="presets">
          {presets.map(({ id, title, href, text }) => (
            <li key={id}>
              <a href={href}>{title}</a> {text}
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function Walked(props: {
  readonly walk: Walk;
  readonly state: GraphState;
  readonly change: (part: Partial<GraphState>) => void;
}): JSX.Element {
  const { walk, state, change } = props;
  const progress = progressOf(walk, state.step);
  const result = walk.nodes.length - 1;
  const chosen = state.at >= 0 && state.at <= result ? state.at : (progress.current ?? result);
  const choose = (at: number) => change({ at });
  return (
    <>
      <div class="graph-columns">
        <section class="card graph-card" aria-label="Graph">
          <WalkControls
            steps={progress.steps}
            most={walk.order.length}
            onSteps={(step) => change({ step, at: -1 })}
            said={sentence(walk, progress)}
          />
          <GraphPicture
            walk={walk}
            progress={progress}
            chosen={chosen}
            onChoose={choose}
            zoom={state.zoom}
          />
          <div class="zoom">
            <Zoom value={state.zoom} onChange={(zoom) => change({ zoom })} />
            <span class="soft">
              E = {formatNumber(walk.loss, 6)}; {walk.nodes.length} nodes
            </span>
          </div>
        </section>
        <NodePanel
          walk={walk}
          progress={progress}
          node={walk.nodes[chosen]!}
          plane={state.plane}
          onPlane={(plane) => change({ plane })}
        />
      </div>
      {state.detail === "layers" && (
        <DeltaStrip walk={walk} progress={progress} chosen={chosen} onChoose={choose} />
      )}
      <div class="graph-columns">
        <NormBars norms={walk.norms} />
        {walk.softmax && <SoftmaxBars rows={walk.softmax} />}
      </div>
    </>
  );
}

/** In percent: a step, which is also the least, and the most. */
const [ZOOM_STEP, MOST_ZOOM] = [25, 200];

function Zoom(props: {
  readonly value: number;
  readonly onChange: (zoom: number) => void;
}): JSX.Element {
  const { value, onChange } = props;
  const percent = value || 100;
  return (
    <div class="zoom-buttons">
      <button
        type="button"
        aria-label="Smaller"
        aria-disabled={percent <= ZOOM_STEP}
        onClick={() => onChange(Math.max(percent - ZOOM_STEP, ZOOM_STEP))}
      >
        −
      </button>
      <button
        type="button"
        aria-label="Larger"
        aria-disabled={percent >= MOST_ZOOM}
        onClick={() => onChange(Math.min(percent + ZOOM_STEP, MOST_ZOOM))}
      >
        +
      </button>
      <button type="button" aria-pressed={value === 0} onClick={() => onChange(0)}>
        Fit the width
      </button>
    </div>
  );
}

/** What the last step of the pass did. */
function sentence(walk: Walk, progress: Progress): string {
  if (progress.current === null) {
    return "The forward pass is done. The backward pass begins at the loss, with ∂E/∂E = 1.";
  }
  const node = walk.nodes[progress.current]!;
  const { from } = arrivedAt(walk, node, progress);
  const sources = walk.edges
    .filter(({ to, passed }) => to === node.id && passed)
    .map((edge) => titleOf(walk.nodes[edge.from]!));
  const targets = [...new Set(sources)].map((title) => {
    const twice = sources.filter((one) => one === title).length > 1;
    return twice ? `${title}, by two ways` : title;
  });
  const added = from.length > 1 ? `, the sum of ${from.length} parts,` : "";
  if (node.kind === "leaf") return `δ${added} has arrived at the leaf ${titleOf(node)}.`;
  return `${titleOf(node)} takes its δ${added} and passes gradients to ${targets.join(" and ")}.`;
}
