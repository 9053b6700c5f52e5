import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { nameOf } from "./sentences.ts";
import { type Spot, sameSpot } from "./spot.ts";

/** Milliseconds from one step to the next. */
const PACE = 700;

export interface StepsProps {
  /** What is walked through, in order. */
  readonly walk: readonly Spot[];
  /** What is pinned. */
  readonly at: Spot;
  /** Shows an element for the moment. */
  readonly onPoint: (spot: Spot | null) => void;
  /** Shows it from now on. */
  readonly onChoose: (spot: Spot) => void;
}

/** Walks through the elements of a mode, by hand or by itself. */
export function Steps({ walk, at, onPoint, onChoose }: StepsProps): JSX.Element {
  const [playing, setPlaying] = useState(false);
  const [dragged, setDragged] = useState<number | null>(null);
  const found = walk.findIndex((spot) => sameSpot(spot, at));
  const now = dragged ?? Math.max(found, 0);
  const go = (to: number) => {
    onPoint(null); // a pointer that rests on a cell does not hold the walk up
    onChoose(walk[Math.min(Math.max(to, 0), walk.length - 1)]!);
  };
  const next = useRef(() => {});
  next.current = () => {
    if (now + 1 < walk.length) go(now + 1);
    if (now + 2 >= walk.length) setPlaying(false);
  };
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => next.current(), PACE);
    return () => clearInterval(timer);
  }, [playing]);
  const play = () => {
    if (!playing && now === walk.length - 1) go(0);
    setPlaying(!playing);
  };
  const byHand = (to: number) => {
    setPlaying(false);
    go(to);
  };
  return (
    <div class="steps">
      <button
        type="button"
        aria-label="One step back"
        disabled={now === 0}
        onClick={() => byHand(now - 1)}
      >
        ◀
      </button>
      <button type="button" class="main" onClick={play} disabled={walk.length < 2}>
        {playing ? "Pause" : "Play"}
      </button>
      <button
        type="button"
        aria-label="One step forward"
        disabled={now === walk.length - 1}
        onClick={() => byHand(now + 1)}
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
          setPlaying(false);
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
