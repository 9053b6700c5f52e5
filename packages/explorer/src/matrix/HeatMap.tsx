import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Equation } from "../equation/Equation.tsx";
import { formatNumber } from "./formatNumber.ts";
import type { Margin, Mark } from "./Matrix.tsx";
import { type Place, type Plane, reachOf } from "./plane.ts";
import { themeColours } from "./themeColours.ts";
import "./matrix.css";
import { onThemeChange } from "../shell/onThemeChange.ts";

export interface HeatMapProps {
  /** What screen readers call it; also `data-name` for tests. */
  readonly name: string;
  /** Its symbol in KaTeX; default: none. */
  readonly symbol?: string;
  readonly caption?: ComponentChildren;
  readonly plane: Plane;
  /** Padding around it. */
  readonly margin?: Margin;
  /** Marks of a cell; `lit`, `chosen` and `inserted` are drawn. */
  readonly marks?: (place: Place) => readonly Mark[];
  /** A dashed box around these rows and columns, ends included. */
  readonly box?: { readonly from: Place; readonly to: Place } | null;
  readonly reach?: number;
  /** A cell's colour and how strong it is, from 0 to 1; default: by the sign and the size of its number. */
  readonly shade?: (place: Place) => readonly [variable: string, strength: number];
  /** The side of a cell in CSS pixels; default: 7, and more for small planes. */
  readonly cell?: number;
  readonly onPoint?: (place: Place | null) => void;
  readonly onChoose?: (place: Place) => void;
}

const ARROWS: Readonly<Record<string, Place>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};
/** More cells than that are outlined together. */
const MOST_OUTLINES = 100;
const NOWHERE: Margin = { top: 0, bottom: 0, left: 0, right: 0 };

/** A plane too large for numbers, as a picture: the colours of `Matrix`; the pointer and the arrow keys read its cells. */
export function HeatMap(props: HeatMapProps): JSX.Element {
  const { name, symbol, caption, plane, margin = NOWHERE, onPoint, onChoose } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [at, setAt] = useState<Place>([0, 0]);
  const rows = plane.rows + margin.top + margin.bottom;
  const columns = plane.columns + margin.left + margin.right;
  const cell = props.cell ?? Math.max(6, Math.min(18, Math.floor(230 / Math.max(rows, columns))));
  const held: Place = [Math.min(at[0], plane.rows - 1), Math.min(at[1], plane.columns - 1)];
  const valueAt = ([i, j]: Place) => plane.values[i * plane.columns + j] ?? 0;

  useEffect(() => {
    const draw = () => canvas.current && paint(canvas.current, props, cell); // none once it has gone
    draw();
    return onThemeChange(draw);
  });

  const placeOf = (event: MouseEvent): Place | null => {
    const place: Place = [
      Math.floor(event.offsetY / cell) - margin.top,
      Math.floor(event.offsetX / cell) - margin.left,
    ];
    const [i, j] = place;
    return i >= 0 && j >= 0 && i < plane.rows && j < plane.columns ? place : null;
  };
  const go = (place: Place) => {
    setAt(place);
    onPoint?.(place);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = ARROWS[event.key];
    if (step) {
      go([
        Math.min(Math.max(held[0] + step[0], 0), plane.rows - 1),
        Math.min(Math.max(held[1] + step[1], 0), plane.columns - 1),
      ]);
    } else if (event.key === "Enter" || event.key === " ") onChoose?.(held);
    else return;
    event.preventDefault();
  };
  return (
    <figure class="matrix heat" data-name={name}>
      {(symbol || caption) && (
        <figcaption>
          {symbol && <Equation tex={symbol} inline />} {caption}
        </figcaption>
      )}
      <div class="grid">
        <button
          type="button"
          class="picture"
          aria-label={`${name}, ${plane.rows} × ${plane.columns} as colours; arrow keys read its cells: [${held.join(", ")}] = ${formatNumber(valueAt(held))}`}
          data-place={`${held}`}
          data-value={valueAt(held)}
          onKeyDown={onKeyDown}
          onFocus={() => onPoint?.(held)}
          onBlur={() => onPoint?.(null)}
          onPointerMove={(event) => {
            const place = placeOf(event);
            if (place && `${place}` !== `${held}`) setAt(place);
            onPoint?.(place);
          }}
          onPointerLeave={() => onPoint?.(null)}
          onClick={(event) => {
            const place = event.detail === 0 ? held : placeOf(event); // 0: by the keyboard
            if (place) onChoose?.(place);
          }}
        >
          <canvas ref={canvas} style={{ width: columns * cell, height: rows * cell }} />
        </button>
      </div>
    </figure>
  );
}

function paint(canvas: HTMLCanvasElement, props: HeatMapProps, cell: number): void {
  const { plane, margin = NOWHERE, marks, box } = props;
  const scale = window.devicePixelRatio || 1;
  const rows = plane.rows + margin.top + margin.bottom;
  const columns = plane.columns + margin.left + margin.right;
  canvas.width = columns * cell * scale;
  canvas.height = rows * cell * scale;
  const pen = canvas.getContext("2d")!;
  pen.scale(scale, scale);
  const colour = themeColours(canvas.parentElement!);
  const shade = props.shade ?? bySign(plane, props.reach ?? reachOf(plane.values));
  const outlined: [Place, Mark][] = [];
  for (let i = -margin.top; i < plane.rows + margin.bottom; i++) {
    for (let j = -margin.left; j < plane.columns + margin.right; j++) {
      const own = i >= 0 && j >= 0 && i < plane.rows && j < plane.columns;
      const found = marks?.([i, j]) ?? [];
      const [x, y] = [(j + margin.left) * cell, (i + margin.top) * cell];
      pen.globalAlpha = 1;
      pen.fillStyle = own ? colour("--paper") : colour("--hatch");
      if (found.includes("inserted")) pen.fillStyle = colour("--ground");
      pen.fillRect(x, y, cell, cell);
      if (own) {
        const [variable, strength] = shade([i, j]);
        pen.globalAlpha = strength;
        pen.fillStyle = colour(variable);
        pen.fillRect(x, y, cell, cell);
      }
      for (const mark of found) outlined.push([[i, j], mark]);
    }
  }
  pen.globalAlpha = 1;
  const outline = (from: Place, to: Place, width: number) => {
    pen.lineWidth = width;
    pen.strokeRect(
      (from[1] + margin.left) * cell + width / 2,
      (from[0] + margin.top) * cell + width / 2,
      (to[1] - from[1] + 1) * cell - width,
      (to[0] - from[0] + 1) * cell - width,
    );
  };
  pen.strokeStyle = colour("--accent");
  const lit = outlined.flatMap(([place, mark]) => (mark === "lit" ? [place] : []));
  if (lit.length > MOST_OUTLINES) outline(...boundsOf(lit), 2);
  else for (const place of lit) outline(place, place, 1);
  for (const [place, mark] of outlined) if (mark === "chosen") outline(place, place, 2.5);
  if (box) {
    pen.setLineDash([4, 3]);
    outline(box.from, box.to, 2);
  }
}

function bySign({ values, columns }: Plane, reach: number): NonNullable<HeatMapProps["shade"]> {
  return ([i, j]) => {
    const value = values[i * columns + j]!;
    const strength = Number.isFinite(value) ? Math.min(Math.abs(value) / reach, 1) : 0;
    return [value < 0 ? "--minus" : "--plus", strength];
  };
}

function boundsOf(places: readonly Place[]): [from: Place, to: Place] {
  const rows = places.map(([i]) => i);
  const columns = places.map(([, j]) => j);
  return [
    [Math.min(...rows), Math.min(...columns)],
    [Math.max(...rows), Math.max(...columns)],
  ];
}
