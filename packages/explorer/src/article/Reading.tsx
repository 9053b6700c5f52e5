import type { ComponentChildren, JSX } from "preact";
import { Equation } from "../equation/Equation.tsx";
import type { Identity } from "../matrix/compared.ts";
import { formatNumber } from "../matrix/formatNumber.ts";
import { type Mark, Matrix } from "../matrix/Matrix.tsx";
import { type Place, type Plane, reachOf } from "../matrix/plane.ts";
import { samePlace } from "../matrix/usePointed.ts";
import "./article.css";

export interface ReadingProps {
  readonly title: string;
  readonly tex: string;
  /** The matrix's name. */
  readonly name: string;
  readonly map: Identity;
  /** What the map should be, and what that is called. */
  readonly right: Plane;
  readonly rightName: string;
  /** The cell that is pointed at in all maps. */
  readonly at: Place | null;
  readonly pin?: Place | null;
  readonly onPoint: (place: Place | null) => void;
  readonly onChoose?: (place: Place) => void;
  /** What goes on, after the verdict. */
  readonly children: ComponentChildren;
}

/** A form of a gradient beside the right one: its equation, its map, where and how far they differ. */
export function Reading(props: ReadingProps): JSX.Element {
  const { title, tex, name, map, right, rightName, onPoint, onChoose, children } = props;
  const marks = (place: Place): Mark[] => [
    ...cellMarks(place, props.at, props.pin),
    ...(differs(map.plane, right, place) ? (["wrong"] as const) : []),
  ];
  return (
    <section class={`reading ${map.same ? "right" : "off"}`}>
      <h3>{title}</h3>
      <Equation tex={tex} />
      <Matrix
        name={name}
        plane={map.plane}
        reach={reachOf(right.values)}
        marks={marks}
        onPoint={onPoint}
        {...(onChoose && { onChoose })}
      />
      <p>
        <strong>
          {map.same ? "=" : "≠"} {rightName}
        </strong>
        , error <span data-name={`error of ${name}`}>{formatNumber(map.error)}</span>. {children}
      </p>
    </section>
  );
}

/** Marks of a cell that is pointed at, and pinned. */
export function cellMarks(place: Place, at: Place | null, pin: Place | null = null): Mark[] {
  return [
    ...(at && samePlace(at, place) ? (["lit"] as const) : []),
    ...(pin && samePlace(pin, place) ? (["chosen"] as const) : []),
  ];
}

function differs(plane: Plane, right: Plane, [i, j]: Place): boolean {
  const at = i * plane.columns + j;
  return !(Math.abs(plane.values[at]! - right.values[at]!) <= 1e-9 * reachOf(right.values));
}
