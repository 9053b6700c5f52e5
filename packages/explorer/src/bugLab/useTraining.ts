import { useEffect, useState } from "preact/hooks";
import { type Player, usePlayer } from "../player/usePlayer.ts";
import type { Descent } from "./descent.ts";

/** How long a frame may spend on steps of all trainings, in milliseconds: while they play, and while they are awaited. */
const SLICE = { playing: 12, awaited: 16 };

/** A training that can be played, and how far it is. */
export interface Training extends Player {
  /** The step that is shown: all descents have come that far. */
  readonly step: number;
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
  const [, again] = useState(0);
  const latest = Math.min(wish, steps);
  useEffect(() => setWish(step), [step]);
  const player = usePlayer({
    step: latest,
    last: steps,
    pace: speed,
    onStep: setWish,
    onPause: onStep,
  });

  const slice = (player.playing ? SLICE.playing : SLICE.awaited) / descents.length;
  const reached = descents.map((descent) => descent.reach(latest, slice));
  const known = Math.min(...descents.map((descent) => descent.errors.length)) - 1;
  const waiting = reached.includes(false);
  useEffect(() => {
    if (!waiting) return;
    const frame = requestAnimationFrame(() => again((n) => n + 1));
    return () => cancelAnimationFrame(frame);
  });

  return { ...player, step: Math.max(Math.min(known, latest), 0) };
}
