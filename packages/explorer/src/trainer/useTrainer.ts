import { useEffect, useState } from "preact/hooks";
import { keptTrainer } from "./keptTrainer.ts";
import type { Request } from "./protocol.ts";
import type { TrainerState } from "./trainerState.ts";

const ask = (request: Request) => keptTrainer.ask(request);
const restart = () => keptTrainer.restart();

/** What is known of the worker, how to ask it, and how to start it anew. It rests while another view is looked at. */
export function useTrainer(): readonly [
  state: TrainerState,
  ask: (request: Request) => void,
  restart: () => void,
] {
  const [state, setState] = useState(keptTrainer.state);
  useEffect(() => {
    keptTrainer.onChange = setState;
    keptTrainer.start();
    setState(keptTrainer.state);
    return () => {
      keptTrainer.onChange = () => {};
      if (keptTrainer.state.state === "running") ask({ kind: "pause" });
    };
  }, []);
  return [state, ask, restart];
}
