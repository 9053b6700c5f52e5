import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { WholeField } from "../controls/fields.tsx";
import { Equation } from "../equation/Equation.tsx";
import { derivationOf } from "./derivation.ts";
import type { Net } from "./net.ts";
import { nameOf } from "./sentences.ts";
import type { Spot } from "./spot.ts";
import { storyOf } from "./terms.ts";

/** Milliseconds for which an element is pointed at before its derivation is written. */
const PAUSE = 120;

/** From the chain rule to the sum, line by line, with the numbers of the element pointed at. */
export function DerivationCard(props: {
  readonly net: Net;
  /** A weight or a pixel. */
  readonly spot: Spot;
  /** How many lines are shown. */
  readonly line: number;
  readonly onLine: (line: number) => void;
}): JSX.Element {
  const { line, onLine } = props;
  const { net, spot } = useSettled(
    useMemo(() => ({ net: props.net, spot: props.spot }), [props.net.dw, props.spot]),
  );
  const lines = useMemo(() => derivationOf(net, storyOf(net, spot)), [net, spot]);
  return (
    <section class="card derivation" aria-label="Derivation">
      <h2>Why {nameOf(spot)} is this sum</h2>
      {lines.length === 0 ? (
        <p class="soft">No output depends on it: the sum is empty.</p>
      ) : (
        <WholeField
          label="lines shown"
          value={line}
          least={1}
          most={lines.length}
          onChange={onLine}
        />
      )}
      <ol>
        {lines.slice(0, line).map(({ number, tex, says }) => (
          <li key={number}>
            <span class="number" title={`Equation ${number} of the article`}>
              ({number})
            </span>
            <div>
              <Equation tex={tex} />
              <p class="soft">{says}</p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** A value as it is once it has stopped changing. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
