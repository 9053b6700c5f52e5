import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { Toggle } from "../controls/fields.tsx";
import { Scroll } from "../controls/Scroll.tsx";
import { HeatMap } from "../matrix/HeatMap.tsx";
import type { Place } from "../matrix/plane.ts";

export interface ConfusionCardProps {
  readonly classes: readonly string[];
  /** m[truth][prediction]; `null` before the first validation. */
  readonly confusion: readonly (readonly number[])[] | null;
  /** Shares of the rows in place of counts. */
  readonly percent: boolean;
  readonly onPercent: (percent: boolean) => void;
}

const ARROWS: Readonly<Record<string, Place>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** More classes than that are a picture, without numbers in its cells. */
const MOST_NUMBERS = 20;

/** Which class was taken for which, on the validation images. */
export function ConfusionCard(props: ConfusionCardProps): JSX.Element {
  const { classes, confusion, percent } = props;
  const [pointed, setPointed] = useState<Place | null>(null);
  const [pinned, setPinned] = useState<Place | null>(null);
  const at = pointed ?? pinned;
  const Shown = classes.length > MOST_NUMBERS ? ConfusionPicture : ConfusionTable;
  return (
    <section class="card confusion" aria-label="Confusion matrix">
      <h2>What is taken for what</h2>
      {classes.length <= MOST_NUMBERS && (
        <Toggle label="Percent of a row" value={percent} onChange={props.onPercent} />
      )}
      {confusion ? (
        <Scroll name="Confusion matrix">
          <Shown
            {...{ classes, confusion, percent, pinned }}
            onPoint={setPointed}
            onChoose={(place) => setPinned(`${pinned}` === `${place}` ? null : place)}
          />
        </Scroll>
      ) : (
        <p class="hint">It appears after the first pause or epoch.</p>
      )}
      <p class="said" aria-live="polite">
        {confusion
          ? at
            ? sentence(classes, confusion, at)
            : "Rows: what the image is. Columns: what it is taken for."
          : ""}
      </p>
    </section>
  );
}

interface ShownProps {
  readonly classes: readonly string[];
  readonly confusion: readonly (readonly number[])[];
  readonly percent: boolean;
  readonly pinned: Place | null;
  readonly onPoint: (place: Place | null) => void;
  readonly onChoose: (place: Place) => void;
}

/** The counts as colours. */
function ConfusionPicture({ confusion, pinned, onPoint, onChoose }: ShownProps): JSX.Element {
  const totals = confusion.map(sum);
  return (
    <HeatMap
      name="counts"
      plane={{ rows: confusion.length, columns: confusion.length, values: confusion.flat() }}
      cell={Math.max(4, Math.floor(330 / confusion.length))}
      shade={([i, j]) => [
        i === j ? "--good" : "--bad",
        shade(totals[i] ? confusion[i]![j]! / totals[i]! : 0, i === j),
      ]}
      marks={(place) => (`${place}` === `${pinned}` ? ["chosen"] : [])}
      onPoint={onPoint}
      onChoose={onChoose}
    />
  );
}

/** The counts as numbers in cells. */
function ConfusionTable(props: ShownProps): JSX.Element {
  const { classes, confusion, percent, pinned, onPoint } = props;
  const table = useRef<HTMLTableElement>(null);
  const [stop, setStop] = useState<Place>([0, 0]);
  const go = (event: KeyboardEvent, [i, j]: Place) => {
    const by = ARROWS[event.key];
    const next: Place = [i + (by?.[0] ?? 0), j + (by?.[1] ?? 0)];
    const button = by && table.current?.querySelector<HTMLElement>(`[data-place="${next}"]`);
    if (!button) return;
    event.preventDefault();
    setStop(next);
    button.focus();
  };
  return (
    <table ref={table} onPointerLeave={() => onPoint(null)}>
      <caption class="sr">
        Rows: what the validation images are. Columns: what they are taken for.
      </caption>
      <thead>
        <tr>
          <td />
          {classes.map((title) => (
            <th key={title} scope="col" title={`taken for ${title}`}>
              {short(title)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {confusion.map((row, i) => (
          <tr key={classes[i]}>
            <th scope="row" title={classes[i]}>
              {short(classes[i]!)}
            </th>
            {row.map((count, j) => {
              const place: Place = [i, j];
              const total = sum(row);
              const share = total ? count / total : 0;
              return (
                <td key={classes[j]} class={i === j ? "right" : "wrong"}>
                  <button
                    type="button"
                    class="confusion-cell"
                    data-place={`${place}`}
                    data-value={count}
                    tabIndex={`${stop}` === `${place}` ? 0 : -1}
                    aria-pressed={`${pinned}` === `${place}`}
                    aria-label={sentence(classes, confusion, place)}
                    style={{ "--share": shade(share, i === j).toFixed(3) }}
                    onPointerEnter={() => onPoint(place)}
                    onFocus={() => {
                      onPoint(place);
                      setStop(place);
                    }}
                    onBlur={() => onPoint(null)}
                    onKeyDown={(event) => go(event, place)}
                    onClick={() => props.onChoose(place)}
                  >
                    {percent ? Math.round(100 * share) : count}
                  </button>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const sum = (row: readonly number[]) => row.reduce((total, count) => total + count, 0);

/** Names of clothes do not fit over a column. */
const short = (title: string) => (title.length > 4 ? `${title.slice(0, 3)}.` : title);

/** Mistakes are few: their shades begin to show at one in twenty. */
const shade = (share: number, right: boolean) =>
  right ? share * 0.75 : Math.min(share * 5, 1) * 0.75;

/** `"4 taken for 9: 7 times, 3.5 % of 200."` */
function sentence(
  classes: readonly string[],
  confusion: readonly (readonly number[])[],
  [i, j]: Place,
): string {
  const row = confusion[i]!;
  const [count, total] = [row[j]!, sum(row)];
  const times = count === 1 ? "once" : `${count} times`;
  const share = total ? `, ${((100 * count) / total).toFixed(1)} % of ${total}` : "";
  const what = i === j ? `${classes[i]} recognised` : `${classes[i]} taken for ${classes[j]}`;
  return `${what}: ${times}${share}.`;
}
