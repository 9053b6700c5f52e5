import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { HeatMap } from "../matrix/HeatMap.tsx";
import { Matrix } from "../matrix/Matrix.tsx";
import type { Place } from "../matrix/plane.ts";
import { MOST_CELLS } from "./fields.ts";
import { isInserted, lightsOf, signature } from "./marks.ts";
import type { Net } from "./net.ts";
import { type Sheet, type SheetKind, spotAt } from "./sheets.ts";
import type { Spot } from "./spot.ts";
import type { Story } from "./terms.ts";

/** What the planes of the page do; the same object for all of a page's life. */
export interface Actions {
  point(spot: Spot | null): void;
  choose(spot: Spot): void;
  edit(sheet: Sheet, place: Place, value: number): void;
}

/** What the planes show, besides their own numbers. */
export interface Shown {
  readonly net: Net;
  readonly story: Story;
  /** The letter of an equation that is pointed at. */
  readonly letter: string | null;
  /** Whether planes are pictures, being too large for numbers. */
  readonly pictures: boolean;
  readonly actions: Actions;
}

const EDITABLE: ReadonlySet<SheetKind> = new Set(["x", "w", "b", "t", "delta"]);

/** Whether there is one plane of each kind, so that a picture may take more room. */
export function isAlone({ state }: Net): boolean {
  return state.channels === 1 && state.filters === 1;
}

/** A plane of the page. It is drawn anew only where something of it differs. */
export function SheetView(props: {
  readonly sheet: Sheet;
  readonly shown: Shown;
  readonly reach: number;
}): JSX.Element {
  const { sheet, shown, reach } = props;
  const { net, story, letter, pictures, actions } = shown;
  const lights = lightsOf(net, sheet, story, letter);
  return useMemo(() => {
    const { name, symbol, plane, margin } = sheet;
    const common = {
      name,
      symbol,
      plane,
      reach,
      ...(margin && { margin }),
      box: lights.box,
      caption: `${plane.rows} × ${plane.columns}`,
      marks: (place: Place) => [
        ...(isInserted(net, sheet, place) ? (["inserted"] as const) : []),
        ...(lights.marks.get(`${place}`) ?? []),
      ],
      onPoint: (place: Place | null) => actions.point(place && spotAt(net, sheet, place)),
      onChoose: (place: Place) => {
        const spot = spotAt(net, sheet, place);
        if (spot) actions.choose(spot);
      },
    };
    const side = Math.max(plane.rows, plane.columns);
    if (pictures && (isAlone(net) ? side > MOST_CELLS : plane.rows > 1)) {
      const width = isAlone(net) ? 196 : 112;
      return <HeatMap {...common} cell={Math.min(Math.max(Math.floor(width / side), 3), 16)} />;
    }
    const onEdit = (place: Place, value: number) => actions.edit(sheet, place, value);
    return <Matrix {...common} {...(EDITABLE.has(sheet.kind) && { onEdit })} />;
  }, [sheet.plane, sheet.name, signature(lights), reach, pictures, JSON.stringify(sheet.margin)]);
}
