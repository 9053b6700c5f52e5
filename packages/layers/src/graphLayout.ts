import { ValueError } from "@convgrad/core";

/** A node's place in a drawing, in CSS pixels from the upper left corner. */
export interface GraphBox {
  /** Its place in {@link Graph.nodes}. */
  readonly node: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** What it says: a title, the equation of a composed operation, the shape. */
  readonly lines: readonly string[];
}

/** The curve of an edge. */
export interface GraphPath {
  /** Its place in {@link Graph.edges}. */
  readonly edge: number;
  /** The `d` of an SVG path, from the lower side of one box to the upper side of another. */
  readonly d: string;
}

/** A drawing of a graph: rows by the longest path to the result, which is lowest. Both lists go row by row. */
export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly GraphBox[];
  readonly paths: readonly GraphPath[];
}

/** What is laid out: inputs before outputs. */
interface Drawing {
  /** The lines of each box. */
  readonly boxes: readonly (readonly string[])[];
  readonly edges: readonly { readonly from: number; readonly to: number }[];
}

/** A box, or the place where an edge passes a row. */
interface Point {
  readonly node: number | null;
  readonly lines: readonly string[];
  readonly width: number;
  readonly above: Point[];
  readonly below: Step[];
  x: number;
}

/** The way of an edge to the next row. */
interface Step {
  readonly to: Point;
  readonly edge: number;
}

const MOST_POINTS = 10_000;
const SWEEPS = 8;
const [CHAR, GAP_X, GAP_Y, MARGIN] = [7, 22, 34, 16];
/** The height of a line of text, and the space above and below all lines together. */
export const [LINE, PADDING] = [15, 12];

/**
 * A layered drawing: rows by the longest path to the result, order within a row by the barycentres of neighbours,
 * positions pulled towards the neighbours' as far as the gaps allow.
 *
 * @throws {@link ValueError} for more than some thousand boxes and bends.
 */
export function layOut(operation: string, drawing: Drawing): GraphLayout {
  const rows = rowsOf(operation, drawing);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : rows.toReversed()) arrange(row, down);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const row of sweep % 2 === 0 ? rows : rows.toReversed()) place(row, sweep % 2 === 0);
  }
  const points = rows.flat();
  const left = Math.min(...points.map((p) => p.x - p.width / 2)) - MARGIN;
  for (const p of points) p.x -= left;
  let bottom = MARGIN;
  const middles = rows.map((row) => {
    const height = Math.max(...row.map(heightOf));
    const middle = bottom + height / 2;
    bottom += height + GAP_Y;
    return middle;
  });
  return {
    width: Math.ceil(Math.max(...points.map((p) => p.x + p.width / 2)) + MARGIN),
    height: Math.ceil(bottom - GAP_Y + MARGIN),
    boxes: rows.flatMap((row, r) => row.flatMap((p) => boxOf(p, middles[r]!))),
    paths: rows.flatMap((row, r) => row.flatMap((p) => pathsOf(p, middles, r))),
  };
}

/** Points row by row, edges that skip rows broken into points of their own. */
function rowsOf(operation: string, { boxes, edges }: Drawing): Point[][] {
  const depth = new Array<number>(boxes.length).fill(0);
  for (const { from, to } of edges.toSorted((p, q) => q.to - p.to)) {
    depth[from] = Math.max(depth[from]!, depth[to]! + 1);
  }
  const total = edges.reduce((n, { from, to }) => n + depth[from]! - depth[to]!, 1);
  if (total > MOST_POINTS) {
    throw new ValueError(
      operation,
      `${total} boxes and bends are too many to be read; use { detail: "layers" }, the graph of a part, or toDot()`,
      { total },
    );
  }
  const height = Math.max(...depth);
  const rows: Point[][] = Array.from({ length: height + 1 }, () => []);
  const put = (row: number, node: number | null, lines: readonly string[], width: number) => {
    const point: Point = { node, lines, width, above: [], below: [], x: rows[row]!.length };
    rows[row]!.push(point);
    return point;
  };
  const points = boxes.map((lines, i) =>
    put(height - depth[i]!, i, lines, Math.max(...lines.map((line) => line.length)) * CHAR + 22),
  );
  edges.forEach(({ from, to }, edge) => {
    let point = points[from]!;
    for (let row = height - depth[from]! + 1; row <= height - depth[to]!; row++) {
      const next = row === height - depth[to]! ? points[to]! : put(row, null, [], 4);
      point.below.push({ to: next, edge });
      next.above.push(point);
      point = next;
    }
  });
  return rows;
}

function barycentre(p: Point, down: boolean): number {
  const near = down ? p.above : p.below.map(({ to }) => to);
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

const heightOf = ({ lines }: Point) => (lines.length ? lines.length * LINE + PADDING : 0);

function boxOf(p: Point, middle: number): GraphBox[] {
  const { node, lines, width } = p;
  const height = heightOf(p);
  const corner = { x: p.x - width / 2, y: middle - height / 2 };
  return node === null ? [] : [{ node, ...corner, width, height, lines }];
}

/** The curves from a box to the boxes below, through the places where they pass a row. */
function pathsOf(start: Point, middles: readonly number[], row: number): GraphPath[] {
  if (start.node === null) return [];
  return start.below.map(({ to: next, edge }) => {
    let [from, y] = [start, middles[row]! + heightOf(start) / 2];
    let d = `M${from.x.toFixed(1)} ${y.toFixed(1)}`;
    for (
      let r = row + 1, to: Point | undefined = next;
      to;
      to = to.node === null ? to.below[0]?.to : undefined, r++
    ) {
      const end = middles[r]! - heightOf(to) / 2;
      const [x0, x1] = [from.x, to.x].map((x) => x.toFixed(1));
      const half = ((y + end) / 2).toFixed(1);
      d += ` C${x0} ${half} ${x1} ${half} ${x1} ${end.toFixed(1)}`;
      [from, y] = [to, end];
    }
    return { edge, d };
  });
}
