import { useEffect, useRef, useState } from "preact/hooks";
import type { Recipe } from "../network/recipe.ts";
import { recipeOf, writeLayers } from "../network/recipeText.ts";
import type { Shown } from "./fields.ts";
import type { DataChoice, Request } from "./protocol.ts";
import { isUntaught, type TrainerState } from "./trainerState.ts";
import { useTrainer } from "./useTrainer.ts";

/** A recipe in one text: equal texts are equal recipes. */
export function textOf(recipe: Recipe): string {
  return JSON.stringify({ ...recipe, layers: writeLayers(recipe.layers) });
}

/** A recipe as a part of the address. */
export function addressOf({ layers: network, ...settings }: Recipe): Partial<Shown> {
  return { network, ...settings };
}

/** What the trainer's page works with. */
export interface Session {
  readonly state: TrainerState;
  readonly ask: (request: Request) => void;
  /** Starts the worker anew. */
  readonly restart: () => void;
  /** The recipe on the page. */
  readonly recipe: Recipe;
  /** Where the images come from. */
  readonly choice: DataChoice;
  readonly choose: (choice: DataChoice) => void;
  /** Why the images that were asked for last, or by the address, are not there. */
  readonly refusal: string | undefined;
}

/**
 * Keeps the worker at what the address says: it loads those images, describes that network, and, as long as nothing has
 * been learned, makes a model of it. What has been learned is given up on a reset only.
 */
export function useSession(shown: Shown, change: (part: Partial<Shown>) => void): Session {
  const [state, ask, restart] = useTrainer();
  const recipe = recipeOf(shown);
  const recipeText = textOf(recipe);
  const { choice, choose, refusal } = useImages(state, ask, shown.data, change);
  const { data, trained } = state;
  const described = useRef(data);
  useEffect(() => {
    if (!data) return;
    ask({ kind: "describe", recipe });
    const fresh = described.current !== data;
    described.current = data;
    const same = trained && textOf(trained) === recipeText;
    const idle = isUntaught(state) && state.state !== "running";
    if (fresh || (idle && !same)) ask({ kind: "reset", recipe });
  }, [data, recipeText]);
  // An opened model brings its recipe.
  const { opened } = state;
  const followed = useRef(opened);
  useEffect(() => {
    if (opened && opened !== followed.current) change(addressOf(opened));
    followed.current = opened;
  }, [opened]);
  const image = Math.min(shown.image, Math.max((data?.validation ?? 1) - 1, 0));
  useEffect(() => {
    if (trained) ask({ kind: "watch", image });
  }, [trained, image]);
  return { state, ask, restart, recipe, choice, choose, refusal };
}

/** The choice of images: the address's at first, then what was chosen as soon as it is there. */
function useImages(
  state: TrainerState,
  ask: (request: Request) => void,
  shared: Shown["data"],
  change: (part: Partial<Shown>) => void,
): Pick<Session, "choice" | "choose" | "refusal"> {
  const [refusal, setRefusal] = useState<string | undefined>();
  const awaited = useRef<DataChoice | null>(null);
  const { ready, data, stopped } = state;
  const before = useRef(shared);
  const choice: DataChoice = data?.choice ?? { from: "shipped" };
  const failure = state.failures.data;
  const choose = (chosen: DataChoice) => {
    awaited.current = chosen;
    setRefusal(undefined);
    ask({ kind: "data", choice: chosen });
  };
  useEffect(() => {
    if (!stopped) awaited.current = null; // another worker knows nothing of it
  }, [stopped]);
  // What is not beside the app is refused with a reason, and the digits that are take its place. What was chosen while the
  // worker began comes first.
  useEffect(() => {
    if (ready && !data && !awaited.current) choose(sharedChoice(shared));
  }, [ready]);
  useEffect(() => {
    const now = choice.from === "served" ? choice.set : choice.from;
    if (data && before.current !== shared && now !== shared) choose(sharedChoice(shared));
    before.current = shared;
  }, [shared]);
  useEffect(() => {
    if (data) awaited.current = null;
    if (data && choice.from !== "files")
      change({ data: choice.from === "served" ? choice.set : "shipped" });
  }, [data]);
  useEffect(() => {
    const refused = awaited.current;
    if (!failure) return;
    awaited.current = null;
    if (data || !refused || refused.from === "shipped") return;
    choose({ from: "shipped" });
    setRefusal(failure);
  }, [failure]);
  return { choice, choose, refusal: failure ?? refusal };
}

function sharedChoice(shared: Shown["data"]): DataChoice {
  return shared === "shipped" ? { from: "shipped" } : { from: "served", set: shared };
}
