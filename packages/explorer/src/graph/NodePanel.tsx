import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { WholeField } from "../controls/fields.tsx";
import { Equation } from "../equation/Equation.tsx";
import { equationOf } from "./equations.ts";
import { PlaneView, planesOf } from "./PlaneView.tsx";
import { type Arrived, arrivedAt, type Progress, titleOf } from "./progress.ts";
import type { Walk, WalkNode } from "./walk.ts";

export interface NodePanelProps {
  readonly walk: Walk;
  readonly progress: Progress;
  readonly node: WalkNode;
  readonly plane: number;
  readonly onPlane: (plane: number) => void;
}

const shapeText = (shape: readonly number[]) => `[${shape.join(", ")}]`;

/** All about a node: its equation, its value, the gradient that came, and what it passes on. */
export function NodePanel({ walk, progress, node, plane, onPlane }: NodePanelProps): JSX.Element {
  const inputs = walk.edges.filter(({ to }) => to === node.id);
  const sources = inputs.map(({ from }) => walk.nodes[from]!);
  const most = Math.max(...[node, ...sources].map((one) => planesOf(one.shape))) - 1;
  const index = Math.min(plane, most);
  const arrived = arrivedAt(walk, node, progress);
  const visited = progress.visited.has(node.id);
  return (
    <section class="card node-panel" aria-label={`Node ${titleOf(node)}`}>
      <h2>
        {titleOf(node)} <small>{shapeText(node.shape)}</small>
      </h2>
      {node.kind === "operation" && (
        <Equations node={node} inputs={inputs.map(({ input }) => input)} />
      )}
      <Facts node={node} sources={sources} />
      {most > 0 && (
        <WholeField label="Plane" value={index} least={0} most={most} onChange={onPlane} />
      )}
      <div class="planes">
        {node.value ? (
          <PlaneView
            name={`value of ${titleOf(node)}`}
            symbol="y"
            of={{ shape: node.shape, values: node.value }}
            index={index}
          />
        ) : (
          <p class="soft">
            The value is gone: nothing needs it on the way back, so the library does not keep it.
          </p>
        )}
        <Gradient node={node} arrived={arrived} index={index} />
      </div>
      {node.kind === "operation" && <h3>What it passes back</h3>}
      {node.kind === "operation" && !visited && (
        <p class="soft">Nothing yet: the backward pass has not visited this node.</p>
      )}
      <div class="planes">
        {visited &&
          inputs.map(({ from, input, passed }) => {
            const source = walk.nodes[from]!;
            if (!passed) return null;
            return (
              <PlaneView
                key={input}
                name={`passed to ${titleOf(source)}`}
                symbol={`\\to \\text{${titleOf(source)}}`}
                of={{ shape: source.shape, values: passed }}
                index={index}
              />
            );
          })}
      </div>
    </section>
  );
}

/** What it computes and what each input with a gradient gets, in symbols that light up together. */
function Equations(props: {
  readonly node: WalkNode;
  readonly inputs: readonly number[];
}): JSX.Element | null {
  const { node, inputs } = props;
  const [lit, setLit] = useState<string | null>(null);
  const equation = equationOf(node.operation);
  if (!equation) return node.equation ? <p>{node.equation}</p> : null;
  const biased = inputs.includes(2); // here every bias has a gradient
  const forward = (!biased && equation.unbiased) || equation.forward;
  const pullbacks = equation.pullbacks.filter((_, input) => inputs.includes(input));
  const tex = [forward, ...pullbacks.flatMap((one) => one ?? [])];
  return (
    <div class="node-equations">
      {tex.map((one) => (
        <Equation key={one} tex={one} lit={lit} onPoint={setLit} />
      ))}
      {equation.remark && <p class="soft">{equation.remark}</p>}
    </div>
  );
}

function Facts(props: {
  readonly node: WalkNode;
  readonly sources: readonly WalkNode[];
}): JSX.Element {
  const { node, sources } = props;
  const inputs = sources.map((source) => `${titleOf(source)} ${shapeText(source.shape)}`);
  const saved = node.saved.map(shapeText);
  return (
    <dl class="facts">
      {node.kind === "operation" && (
        <>
          <dt>Inputs with a gradient</dt>
          <dd>{inputs.join(", ")}</dd>
          <dt>Kept for the way back</dt>
          <dd>{saved.length ? saved.join(", ") : "nothing but shapes"}</dd>
        </>
      )}
      {node.kind === "leaf" && (
        <>
          <dt>Leaf</dt>
          <dd>its gradient is what backward() leaves in .grad</dd>
        </>
      )}
    </dl>
  );
}

/** δ as it adds up. */
function Gradient(props: {
  readonly node: WalkNode;
  readonly arrived: Arrived;
  readonly index: number;
}): JSX.Element {
  const { node, arrived, index } = props;
  const { gradient, from, awaited } = arrived;
  const list = (nodes: readonly WalkNode[]) => nodes.map(titleOf).join(" and ");
  if (!gradient) {
    return (
      <p class="soft">
        δ has not arrived yet.{awaited.length > 0 && ` It will come from ${list(awaited)}.`}
      </p>
    );
  }
  return (
    <div>
      <PlaneView
        name={`gradient of ${titleOf(node)}`}
        symbol="\delta"
        of={{ shape: node.shape, values: gradient }}
        index={index}
      />
      <p class="soft">
        {from.length === 0 && "∂E/∂E = 1: here the pass begins."}
        {from.length > 0 && `From ${list(from)}`}
        {from.length > 1 && ": the parts are added up"}
        {awaited.length > 0 && `; still to come, from ${list(awaited)}`}
        {from.length > 0 && "."}
      </p>
    </div>
  );
}
