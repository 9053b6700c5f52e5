import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { Choice } from "../controls/fields.tsx";
import { Notice } from "../controls/Notice.tsx";
import { many } from "./LayerItem.tsx";
import { Picture } from "./Picture.tsx";
import type { DataChoice, ServedSet } from "./protocol.ts";
import type { TrainerState } from "./trainerState.ts";

export interface DataCardProps {
  readonly choice: DataChoice;
  readonly data: TrainerState["data"];
  readonly served: readonly ServedSet[];
  readonly failure: string | undefined;
  readonly onChoose: (choice: DataChoice) => void;
}

const TITLES: Readonly<Record<ServedSet, string>> = {
  mnist: "MNIST",
  "fashion-mnist": "Fashion-MNIST",
};

/** Where the images come from. */
export function DataCard(props: DataCardProps): JSX.Element {
  const { choice, data, served, failure, onChoose } = props;
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const chosen = choice.from === "served" ? choice.set : choice.from;
  const own: [string, string][] = choice.from === "files" ? [["files", "Your files"]] : [];
  const take = (files: FileList | null | undefined) => {
    if (files?.length) onChoose({ from: "files", files: [...files] });
  };
  return (
    <section
      class={`card data${over ? " over" : ""}`}
      aria-label="Images"
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <h2>Images</h2>
      <div class="fields">
        <Choice
          label="Learn from"
          value={chosen}
          options={[
            ["shipped", "Digits, with this page"],
            ...served.map((set): [string, string] => [set, TITLES[set]]),
            ...own,
          ]}
          onChange={(from) => {
            if (from === "shipped") onChoose({ from });
            else if (from !== "files") onChoose({ from: "served", set: from as ServedSet });
          }}
        />
        <label class="field file">
          <span>Or IDX files, gzipped or not: images and labels</span>
          <input
            ref={input}
            type="file"
            multiple
            onChange={() => {
              take(input.current?.files);
              input.current!.value = ""; // the same files again are a change too
            }}
          />
        </label>
      </div>
      {failure && <Notice kind="bad">{failure}</Notice>}
      {data ? (
        <>
          <p class="hint">
            <strong>{data.name}</strong>: {many(data.train)} images to train on,{" "}
            {many(data.validation)} to validate with. Source: {data.source}.
          </p>
          <ol class="sheet" aria-label="Samples" style={{ "--longest": longest(data.classes) }}>
            {data.classes.map((title, k) => (
              <li key={title}>
                <span class="title">{title}</span>
                {data.samples
                  .filter(({ label }) => label === k)
                  .map(({ picture }, i) => (
                    <Picture key={i} pixels={picture} name={`${title}, sample ${i + 1}`} />
                  ))}
              </li>
            ))}
          </ol>
        </>
      ) : (
        <p class="hint">Loading …</p>
      )}
      <p class="hint">Files can be dropped here. They stay in your browser.</p>
    </section>
  );
}

/** Letters of the longest name. */
const longest = (names: readonly string[]) => Math.max(...names.map(({ length }) => length));
