import { useEffect, useRef, useState } from "preact/hooks";
import type { Descent } from "./descent.ts";

/** How long a frame may spend on steps of a training, in milliseconds: while it plays, and while it is awaited. */
const SLICE = { playing: 5, awaited: 40 };

/** A training that can be played, and how far it is. */
export interface Training {
  /** The step that is shown: all descents have come that far. */
  readonly step: number;
  readonly playing: boolean;
  play(): void;
  pause(): void;
  go(step: number): void;
}

export interface TrainingOptions {
  readonly descents: readonly Descent[];
  /** The step in the address. */
  readonly step: number;
  /** The last step. */
  readonly steps: number;
  /** Steps in a second. */
  readonly speed: number;
  /** Called with the step to keep in the address. */
  readonly onStep: (step: number) => void;
}

/** Leads descents to a step, in slices of each frame, and plays them on. */
export function useTraining({ descents, step, steps, speed, onStep }: TrainingOptions): Training {
  const [wish, setWish] = useState(step);
  const [playing, setPlaying] = useState(false);
  const [, again] = useState(0);
  const latest = useRef(wish);
  latest.current = Math.min(wish, steps);
  useEffect(() => setWish(step), [step]);

  const reached = descents.map((descent) =>
    descent.reach(latest.current, playing ? SLICE.playing : SLICE.awaited),
  );
  const known = Math.min(...descents.map((descent) => descent.errors.length)) - 1;
  const waiting = reached.includes(false);
  useEffect(() => {
    if (!waiting) return;
    const frame = requestAnimationFrame(() => again((n) => n + 1));
    return () => cancelAnimationFrame(frame);
  });

  useEffect(() => {
    if (!playing) return;
    let [before, due, frame] = [performance.now(), 0, 0];
    const on = (now: number) => {
      due += (Math.min(now - before, 250) * speed) / 1000;
      before = now;
      const whole = Math.floor(due);
      due -= whole;
      if (whole > 0) setWish(Math.min(latest.current + whole, steps));
      if (latest.current >= steps) {
        setPlaying(false);
        onStep(steps);
      } else frame = requestAnimationFrame(on);
    };
    frame = requestAnimationFrame(on);
    return () => cancelAnimationFrame(frame);
  }, [playing, speed, steps]);

  const go = (to: number) => {
    setWish(to);
    onStep(to);
  };
  return {
    step: Math.max(Math.min(known, latest.current), 0),
    playing,
    play: () => {
      if (latest.current >= steps) setWish(0);
      setPlaying(true);
    },
    pause: () => {
      setPlaying(false);
      onStep(latest.current);
    },
    go: (to) => {
      setPlaying(false);
      go(Math.min(Math.max(to, 0), steps));
    },
  };
}
