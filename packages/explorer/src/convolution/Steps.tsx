import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { usePlayer } from "../player/usePlayer.ts";
import { nameOf } from "./sentences.ts";
import { type Spot, sameSpot } from "./spot.ts";

/** Steps in a second. */
const PACE = 1.4;

export interface StepsProps {
  /** What is walked through, in order. */
  readonly walk: readonly Spot[];
  /** What is pinned. */
  readonly at: Spot;
  /** Shows an element for the moment. */
  readonly onPoint: (spot: Spot | null) => void;
  /** Shows it from now on. */
  readonly onChoose: (spot: Spot) => void;
  /** Told when it begins to walk by itself, and when it ends. */
  readonly onPlay: (playing: boolean) => void;
}

/** Walks through the elements of a mode, by hand or by itself. */
export function Steps({ walk, at, onPoint, onChoose, onPlay }: StepsProps): JSX.Element {
  const [dragged, setDragged] = useState<number | null>(null);
  const found = walk.findIndex((spot) => sameSpot(spot, at));
  const now = dragged ?? Math.max(found, 0);
  const { playing, play, pause, go } = usePlayer({
    step: now,
    last: walk.length - 1,
    pace: PACE,
    onStep: (to) => {
      onPoint(null); // a pointer that rests on a cell does not hold the walk up
      onChoose(walk[to]!);
    },
  });
  useEffect(() => onPlay(playing), [playing]);
  return (
    <div class="steps">
      <button
        type="button"
        aria-label="One step back"
        aria-disabled={now === 0}
        onClick={() => go(now - 1)}
      >
        ◀
      </button>
      <button
        type="button"
        class="main"
        onClick={playing ? pause : play}
        disabled={walk.length < 2}
      >
        {playing ? "Pause" : "Play"}
      </button>
      <button
        type="button"
        aria-label="One step forward"
        aria-disabled={now === walk.length - 1}
        onClick={() => go(now + 1)}
      >
        ▶
      </button>
      <input
        type="range"
        aria-label="Step"
        aria-valuetext={`${now + 1} of ${walk.length}: ${nameOf(walk[now]!)}`}
        min={0}
        max={walk.length - 1}
        value={now}
        onInput={(event) => {
          pause();
          setDragged(event.currentTarget.valueAsNumber);
          onPoint(walk[event.currentTarget.valueAsNumber]!);
        }}
        onChange={(event) => {
          setDragged(null);
          go(event.currentTarget.valueAsNumber);
        }}
      />
      <span class="count">
        {now + 1} / {walk.length}
      </span>
    </div>
  );
}
