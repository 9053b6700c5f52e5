import type { JSX } from "preact";
import type { LayerRow } from "../network/layerRow.ts";
import type { LayerCard } from "../network/recipe.ts";
import { LayerFields } from "./LayerFields.tsx";
import { LAYER_NAMES } from "./layerNames.ts";

export interface LayerItemProps {
  readonly card: LayerCard;
  readonly index: number;
  readonly count: number;
  /** How it comes out; nothing until that is known. */
  readonly row: LayerRow | undefined;
  readonly onChange: (card: LayerCard) => void;
  readonly onMove: (to: number, by: "up" | "down") => void;
  readonly onRemove: () => void;
  readonly onDrag: (dragged: boolean) => void;
}

/** A layer of the network: its numbers, what comes out of it, and what is wrong with it. */
export function LayerItem(props: LayerItemProps): JSX.Element {
  const { card, index, count, row, onMove } = props;
  const name = LAYER_NAMES[card.type];
  const said = `${name}, layer ${index + 1}`;
  return (
    <>
      <div class="head">
        <span
          class="handle"
          aria-hidden="true"
          title="Drag to move"
          draggable
          onDragStart={(event) => {
            event.dataTransfer?.setData("text/plain", name);
            props.onDrag(true);
          }}
          onDragEnd={() => props.onDrag(false)}
        >
          ⠿
        </span>
        <strong>{name}</strong>
        <span class="tools">
          <button
            type="button"
            class="tool"
            data-move="up"
            aria-label={`Move ${said} up`}
            disabled={index === 0}
            onClick={() => onMove(index - 1, "up")}
          >
            ↑
          </button>
          <button
            type="button"
            class="tool"
            data-move="down"
            aria-label={`Move ${said} down`}
            disabled={index === count - 1}
            onClick={() => onMove(index + 1, "down")}
          >
            ↓
          </button>
          <button type="button" class="tool" aria-label={`Remove ${said}`} onClick={props.onRemove}>
            ×
          </button>
        </span>
      </div>
      <LayerFields card={card} onChange={props.onChange} />
      {row?.error ? (
        <p class="fault" role="alert">
          {row.error}
        </p>
      ) : (
        <p class="counts">
          {row?.shape ? (
            <>
              <output class="shape" aria-live="off" aria-label={`${said}: output shape`}>
                [{row.shape.join(", ")}]
              </output>{" "}
              {countsOf(row)}
            </>
          ) : (
            "Its input is not known yet."
          )}
        </p>
      )}
    </>
  );
}

function countsOf({ parameters, ifDense }: LayerRow): string {
  if (parameters === 0) return "0 parameters";
  const dense = ifDense !== null && ifDense !== parameters;
  return `${many(parameters)} parameters${dense ? `; ${many(ifDense)} if it were dense` : ""}`;
}

/** `"61,706"` */
export function many(count: number): string {
  return count.toLocaleString("en-US");
}
