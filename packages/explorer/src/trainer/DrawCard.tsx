import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Choice } from "../controls/fields.tsx";
import { Notice } from "../controls/Notice.tsx";
import { type Seen, seenGrey, seenSample } from "./greys.ts";
import { inkToImage } from "./inkToImage.ts";
import { Picture } from "./Picture.tsx";
import { guessOf, ProbabilityBars } from "./ProbabilityBars.tsx";
import { Sketch } from "./Sketch.tsx";
import type { TrainerState } from "./trainerState.ts";

export interface DrawCardProps {
  readonly data: TrainerState["data"];
  readonly probabilities: readonly number[] | null;
  readonly failure: string | undefined;
  /** Changes with the weights: what is drawn is classified anew. Nothing where there are none. */
  readonly weights: unknown;
  readonly onClassify: (pixels: Float32Array) => void;
}

/** A digit of one's own, classified while it is drawn. */
export function DrawCard(props: DrawCardProps): JSX.Element {
  const { data, failure, weights, onClassify } = props;
  const [seen, setSeen] = useState<Seen | null>(null);
  const [begin, setBegin] = useState<Seen["picture"] | null>(null);
  const [sample, setSample] = useState("none");
  const [channels = 1, height = 28, width = 28] = data?.imageShape ?? [];
  const clear = () => {
    setSeen(null);
    setBegin(null);
    setSample("none");
  };
  useEffect(clear, [data]);
  // `weights` changes what comes of the same image.
  useEffect(() => {
    if (seen && weights) onClassify(seen.values);
  }, [seen, weights]);
  const classes = data?.classes ?? [];
  const probabilities = seen ? props.probabilities : null;
  const digits = classes.every((title) => /^\d$/.test(title));
  return (
    <section class="card draw" aria-label="Drawing">
      <h2>{digits ? "Draw a digit" : `Draw: ${classes.slice(0, 3).join(", ")} …`}</h2>
      <div class="beside">
        <div class="board">
          <Sketch
            name="Drawing; below, a sample can be chosen instead"
            picture={begin}
            onInk={(ink) => {
              const image = channels === 1 ? inkToImage(ink, height, width) : null;
              setSeen(image && seenGrey(image));
            }}
          />
          <div class="controls">
            <button
              type="button"
              onClick={() => {
                clear();
                setBegin(blank(width, height)); // also where nothing but ink has changed
              }}
            >
              Clear
            </button>
            {seen && (
              <figure class="seen">
                <Picture pixels={seen.picture} name="the image that the network sees" />
                <figcaption>what the network sees</figcaption>
              </figure>
            )}
          </div>
        </div>
        <div class="answer">
          <ProbabilityBars
            name="probabilities of the drawing"
            classes={classes}
            probabilities={probabilities}
          />
          <p class="said" aria-live="polite">
            {probabilities && `It is taken for ${classes[guessOf(probabilities)]}.`}
          </p>
        </div>
      </div>
      {channels !== 1 && <p class="hint">These images have colours: choose a sample.</p>}
      {data && (
        <Choice
          label="Or take one of the samples"
          value={sample}
          options={[
            ["none", "none"],
            ...data.samples.map(
              ({ label }, k) => [String(k), `${classes[label]}, sample ${k + 1}`] as const,
            ),
          ]}
          onChange={(chosen) => {
            const one = data.samples[Number(chosen)];
            if (!one) return clear();
            const image = seenSample(one, channels);
            setSample(chosen);
            setSeen(image);
            setBegin(image.picture);
          }}
        />
      )}
      {failure && <Notice kind="bad">{failure}</Notice>}
      <p class="hint">
        A drawing is scaled to 20 × 20 and centred by its mass in 28 × 28, as MNIST's digits were.
      </p>
    </section>
  );
}

function blank(width: number, height: number): Seen["picture"] {
  return { width, height, data: new Uint8ClampedArray(4 * width * height) };
}
