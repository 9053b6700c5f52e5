import type { JSX, RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import type { Place } from "../matrix/plane.ts";

/** An arrow from a cell of one matrix to a cell of another. */
export interface Arrow {
  readonly from: Place;
  readonly to: Place;
  /** Whether it belongs to what is pointed at. */
  readonly strong: boolean;
}

export interface ArrowsProps {
  /** What both matrices stand in; it must be positioned. */
  readonly within: RefObject<HTMLElement | null>;
  /** Names of the matrices. */
  readonly from: string;
  readonly to: string;
  readonly arrows: readonly Arrow[];
}

/** Arrows over two matrices, wherever the page puts them; cells that are scrolled out of sight have none. */
export function Arrows({ within, from, to, arrows }: ArrowsProps): JSX.Element {
  const [paths, setPaths] = useState<readonly string[]>([]);
  const draw = () => {
    const found = pathsOf(within.current!, from, to, arrows);
    setPaths((before) => (before.join() === found.join() ? before : found));
  };
  useLayoutEffect(draw);
  useLayoutEffect(() => {
    const place = within.current!;
    const resized = new ResizeObserver(draw);
    resized.observe(place);
    place.addEventListener("scroll", draw, true);
    return () => {
      resized.disconnect();
      place.removeEventListener("scroll", draw, true);
    };
  }, [from, to, arrows]);
  return (
    <svg class="arrows" aria-hidden="true">
      <defs>
        <marker
          id="arrow-head"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          orient="auto"
        >
          <path d="M0 0 8 4 0 8z" />
        </marker>
      </defs>
      {paths.map((d, i) => (
        <path
          key={`${arrows[i]?.from}>${arrows[i]?.to}`}
          class={arrows[i]?.strong ? "strong" : ""}
          d={d}
          marker-end="url(#arrow-head)"
        />
      ))}
    </svg>
  );
}

function pathsOf(
  within: HTMLElement,
  from: string,
  to: string,
  arrows: readonly Arrow[],
): readonly string[] {
  const origin = within.getBoundingClientRect();
  return arrows.map((arrow) => {
    const [a, b] = [cellOf(within, from, arrow.from), cellOf(within, to, arrow.to)];
    if (!a || !b) return "";
    const bow = Math.min(Math.hypot(b.x - a.x, b.y - a.y) / 8, 24);
    const bend = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 - bow };
    const points = [edgeOf(a, bend), bend, edgeOf(b, bend)];
    const [start, middle, end] = points.map(
      ({ x, y }) => `${Math.round(x - origin.x)} ${Math.round(y - origin.y)}`,
    );
    return `M${start}Q${middle} ${end}`;
  });
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The middle and the half sides of a cell; `null` where it is scrolled out of its matrix's box. */
function cellOf(within: HTMLElement, name: string, place: Place) {
  const cell = within.querySelector(`[data-name="${name}"] [data-place="${place}"]`);
  const box = cell?.closest(".grid")?.getBoundingClientRect();
  if (!cell || !box) return null;
  const { left, top, width, height } = cell.getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  return x < box.left || x > box.right ? null : { x, y, half: [width / 2, height / 2] as const };
}

/** Where the way from a cell's middle towards a point leaves the cell, so that its number stays readable. */
function edgeOf(cell: Point & { readonly half: readonly [number, number] }, towards: Point): Point {
  const [dx, dy] = [towards.x - cell.x, towards.y - cell.y];
  const way = Math.max(Math.abs(dx) / cell.half[0], Math.abs(dy) / cell.half[1], 1);
  return { x: cell.x + dx / way, y: cell.y + dy / way };
}
