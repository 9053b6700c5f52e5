import { formatShape, type Shape, ValueError } from "@convgrad/core";

/** A box of the drawing. */
interface Box {
  readonly lines: readonly string[];
  readonly kind: "leaf" | "operation" | "layer";
  readonly saved: readonly Shape[];
}

/** What is drawn: inputs before outputs. */
interface Drawing {
  readonly boxes: readonly Box[];
  readonly edges: readonly { readonly from: number; readonly to: number }[];
}

/** A box, or the place where an edge passes a row. */
interface Point {
  readonly box: Box | null;
  readonly width: number;
  readonly above: Point[];
  readonly below: Point[];
  x: number;
}

const MOST_POINTS = 10_000;
const SWEEPS = 8;
const [CHAR, LINE, GAP_X, GAP_Y, MARGIN] = [7, 15, 22, 34, 16];

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

/**
 * A layered drawing: rows by the longest path to the result, order within a row by the barycentres of neighbours,
 * positions pulled towards the neighbours' as far as the gaps allow.
 */
export function drawSvg(drawing: Drawing): string {
  const { rows, boxes } = layers(drawing);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : rows.toReversed()) arrange(row, down);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const row of sweep % 2 === 0 ? rows : rows.toReversed()) place(row, sweep % 2 === 0);
  }
  const points = rows.flat();
  const left = Math.min(...points.map((p) => p.x - p.width / 2)) - MARGIN;
  const width = Math.max(...points.map((p) => p.x + p.width / 2)) + MARGIN - left;
  let bottom = MARGIN;
  const spans = rows.map((row) => {
    const top = bottom;
    const height = Math.max(...row.map(heightOf));
    bottom += height + GAP_Y;
    return { top, middle: top + height / 2, height };
  });
  const parts: string[] = [];
  rows.forEach((row, r) => {
    for (const point of row) parts.push(...edges(point, spans, r, left));
  });
  rows.forEach((row, r) => {
    for (const p of row)
      if (p.box) parts.push(draw(p.box, p, spans[r]!.middle, left, p === boxes.at(-1)));
  });
  const size = `${Math.ceil(width)} ${Math.ceil(bottom - GAP_Y + MARGIN)}`;
  const [w, h] = size.split(" ");
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="convgrad-graph" width="${w}" height="${h}" viewBox="0 0 ${size}" ` +
    `role="img"><style>${STYLE}</style><defs><marker id="convgrad-arrow" viewBox="0 0 8 8" refX="7" refY="4" ` +
    `markerWidth="7" markerHeight="7" orient="auto"><path d="M0 1 L8 4 L0 7 z"/></marker></defs>\n${parts.join("\n")}\n</svg>`
  );
}

/** Points row by row, edges that skip rows broken into points of their own. */
function layers(drawing: Drawing) {
  const depth = new Array<number>(drawing.boxes.length).fill(0);
  for (const { from, to } of drawing.edges.toSorted((p, q) => q.to - p.to)) {
    depth[from] = Math.max(depth[from]!, depth[to]! + 1);
  }
  const total = drawing.edges.reduce((n, { from, to }) => n + depth[from]! - depth[to]!, 1);
  if (total > MOST_POINTS) {
    throw new ValueError(
      "toSvg",
      `${total} boxes and bends are too many to be read; use { detail: "layers" }, the graph of a part, or toDot()`,
      { total },
    );
  }
  const height = Math.max(...depth);
  const rows: Point[][] = Array.from({ length: height + 1 }, () => []);
  const put = (row: number, box: Box | null): Point => {
    const width = box ? Math.max(...box.lines.map((line) => line.length)) * CHAR + 22 : 4;
    const point: Point = { box, width, above: [], below: [], x: rows[row]!.length };
    rows[row]!.push(point);
    return point;
  };
  const boxes = drawing.boxes.map((box, i) => put(height - depth[i]!, box));
  for (const { from, to } of drawing.edges) {
    let point = boxes[from]!;
    for (let row = height - depth[from]! + 1; row <= height - depth[to]!; row++) {
      const next = row === height - depth[to]! ? boxes[to]! : put(row, null);
      point.below.push(next);
      next.above.push(point);
      point = next;
    }
  }
  return { rows, boxes };
}

function barycentre(p: Point, down: boolean): number {
  const near = down ? p.above : p.below;
  return near.length === 0 ? p.x : near.reduce((total, q) => total + q.x, 0) / near.length;
}

/** Orders a row by its neighbours; x is the rank here. */
function arrange(row: Point[], down: boolean): void {
  const wish = new Map(row.map((p) => [p, barycentre(p, down)]));
  row.sort((p, q) => wish.get(p)! - wish.get(q)!);
  row.forEach((p, rank) => {
    p.x = rank;
  });
}

/** As near to the neighbours as the gaps allow: the mean of packing from the left and from the right. */
function place(row: Point[], down: boolean): void {
  const wish = row.map((p) => barycentre(p, down));
  const gap = (p: Point, q: Point) => (p.width + q.width) / 2 + GAP_X;
  const fromLeft = [...wish];
  const fromRight = [...wish];
  for (let i = 1; i < row.length; i++) {
    fromLeft[i] = Math.max(wish[i]!, fromLeft[i - 1]! + gap(row[i - 1]!, row[i]!));
  }
  for (let i = row.length - 2; i >= 0; i--) {
    fromRight[i] = Math.min(wish[i]!, fromRight[i + 1]! - gap(row[i]!, row[i + 1]!));
  }
  row.forEach((p, i) => {
    p.x = (fromLeft[i]! + fromRight[i]!) / 2;
  });
}

interface Span {
  readonly top: number;
  readonly middle: number;
  readonly height: number;
}

const heightOf = (p: Point) => (p.box ? p.box.lines.length * LINE + 12 : 0);

/** The curves from a box to the boxes below, through the places where they pass a row. */
function edges(start: Point, spans: readonly Span[], row: number, left: number): string[] {
  if (!start.box) return [];
  return start.below.map((next) => {
    let [from, y] = [start, spans[row]!.middle + heightOf(start) / 2];
    let path = `M${(from.x - left).toFixed(1)} ${y.toFixed(1)}`;
    for (
      let r = row + 1, to: Point | undefined = next;
      to;
      to = to.box ? undefined : to.below[0], r++
    ) {
      const end = spans[r]!.middle - heightOf(to) / 2;
      const [x0, x1] = [from.x - left, to.x - left].map((x) => x.toFixed(1));
      const half = ((y + end) / 2).toFixed(1);
      path += ` C${x0} ${half} ${x1} ${half} ${x1} ${end.toFixed(1)}`;
      [from, y] = [to, end];
    }
    return `<path d="${path}" marker-end="url(#convgrad-arrow)"/>`;
  });
}

function draw(
  { lines, kind, saved }: Box,
  p: Point,
  middle: number,
  left: number,
  isRoot: boolean,
): string {
  const [x, height] = [p.x - left, heightOf(p)];
  const text = lines.map((line, i) => {
    const y = (middle - height / 2 + 6 + (i + 0.76) * LINE).toFixed(1);
    return `<text class="${i === 0 ? "title" : "detail"}" x="${x.toFixed(1)}" y="${y}">${escaped(line)}</text>`;
  });
  const holds = saved.length > 0 ? `<title>saves ${saved.map(formatShape).join(" ")}</title>` : "";
  return (
    `<g class="${isRoot ? "root" : kind}">${holds}<rect x="${(x - p.width / 2).toFixed(1)}" ` +
    `y="${(middle - height / 2).toFixed(1)}" width="${p.width}" height="${height}" ` +
    `rx="${kind === "leaf" ? height / 2 : 6}"/>${text.join("")}</g>`
  );
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
