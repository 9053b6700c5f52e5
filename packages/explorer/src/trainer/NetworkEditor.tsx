import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Choice } from "../controls/fields.tsx";
import type { LayerRow } from "../network/layerRow.ts";
import type { LayerCard } from "../network/recipe.ts";
import { LIMITS, writeLayers } from "../network/recipeText.ts";
import { LayerItem, many } from "./LayerItem.tsx";
import { freshLayer, LAYER_NAMES, moveLayer, withLayer } from "./layerNames.ts";
import { networks } from "./networks.ts";

export interface NetworkEditorProps {
  readonly layers: readonly LayerCard[];
  /** How they come out. */
  readonly rows: readonly LayerRow[];
  readonly parameters: number;
  readonly imageShape: readonly number[] | null;
  readonly onChange: (layers: readonly LayerCard[]) => void;
}

/** The network, a card for each layer. */
export function NetworkEditor(props: NetworkEditorProps): JSX.Element {
  const { layers, rows, onChange } = props;
  const list = useRef<HTMLOListElement>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const [said, setSaid] = useState("");
  const [follow, setFollow] = useState<{ readonly selector: string } | null>(null);
  // Before the next key comes.
  useLayoutEffect(() => {
    if (follow) list.current?.querySelector<HTMLElement>(follow.selector)?.focus();
  }, [follow]);

  const text = writeLayers(layers);
  const known = networks.find((network) => writeLayers(network.layers) === text)?.id ?? "own";
  const titles: [string, string][] = networks.map(({ id, title }) => [id, title]);
  const move = (from: number, to: number, by?: "up" | "down") => {
    onChange(moveLayer(layers, from, to));
    setSaid(`${LAYER_NAMES[layers[from]!.type]} is layer ${to + 1} of ${layers.length} now.`);
    const end = by === "up" ? to === 0 : to === layers.length - 1;
    const button = end ? (by === "up" ? "down" : "up") : by;
    if (by) setFollow({ selector: `[data-card="${to}"] [data-move="${button}"]` });
  };
  const add = (type: LayerCard["type"]) => {
    const now = withLayer(layers, freshLayer(type));
    onChange(now);
    const at = layers.at(-1)?.type === "dense" ? now.length - 2 : now.length - 1;
    setSaid(`${LAYER_NAMES[type]} is layer ${at + 1} of ${now.length}.`);
    setFollow({ selector: `[data-card="${at}"] :is(input, button:enabled)` });
  };
  const full = layers.length >= LIMITS.layers[1];
  return (
    <section class="card network" aria-label="Network">
      <h2>Network</h2>
      <Choice
        label="Begin with"
        value={known}
        options={known === "own" ? [...titles, ["own", "Your own"]] : titles}
        onChange={(id) => {
          const network = networks.find((one) => one.id === id);
          if (network) onChange(network.layers);
        }}
      />
      <p class="input-shape">
        Input{" "}
        <output class="shape" aria-live="off">
          {props.imageShape ? `[${props.imageShape.join(", ")}]` : "…"}
        </output>
      </p>
      <ol class="layers" ref={list}>
        {layers.map((card, index) => (
          <li
            key={index}
            data-card={index}
            class={[
              rows[index]?.error ? "faulty" : "",
              dragged === index ? "dragged" : "",
              over === index && dragged !== null ? (index > dragged ? "after" : "before") : "",
            ].join(" ")}
            onDragOver={(event) => {
              if (dragged === null) return;
              event.preventDefault();
              setOver(index);
            }}
            onDrop={(event) => {
              if (dragged === null) return;
              event.preventDefault();
              if (dragged !== index) move(dragged, index);
            }}
          >
            <LayerItem
              card={card}
              index={index}
              count={layers.length}
              row={rows[index]}
              onChange={(changed) => onChange(layers.with(index, changed))}
              onMove={(to, by) => move(index, to, by)}
              onRemove={() => {
                onChange(layers.toSpliced(index, 1));
                setSaid(`${LAYER_NAMES[card.type]} is gone; ${layers.length - 1} layers are left.`);
                setFollow({
                  selector: `[data-card="${Math.min(index, layers.length - 2)}"] button:enabled`,
                });
              }}
              onDrag={(begins) => {
                setDragged(begins ? index : null);
                setOver(null);
              }}
            />
          </li>
        ))}
      </ol>
      <div class="foot">
        <AddLayer disabled={full} onAdd={add} />
        <p>
          <strong>{many(props.parameters)}</strong> parameters
        </p>
      </div>
      <p class="sr" aria-live="polite">
        {said}
      </p>
    </section>
  );
}

/** A choice of layers and a button. */
function AddLayer(props: {
  readonly disabled: boolean;
  readonly onAdd: (type: LayerCard["type"]) => void;
}): JSX.Element {
  const [type, setType] = useState<LayerCard["type"]>("conv");
  return (
    <span class="add">
      <select
        aria-label="Layer to add"
        value={type}
        onChange={(event) => setType(event.currentTarget.value as LayerCard["type"])}
      >
        {Object.entries(LAYER_NAMES).map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
      <button type="button" disabled={props.disabled} onClick={() => props.onAdd(type)}>
        Add layer
      </button>
    </span>
  );
}
