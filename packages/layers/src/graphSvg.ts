import { formatShape, type Shape } from "@convgrad/core";
import { type GraphBox, type GraphLayout, LINE, PADDING } from "./graphLayout.ts";

/** How a box looks, and what its operation keeps. */
interface Look {
  readonly kind: "leaf" | "operation" | "layer";
  readonly saved: readonly Shape[];
}

/** `:root` holds for a picture of its own only; inside a page it takes the page's colour. */
const STYLE = `
.convgrad-graph { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: currentColor; }
.convgrad-graph:root { color-scheme: light dark; color: #1f2328; background: #ffffff; }
@media (prefers-color-scheme: dark) { .convgrad-graph:root { color: #e6edf3; background: #0d1117; } }
.convgrad-graph text { text-anchor: middle; } .convgrad-graph .detail { opacity: 0.65; font-size: 11px; }
.convgrad-graph .title { font-weight: 600; }
.convgrad-graph rect { fill: currentColor; fill-opacity: 0.05; stroke: currentColor; stroke-opacity: 0.45; }
.convgrad-graph .leaf rect { fill: #2f81f7; fill-opacity: 0.16; stroke: #2f81f7; stroke-opacity: 0.9; }
.convgrad-graph .root rect { fill: #db6d28; fill-opacity: 0.18; stroke: #db6d28; stroke-opacity: 0.9; }
.convgrad-graph .layer rect { fill: #8957e5; fill-opacity: 0.14; stroke: #8957e5; stroke-opacity: 0.7; }
.convgrad-graph path { fill: none; stroke: currentColor; stroke-opacity: 0.55; stroke-width: 1.2; }
.convgrad-graph marker path { fill: currentColor; fill-opacity: 0.7; stroke: none; }`;

/** A layout as a picture; the last of the nodes is the result. */
export function drawSvg(
  { width, height, boxes, paths }: GraphLayout,
  looks: readonly Look[],
): string {
  const parts = [
    ...paths.map(({ d }) => `<path d="${d}" marker-end="url(#convgrad-arrow)"/>`),
    ...boxes.map((box) => draw(box, looks[box.node]!, box.node === looks.length - 1)),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="convgrad-graph" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" ` +
    `role="img"><style>${STYLE}</style><defs><marker id="convgrad-arrow" viewBox="0 0 8 8" refX="7" refY="4" ` +
    `markerWidth="7" markerHeight="7" orient="auto"><path d="M0 1 L8 4 L0 7 z"/></marker></defs>\n${parts.join("\n")}\n</svg>`
  );
}

function draw(box: GraphBox, { kind, saved }: Look, isRoot: boolean): string {
  const { x, y, width, height, lines } = box;
  const text = lines.map((line, i) => {
    const baseline = (y + PADDING / 2 + (i + 0.76) * LINE).toFixed(1);
    return `<text class="${i === 0 ? "title" : "detail"}" x="${(x + width / 2).toFixed(1)}" y="${baseline}">${escaped(line)}</text>`;
  });
  const holds = saved.length > 0 ? `<title>saves ${saved.map(formatShape).join(" ")}</title>` : "";
  return (
    `<g class="${isRoot ? "root" : kind}">${holds}<rect x="${x.toFixed(1)}" ` +
    `y="${y.toFixed(1)}" width="${width}" height="${height}" ` +
    `rx="${kind === "leaf" ? height / 2 : 6}"/>${text.join("")}</g>`
  );
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
