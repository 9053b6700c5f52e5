import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { HeatMap } from "../matrix/HeatMap.tsx";
import { Matrix } from "../matrix/Matrix.tsx";
import { type Plane, reachOf } from "../matrix/plane.ts";
import { themeColours } from "../matrix/themeColours.ts";
import { onThemeChange } from "../shell/onThemeChange.ts";

/** The numbers of a tensor, row-major. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

const MOST_CELLS = 12;
const MOST_PIXELS = 64;

/** How many planes of its last two axes a shape has. */
export function planesOf(shape: readonly number[]): number {
  return shape.slice(0, -2).reduce((product, size) => product * size, 1);
}

/** One of the planes of a tensor's last two axes; a vector is a row. */
export function planeAt({ shape, values }: Numbers, index: number): Plane {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.at(-2) ?? 1;
  const at = Math.min(index, planesOf(shape) - 1) * rows * columns;
  return { rows, columns, values: values.subarray(at, at + rows * columns) };
}

/** Where a plane is, as `[0, 1, :, :]`. */
function placeOf(shape: readonly number[], index: number): string {
  let rest = Math.min(index, planesOf(shape) - 1);
  const lead = shape.slice(0, -2).toReversed();
  const place = lead.map((size) => {
    const at = rest % size;
    rest = (rest - at) / size;
    return at;
  });
  return `[${[...place.toReversed(), ":", ":"].join(", ")}]`;
}

/** A plane of a tensor: as numbers where they can be read, else as colours. */
export function PlaneView(props: {
  readonly name: string;
  readonly symbol: string;
  readonly of: Numbers;
  readonly index: number;
}): JSX.Element {
  const { name, symbol, of, index } = props;
  const plane = planeAt(of, index);
  const caption = `${of.shape.join(" × ") || "a number"}${planesOf(of.shape) > 1 ? `, plane ${placeOf(of.shape, index)}` : ""}`;
  if (plane.rows <= MOST_CELLS && plane.columns <= MOST_CELLS)
    return <Matrix name={name} symbol={symbol} caption={caption} plane={plane} />;
  return <HeatMap name={name} symbol={symbol} caption={caption} plane={plane} />;
}

/** A plane as a small picture, at most its first 64 rows and columns; the deepest colour is the largest number. */
export function Thumbnail({ plane }: { readonly plane: Plane }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [rows, columns] = [plane.rows, plane.columns].map((n) => Math.min(n, MOST_PIXELS));
  useEffect(() => {
    const draw = () => canvas.current && paint(canvas.current, plane);
    draw();
    return onThemeChange(draw);
  }, [plane]);
  return <canvas class="thumbnail" ref={canvas} width={columns} height={rows} />;
}

function paint(canvas: HTMLCanvasElement, { values, columns }: Plane): void {
  const pen = canvas.getContext("2d")!;
  const { width, height } = canvas;
  const colour = themeColours(canvas);
  const reach = reachOf(values);
  pen.clearRect(0, 0, width, height);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const value = values[i * columns + j]!;
      pen.fillStyle = colour(value < 0 ? "--minus" : "--plus");
      pen.globalAlpha = Number.isFinite(value) ? Math.abs(value) / reach : 0;
      pen.fillRect(j, i, 1, 1);
    }
  }
}
