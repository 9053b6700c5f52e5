import type { JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";

export interface WalkControlsProps {
  readonly steps: number;
  readonly most: number;
  readonly onSteps: (steps: number) => void;
  /** What the last step did. */
  readonly said: string;
}

const MILLISECONDS = 900;

/** The backward pass as a film: play, one node forward or back, or to any place. */
export function WalkControls({ steps, most, onSteps, said }: WalkControlsProps): JSX.Element {
  const [playing, setPlaying] = useState(false);
  const id = useId();
  const over = steps >= most;
  useEffect(() => {
    if (!playing) return;
    if (over) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => onSteps(steps + 1), MILLISECONDS);
    return () => clearTimeout(timer);
  });
  const go = (to: number) => {
    setPlaying(false);
    onSteps(to);
  };
  const play = () => {
    if (!playing && over) onSteps(0);
    setPlaying(!playing);
  };
  return (
    <div class="walk-controls">
      <div class="walk-buttons">
        <button type="button" class="main" onClick={play}>
          {playing ? "Pause" : over ? "Play again" : "Play backward pass"}
        </button>
        <button type="button" disabled={steps <= 0} onClick={() => go(steps - 1)}>
          One node back
        </button>
        <button type="button" disabled={over} onClick={() => go(steps + 1)}>
          Next node
        </button>
        <label for={id}>
          Step {steps} of {most}
        </label>
        <input
          id={id}
          type="range"
          min={0}
          max={most}
          value={steps}
          onInput={(event) => go(event.currentTarget.valueAsNumber)}
        />
      </div>
      <p class="said" aria-live="polite">
        {said}
      </p>
    </div>
  );
}
