import type { Extent } from "./surface.ts";

/** How many bands of colour, from the lowest E to the highest. */
const BANDS = 14;

/** What is drawn. */
export interface Drawing {
  readonly values: ArrayLike<number>;
  readonly resolution: number;
  readonly extent: Extent;
  readonly path: readonly (readonly [number, number])[];
  /** The way of the mistaken descent. */
  readonly strayed: readonly (readonly [number, number])[] | null;
}

/** Draws E as bands of log E, and the ways over it, in the theme's colours. */
export function drawSurface(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const side = Math.round(canvas.clientWidth * devicePixelRatio) || 320;
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext("2d")!;
  const style = getComputedStyle(canvas);
  const colour = (variable: string) => style.getPropertyValue(variable).trim();
  context.fillStyle = colour("--paper");
  context.fillRect(0, 0, side, side);
  context.fillStyle = colour("--minus");
  drawBands(context, side, drawing);
  context.globalAlpha = 1;
  context.lineWidth = 2 * devicePixelRatio;
  const place = ([a, b]: readonly [number, number]) => {
    const { from, to } = drawing.extent;
    const at = (value: number, axis: 0 | 1) => (value - from[axis]) / (to[axis] - from[axis]);
    return [at(a, 0) * side, (1 - at(b, 1)) * side] as const;
  };
  if (drawing.strayed) {
    context.strokeStyle = colour("--bad");
    context.setLineDash([6 * devicePixelRatio, 5 * devicePixelRatio]);
    drawPath(context, drawing.strayed.map(place), side);
  }
  context.setLineDash([]);
  context.strokeStyle = colour("--ink");
  drawPath(context, drawing.path.map(place), side);
}

function drawBands(context: CanvasRenderingContext2D, side: number, drawing: Drawing): void {
  const { values, resolution } = drawing;
  const logs = Array.from(values, (e) => Math.log(Math.max(e, 1e-300)));
  const finite = logs.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const edge = (cell: number) => Math.round((cell * side) / resolution);
  logs.forEach((value, at) => {
    const [row, column] = [resolution - 1 - Math.floor(at / resolution), at % resolution];
    const share = high > low ? (value - low) / (high - low) : 0;
    context.globalAlpha = 0.9 * (Math.min(Math.floor(share * BANDS), BANDS - 1) / (BANDS - 1));
    const [x, y] = [edge(column), edge(row)];
    context.fillRect(x, y, edge(column + 1) - x, edge(row + 1) - y);
  });
}

/** A line with a ring at its begin and a dot at its end. */
function drawPath(
  context: CanvasRenderingContext2D,
  path: readonly (readonly [number, number])[],
  side: number,
): void {
  const seen = path.filter((point) => point.every((v) => Math.abs(v) < 20 * side));
  if (seen.length === 0) return;
  const size = 4 * devicePixelRatio;
  context.beginPath();
  seen.forEach(([x, y]) => {
    context.lineTo(x, y);
  });
  context.stroke();
  const ends = [seen[0]!, seen.at(-1)!] as const;
  context.fillStyle = context.strokeStyle;
  ends.forEach(([x, y], i) => {
    context.beginPath();
    context.arc(x, y, size, 0, 2 * Math.PI);
    if (i === 0) context.stroke();
    else context.fill();
  });
}
