import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { usePlayer } from "../player/usePlayer.ts";

export interface WalkControlsProps {
  readonly steps: number;
  readonly most: number;
  readonly onSteps: (steps: number) => void;
  /** What the last step did. */
  readonly said: string;
}

/** Nodes in a second. */
const PACE = 1.1;

/** The backward pass as a film: play, one node forward or back, or to any place. */
export function WalkControls({ steps, most, onSteps, said }: WalkControlsProps): JSX.Element {
  const id = useId();
  const over = steps >= most;
  const { playing, play, pause, go } = usePlayer({
    step: steps,
    last: most,
    pace: PACE,
    onStep: onSteps,
  });
  return (
    <div class="walk-controls">
      <div class="walk-buttons">
        <button type="button" class="main" onClick={playing ? pause : play}>
          {playing ? "Pause" : over ? "Play again" : "Play backward pass"}
        </button>
        <button type="button" aria-disabled={steps <= 0} onClick={() => go(steps - 1)}>
          One node back
        </button>
        <button type="button" aria-disabled={over} onClick={() => go(steps + 1)}>
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
      <p class="said" aria-live={playing ? "off" : "polite"}>
        {said}
      </p>
    </div>
  );
}
