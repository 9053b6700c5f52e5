import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Equation } from "../equation/Equation.tsx";
import { CellEditor } from "./CellEditor.tsx";
import { formatNumber } from "./formatNumber.ts";
import { type Place, type Plane, reachOf } from "./plane.ts";
import "./matrix.css";

/**
 * What sets a cell apart. `lit`: takes part in what is pointed at. `faint`: does not. `chosen`: pinned. `inserted`: a
 * zero between the entries of δ. `winner`, `tie`: of a pool's window. `wrong`: differs from what it should be.
 */
export type Mark = "lit" | "faint" | "chosen" | "inserted" | "winner" | "tie" | "wrong";

/** Cells around a plane: rows above and below, columns left and right. */
export interface Margin {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export interface MatrixProps {
  /** What screen readers call it, `"gradient of w, filter 0, channel 1"`; also `data-name` for tests. */
  readonly name: string;
  /** Its symbol in KaTeX, `"\\delta"`; default: none. */
  readonly symbol?: string;
  /** What stands beside the symbol, `"5 × 5"`. */
  readonly caption?: ComponentChildren;
  readonly plane: Plane;
  /** Padding around it, drawn hatched, of value `fill`. */
  readonly margin?: Margin;
  /** Of the padding cells; default 0. */
  readonly fill?: number;
  /** Marks of a cell. */
  readonly marks?: (place: Place) => readonly Mark[];
  /** A small text in a cell's corner, such as a product's factor. */
  readonly note?: (place: Place) => string | undefined;
  /** A dashed box around these rows and columns, ends included. */
  readonly box?: { readonly from: Place; readonly to: Place } | null;
  /** The value of the deepest colour; default: the largest in the plane. */
  readonly reach?: number;
  /** Called with the place under the pointer or the keyboard's focus, and `null` when it leaves. */
  readonly onPoint?: (place: Place | null) => void;
  /** Called on a click or Enter (without `onEdit`). */
  readonly onChoose?: (place: Place) => void;
  /** Cells can be edited: double click, Enter or a digit. Padding cells cannot. */
  readonly onEdit?: (place: Place, value: number) => void;
}

const NOWHERE: Margin = { top: 0, bottom: 0, left: 0, right: 0 };
const ARROWS: Readonly<Record<string, Place>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** A plane as a grid of cells: one stop of the tab key, arrow keys inside. */
export function Matrix(props: MatrixProps): JSX.Element {
  const { name, symbol, caption, plane, margin = NOWHERE, fill = 0, onPoint } = props;
  const [focus, setFocus] = useState<Place>([0, 0]);
  const [editing, setEditing] = useState<{ place: Place; text?: string } | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  const reach = props.reach ?? reachOf(plane.values);
  const first: Place = [-margin.top, -margin.left];
  const rows = plane.rows + margin.top + margin.bottom;
  const columns = plane.columns + margin.left + margin.right;
  const held: Place = [
    Math.min(Math.max(focus[0], first[0]), first[0] + rows - 1),
    Math.min(Math.max(focus[1], first[1]), first[1] + columns - 1),
  ];

  const own = ([i, j]: Place) => i >= 0 && j >= 0 && i < plane.rows && j < plane.columns;
  const valueAt = (place: Place) =>
    own(place) ? plane.values[place[0] * plane.columns + place[1]]! : fill;
  const placeOf = (target: EventTarget | null): Place | null => {
    const cell = (target as Element | null)?.closest<HTMLElement>("[data-place]");
    if (!cell || !grid.current?.contains(cell)) return null;
    const [i, j] = cell.dataset["place"]!.split(",").map(Number);
    return [i!, j!];
  };
  const edit = (place: Place, text?: string) => {
    if (props.onEdit && own(place)) setEditing(text === undefined ? { place } : { place, text });
  };
  const go = (place: Place) => {
    setFocus(place);
    grid.current?.querySelector<HTMLElement>(`[data-place="${place}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const place = placeOf(event.target);
    if (!place || editing || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = ARROWS[event.key];
    if (step) {
      const next: Place = [place[0] + step[0], place[1] + step[1]];
      const inside =
        next[0] >= first[0] &&
        next[0] < first[0] + rows &&
        next[1] >= first[1] &&
        next[1] < first[1] + columns;
      if (inside) go(next);
    } else if (event.key === "Home") go([place[0], first[1]]);
    else if (event.key === "End") go([place[0], first[1] + columns - 1]);
    else if (event.key === "Enter" || event.key === " ") {
      if (props.onEdit && event.key === "Enter") edit(place);
      else props.onChoose?.(place);
    } else if (/^[-−.\d]$/.test(event.key) && props.onEdit) edit(place, event.key);
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    if (editing && !own(editing.place)) setEditing(null);
  });

  const cells = Array.from({ length: rows }, (_, r) => (
    // biome-ignore lint/a11y/useFocusableInteractive: its cells take the focus
    // biome-ignore lint/a11y/useSemanticElements: a grid of interactive cells, not a table of data
    <div role="row" class="row" key={r}>
      {Array.from({ length: columns }, (_, c) => {
        const place: Place = [first[0] + r, first[1] + c];
        const value = valueAt(place);
        const marks = props.marks?.(place) ?? [];
        const classes = ["cell", ...marks, ...(own(place) ? [] : ["padding"])];
        const note = props.note?.(place);
        const shade = Number.isFinite(value) ? Math.min(Math.abs(value) / reach, 1) : 0;
        return (
          // biome-ignore lint/a11y/useSemanticElements: see the row
          <div
            role="gridcell"
            key={c}
            class={classes.join(" ")}
            data-place={`${place}`}
            data-value={value}
            data-sign={value < 0 ? "minus" : "plus"}
            style={{ "--shade": shade.toFixed(3), gridArea: `${r + 1} / ${c + 1}` }}
            tabIndex={place[0] === held[0] && place[1] === held[1] ? 0 : -1}
            aria-label={`${name} ${own(place) ? "" : "padding "}[${place.join(", ")}] = ${formatNumber(value)}${said(marks)}`}
            aria-selected={marks.includes("chosen")}
          >
            {editing && `${editing.place}` === `${place}` ? (
              <CellEditor
                name={`${name} [${place.join(", ")}]`}
                text={editing.text ?? String(value)}
                before={editing.text === undefined}
                onValue={(v) => props.onEdit?.(place, v)}
                onEnd={(keepFocus) => {
                  setEditing(null);
                  if (keepFocus) requestAnimationFrame(() => go(place));
                }}
              />
            ) : (
              <span>{formatNumber(value, 3)}</span>
            )}
            {note && <small>{note}</small>}
          </div>
        );
      })}
    </div>
  ));

  const box = props.box && {
    gridRow: `${props.box.from[0] - first[0] + 1} / ${props.box.to[0] - first[0] + 2}`,
    gridColumn: `${props.box.from[1] - first[1] + 1} / ${props.box.to[1] - first[1] + 2}`,
  };
  return (
    <figure class="matrix" data-name={name} style={{ "--columns": columns }}>
      {(symbol || caption) && (
        <figcaption>
          {symbol && <Equation tex={symbol} inline />} {caption}
        </figcaption>
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: a grid of interactive cells */}
      <div
        role="grid"
        aria-label={name}
        aria-rowcount={rows}
        aria-colcount={columns}
        aria-readonly={!props.onEdit}
        class={`grid${props.onEdit ? " editable" : ""}`}
        ref={grid}
        tabIndex={-1}
        onKeyDown={onKeyDown}
        onFocusCapture={(event) => {
          const place = placeOf(event.target);
          if (!place) return;
          setFocus(place);
          onPoint?.(place);
        }}
        onBlurCapture={(event) => {
          if (!grid.current?.contains(event.relatedTarget as Element | null)) onPoint?.(null);
        }}
        onPointerOver={(event) => {
          const place = placeOf(event.target); // none in the gaps between cells
          if (place) onPoint?.(place);
        }}
        onPointerLeave={() => onPoint?.(null)}
        onClick={(event) => {
          const place = placeOf(event.target);
          if (place && !editing) props.onChoose?.(place);
        }}
        onDblClick={(event) => {
          const place = placeOf(event.target);
          if (place) edit(place);
        }}
      >
        {cells}
        {box && <div class="box" aria-hidden="true" style={box} />}
      </div>
    </figure>
  );
}

const SAID: Readonly<Partial<Record<Mark, string>>> = {
  lit: "takes part",
  inserted: "inserted zero",
  winner: "winner",
  tie: "tie",
  wrong: "wrong",
};

function said(marks: readonly Mark[]): string {
  const spoken = marks.flatMap((mark) => SAID[mark] ?? []);
  return spoken.length ? `, ${spoken.join(", ")}` : "";
}
