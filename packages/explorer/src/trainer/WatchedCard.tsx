import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { WholeField } from "../controls/fields.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import type { LayerRow } from "../network/layerRow.ts";
import { fieldOnInput, type Patch } from "./fieldOnInput.ts";
import { type Cell, MapPicture } from "./MapPicture.tsx";
import { Picture } from "./Picture.tsx";
import { guessOf, ProbabilityBars, percent } from "./ProbabilityBars.tsx";
import type { LayerPixels } from "./protocol.ts";
import type { TrainerState } from "./trainerState.ts";

export interface WatchedCardProps {
  readonly pictures: TrainerState["pictures"];
  readonly data: TrainerState["data"];
  readonly rows: readonly LayerRow[];
  readonly image: number;
  readonly onImage: (image: number) => void;
  /** The pinned cell: layer, map, row, column. */
  readonly pinned: readonly number[] | null;
  readonly onPin: (at: readonly number[] | null) => void;
}

/** A place in a map of a layer. */
interface At {
  readonly card: number;
  readonly map: number;
  readonly cell: Cell;
}

/** A validation image on its way through the network. */
export function WatchedCard(props: WatchedCardProps): JSX.Element {
  const { pictures, data, rows, image, onImage } = props;
  const [pointed, setPointed] = useState<At | null>(null);
  const pinned = pinnedAt(props.pinned);
  const at = pointed ?? pinned;
  const most = Math.max((data?.validation ?? 1) - 1, 0);
  const seen = pictures && at ? seenBy(at, pictures.maps, rows, pictures.input) : null;
  return (
    <section class="card watched" aria-label="An image on its way">
      <h2>An image on its way through</h2>
      <WholeField
        label="Validation image"
        value={Math.min(image, most)}
        least={0}
        most={most}
        disabled={!data}
        onChange={onImage}
      />
      {pictures && data ? (
        <>
          <div class="beside">
            <figure class="input">
              <div class="framed">
                <Picture
                  pixels={pictures.input}
                  name={`validation image ${pictures.image}, ${data.classes[pictures.label]}`}
                />
                {seen && (
                  <div class="field-box" aria-hidden="true" style={boxOf(seen, pictures.input)} />
                )}
              </div>
              <figcaption>{verdict(pictures, data.classes)}</figcaption>
            </figure>
            <ProbabilityBars
              name="probabilities of the watched image"
              classes={data.classes}
              probabilities={pictures.probabilities}
              truth={pictures.label}
            />
          </div>
          <p class="said" aria-live="polite">
            {at && seen
              ? seenText(at, seen, rows)
              : "Point at a cell of a map, or step to it with the arrow keys, to see what part of the image it sees."}
          </p>
          {pictures.filters && <Filters filters={pictures.filters} />}
          {pictures.maps.map((layer) => (
            <figure class="feature-maps" key={layer.card} data-card={layer.card}>
              <figcaption>
                {layer.card + 1} {layer.layer} <span class="range">{rangeText(layer)}</span>
              </figcaption>
              <div class="thumbs">
                {layer.pictures.map((pixels, map) => (
                  <MapPicture
                    key={map}
                    name={`map ${map} of layer ${layer.card + 1}`}
                    pixels={pixels}
                    at={at?.card === layer.card && at.map === map ? at.cell : null}
                    onPoint={(cell) => setPointed(cell && { card: layer.card, map, cell })}
                    onChoose={(cell) => {
                      const now = [layer.card, map, ...cell];
                      props.onPin(`${now}` === `${props.pinned}` ? null : now);
                    }}
                  />
                ))}
              </div>
            </figure>
          ))}
        </>
      ) : (
        <p class="hint">It appears when the network is there.</p>
      )}
    </section>
  );
}

function Filters({ filters }: { readonly filters: LayerPixels }): JSX.Element {
  return (
    <figure class="feature-maps weights">
      <figcaption>
        Weights of layer {filters.card + 1}, {filters.layer}{" "}
        <span class="range">{rangeText(filters)}</span>
      </figcaption>
      <div class="thumbs">
        {filters.pictures.map((pixels, k) => (
          <Picture key={k} pixels={pixels} name={`filter ${k}`} />
        ))}
      </div>
    </figure>
  );
}

function rangeText({ range: [least, most], pictures, of }: LayerPixels): string {
  const some = of > pictures.length ? `${pictures.length} of ${of}, ` : "";
  return `${some}${formatNumber(least, 3)} to ${formatNumber(most, 3)}`;
}

function verdict(
  { probabilities, label }: NonNullable<TrainerState["pictures"]>,
  classes: readonly string[],
): string {
  const guess = guessOf(probabilities);
  const sure = percent(probabilities[guess] ?? 0);
  return guess === label
    ? `${classes[label]}, recognised (${sure})`
    : `${classes[label]}, taken for ${classes[guess]} (${sure})`;
}

/** What an address says, as far as it can be a place. */
function pinnedAt(numbers: readonly number[] | null): At | null {
  if (numbers?.length !== 4 || !numbers.every((n) => Number.isSafeInteger(n) && n >= 0))
    return null;
  const [card, map, row, column] = numbers as [number, number, number, number];
  return { card, map, cell: [row, column] };
}

/** The part of the input that a cell sees; `null` where there is no such cell or no field of one. */
function seenBy(
  { card, map, cell }: At,
  maps: readonly LayerPixels[],
  rows: readonly LayerRow[],
  input: { readonly width: number; readonly height: number },
): Patch | null {
  const picture = maps.find((layer) => layer.card === card)?.pictures[map];
  const field = rows[card]?.field;
  const inside = picture && cell[0] < picture.height && cell[1] < picture.width;
  return inside && field ? fieldOnInput(field, cell, [input.height, input.width]) : null;
}

function boxOf(
  seen: Patch,
  { width, height }: { readonly width: number; readonly height: number },
) {
  return {
    left: `${(seen.left / width) * 100}%`,
    top: `${(seen.top / height) * 100}%`,
    width: `${((seen.right - seen.left + 1) / width) * 100}%`,
    height: `${((seen.bottom - seen.top + 1) / height) * 100}%`,
  };
}

function seenText({ card, map, cell }: At, seen: Patch, rows: readonly LayerRow[]): string {
  const size = `${seen.bottom - seen.top + 1} × ${seen.right - seen.left + 1}`;
  return (
    `Cell [${cell.join(", ")}] of map ${map} of layer ${card + 1}, ${rows[card]!.layer}, sees ${size} of the image: ` +
    `rows ${span(seen.top, seen.bottom)}, columns ${span(seen.left, seen.right)}.`
  );
}

const span = (from: number, to: number) => `${from} to ${to}`.replaceAll("-", "−");
