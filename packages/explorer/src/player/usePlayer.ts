import { useEffect, useRef, useState } from "preact/hooks";
import { Clock } from "./clock.ts";

/** What is played, step by step. */
export interface Playable {
  /** The step that is shown. */
  readonly step: number;
  /** The last step. */
  readonly last: number;
  /** Steps in a second. */
  readonly pace: number;
  /** Called with a step that should be shown. */
  readonly onStep: (step: number) => void;
  /** Called with the step at which playing has ended, by itself or by hand. */
  readonly onPause?: (step: number) => void;
}

/** What plays it. */
export interface Player {
  readonly playing: boolean;
  /** Plays on; from the first step, where the last is shown. */
  play(): void;
  pause(): void;
  /** Goes to a step by hand, and no further. */
  go(step: number): void;
}

/** Goes through steps by hand or by itself. */
export function usePlayer({ step, last, pace, onStep, onPause }: Playable): Player {
  const [playing, setPlaying] = useState(false);
  const latest = useRef({ step, last, onStep, onPause });
  latest.current = { step, last, onStep, onPause };
  const show = (to: number) => {
    latest.current.step = Math.min(Math.max(to, 0), latest.current.last);
    latest.current.onStep(latest.current.step);
  };
  const pause = () => {
    setPlaying(false);
    latest.current.onPause?.(latest.current.step);
  };
  useEffect(() => {
    if (!playing) return;
    const clock = new Clock(pace, performance.now());
    let frame = requestAnimationFrame(function on(now) {
      const due = clock.tick(now);
      if (due > 0) show(latest.current.step + due);
      if (latest.current.step >= latest.current.last) pause();
      else frame = requestAnimationFrame(on);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing, pace]);
  return {
    playing,
    play: () => {
      if (latest.current.step >= latest.current.last) show(0);
      setPlaying(true);
    },
    pause,
    go: (to) => {
      show(to);
      pause();
    },
  };
}
