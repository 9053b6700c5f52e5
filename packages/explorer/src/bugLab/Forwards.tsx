import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { SymbolKey } from "../equation/SymbolKey.tsx";
import type { Place } from "../matrix/plane.ts";
import { placeOn, samePlace, usePointed } from "../matrix/usePointed.ts";
import type { Descent, Problem } from "./descent.ts";
import { ForwardCard } from "./ForwardCard.tsx";
import type { BugLabState } from "./fields.ts";
import { outputSide } from "./forwards.ts";
import { labs, symbols } from "./labs.ts";
import { PastFilterCard } from "./PastFilterCard.tsx";
import { windowSentence } from "./windowCells.ts";

export interface ForwardsProps {
  readonly state: BugLabState;
  readonly change: (part: Partial<BugLabState>) => void;
  readonly problem: Problem;
  /** Why the mistaken forward does not run; `null` when it does. */
  readonly refusal: string | null;
  readonly step: number;
  readonly right: Descent;
  readonly mistaken: Descent | null;
  readonly onImage: (place: Place, value: number) => void;
  readonly onFilter: (place: Place, value: number) => void;
}

/** The forward passes side by side, with one output cell looked at in both. */
export function Forwards(props: ForwardsProps): JSX.Element {
  const { state, change, problem, step, right, mistaken } = props;
  const { called } = labs[state.lab];
  const [lit, setLit] = useState<string | null>(null);
  const { now, on } = usePointed(state.pin, (pin) => change({ pin }));
  const n = outputSide(problem.side, problem.k, problem);
  const output = { rows: n, columns: n };
  const pin = placeOn(state.pin, "y", output);
  const at = placeOn(now, "y", output) ?? pin ?? ([n - 1, n - 1] as const);
  const sentence = useMemo(
    () => windowSentence(problem, labs[state.lab].forward, at),
    [problem, state.lab, `${at}`],
  );
  const shared = {
    step,
    at,
    lit,
    pinned: pin !== null && samePlace(pin, at),
    onSymbol: setLit,
    onOutput: on("y"),
    onImage: props.onImage,
    ...(step === 0 && { onFilter: props.onFilter }),
  };
  return (
    <>
      <div class="forwards">
        {mistaken && <ForwardCard called={called} descent={mistaken} {...shared} />}
        {props.refusal && <PastFilterCard problem={problem} refusal={props.refusal} />}
        <ForwardCard called="right" descent={right} {...shared} />
      </div>
      <p class="reads" aria-live="polite">
        {sentence}
      </p>
      <SymbolKey symbols={symbols} lit={lit} onPoint={setLit} />
    </>
  );
}
