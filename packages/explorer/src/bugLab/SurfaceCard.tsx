import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Choice } from "../controls/fields.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { onThemeChange } from "../shell/onThemeChange.ts";
import type { Descent } from "./descent.ts";
import { drawSurface } from "./drawSurface.ts";
import { extentOf, surfaceOf } from "./surface.ts";

const RESOLUTION = 44;

export interface SurfaceCardProps {
  /** Of the right forward. */
  readonly descent: Descent;
  /** Of the mistaken forward, drawn dashed. */
  readonly mistaken: Descent | null;
  readonly step: number;
  /** Two places in the filter, row by row. */
  readonly axes: readonly [number, number];
  readonly onAxes: (axes: readonly [number, number]) => void;
}

/** E over two weights as a map, with the way that the descent takes on it. */
export function SurfaceCard(props: SurfaceCardProps): JSX.Element {
  const { descent, mistaken, step, axes, onAxes } = props;
  const { problem } = descent;
  const canvas = useRef<HTMLCanvasElement>(null);
  const pathOf = ({ filters }: Descent) =>
    filters.slice(0, step + 1).map((filter) => [filter[axes[0]]!, filter[axes[1]]!] as const);
  const path = pathOf(descent);
  const strayed = mistaken && pathOf(mistaken);
  const extent = useMemo(() => extentOf(path), [descent, step, `${axes}`]);
  const values = useMemo(
    () => surfaceOf(problem, descent.filters[step]!, axes, extent, RESOLUTION),
    [descent, step, `${axes}`],
  );
  const nameOf = (axis: number) => `w[${Math.floor(axis / problem.k)}, ${axis % problem.k}]`;
  useEffect(() => {
    const element = canvas.current!;
    const draw = () =>
      drawSurface(element, { values, resolution: RESOLUTION, extent, path, strayed });
    draw();
    return onThemeChange(draw);
  });
  const options = (other: number) =>
    problem.filter
      .map((_, at) => [String(at), nameOf(at)] as const)
      .filter(([at]) => problem.k === 1 || at !== String(other));
  const [a, b] = path.at(-1)!;
  return (
    <section class="card surface" aria-label="Loss surface">
      <h2>A slice of the loss surface</h2>
      <div class="map">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`E over ${nameOf(axes[0])} and ${nameOf(axes[1])}; the descent is at ${formatNumber(a)}, ${formatNumber(b)} after ${step} steps`}
        />
        <div>
          <div class="fields">
            <Choice
              label="Across"
              value={String(axes[0])}
              options={options(axes[1])}
              onChange={(at) => onAxes([Number(at), axes[1]])}
            />
            <Choice
              label="Up"
              value={String(axes[1])}
              options={options(axes[0])}
              onChange={(at) => onAxes([axes[0], Number(at)])}
            />
          </div>
          <p class="legend">
            <span class="low">low E</span> <span class="high">high E</span>{" "}
            <span class="way">the right descent</span>
            {mistaken && (
              <>
                {" "}
                <span class="stray">the mistaken one</span>
              </>
            )}
          </p>
          <p>
            E of the right forward over two weights, the others as at step {step}. Each band is an
            equal step of log E.
          </p>
        </div>
      </div>
    </section>
  );
}
