import type { GraphBox } from "@convgrad/layers";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Progress, titleOf } from "./progress.ts";
import type { Walk, WalkNode } from "./walk.ts";

export interface GraphPictureProps {
  readonly walk: Walk;
  readonly progress: Progress;
  readonly chosen: number;
  readonly onChoose: (id: number) => void;
  /** In percent; 0 fits the width. */
  readonly zoom: number;
}

const LINE = 15;
const STEPS: Readonly<Record<string, number>> = {
  ArrowUp: -1,
  ArrowLeft: -1,
  ArrowDown: 1,
  ArrowRight: 1,
};

/** The graph, the loss lowest: one stop of the tab key; the arrow keys go from node to node as they were computed. */
export function GraphPicture(props: GraphPictureProps): JSX.Element {
  const { walk, progress, chosen, onChoose, zoom } = props;
  const { layout, nodes, edges } = walk;
  const [pointed, setPointed] = useState<number | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const box = layout.boxes.find(({ node }) => node === chosen);
  useEffect(() => {
    if (frame.current && box) reveal(frame.current, box, layout.width);
  }, [box, layout, zoom]);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    const ends: Record<string, number> = { Home: 0, End: nodes.length - 1 };
    const next = step === undefined ? ends[event.key] : chosen + step;
    if (next === undefined || !nodes[next] || event.ctrlKey || event.metaKey || event.altKey)
      return;
    event.preventDefault();
    onChoose(next);
    frame.current?.querySelector<SVGElement>(`[data-node="${next}"]`)?.focus();
  };
  const around = pointed ?? chosen;
  const width = zoom
    ? `${(layout.width * zoom) / 100}px`
    : `max(${layout.width * 0.72}px, min(100%, ${layout.width}px))`;
  return (
    <div class="graph-frame" ref={frame}>
      {/* biome-ignore lint/a11y/useSemanticElements: a drawing, not a form */}
      <svg
        role="group"
        aria-label={`The graph of the loss: ${nodes.length} nodes. Arrow keys go from node to node.`}
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        style={{ width }}
        onKeyDown={onKeyDown}
      >
        <defs>
          <marker
            id="graph-arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            orient="auto"
          >
            <path d="M0 1 L8 4 L0 7 z" />
          </marker>
        </defs>
        {layout.paths.map(({ edge, d }) => {
          const { from, to } = edges[edge]!;
          const classes = [
            "edge",
            ...(progress.passed(edges[edge]!) ? ["passed"] : []),
            ...(to === progress.current ? ["now"] : []),
            ...(from === around || to === around ? ["near"] : []),
          ];
          return <path key={edge} class={classes.join(" ")} d={d} markerEnd="url(#graph-arrow)" />;
        })}
        {layout.boxes.map((box) => (
          <NodeBox
            key={box.node}
            box={box}
            node={nodes[box.node]!}
            progress={progress}
            chosen={box.node === chosen}
            onChoose={onChoose}
            onPoint={setPointed}
          />
        ))}
      </svg>
    </div>
  );
}

interface NodeBoxProps {
  readonly box: GraphBox;
  readonly node: WalkNode;
  readonly progress: Progress;
  readonly chosen: boolean;
  readonly onChoose: (id: number) => void;
  readonly onPoint: (id: number | null) => void;
}

function NodeBox({ box, node, progress, chosen, onChoose, onPoint }: NodeBoxProps): JSX.Element {
  const { x, y, width, height, lines } = box;
  const visited = progress.visited.has(node.id);
  const now = node.id === progress.current;
  const states = { visited, now, chosen };
  const classes = Object.entries(states).flatMap(([name, on]) => (on ? [name] : []));
  const said = `${titleOf(node)} [${node.shape.join(", ")}]${visited ? ", visited by the backward pass" : ""}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no buttons
    <g
      role="button"
      class={["node", node.kind, ...classes].join(" ")}
      data-node={node.id}
      tabindex={chosen ? 0 : -1}
      aria-label={said}
      aria-pressed={chosen}
      onClick={() => onChoose(node.id)}
      onKeyDown={(event) => {
        if (event.key === "Enter" || event.key === " ") onChoose(node.id);
      }}
      onPointerEnter={() => onPoint(node.id)}
      onPointerLeave={() => onPoint(null)}
    >
      <rect x={x} y={y} width={width} height={height} rx={node.kind === "leaf" ? height / 2 : 6} />
      {lines.map((line, i) => (
        <text
          key={line}
          class={i === 0 ? "title" : "detail"}
          x={x + width / 2}
          y={y + 6 + (i + 0.76) * LINE}
        >
          {line}
        </text>
      ))}
    </g>
  );
}

/** Scrolls the frame, never the page, so far that a box can be seen. */
function reveal(
  frame: HTMLDivElement,
  box: { x: number; y: number; width: number; height: number },
  width: number,
): void {
  const scale = (frame.firstElementChild?.clientWidth || width) / width;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const along = (start: number, size: number, from: number, seen: number) => {
    const [a, b] = [start * scale - 24, (start + size) * scale + 24];
    return a < from ? a : b > from + seen ? b - seen : from;
  };
  frame.scrollTo({
    left: along(box.x, box.width, frame.scrollLeft, frame.clientWidth),
    top: along(box.y, box.height, frame.scrollTop, frame.clientHeight),
    behavior: calm ? "instant" : "smooth",
  });
}
