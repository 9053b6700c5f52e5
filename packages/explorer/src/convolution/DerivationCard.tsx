import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { WholeField } from "../controls/fields.tsx";
import { Equation } from "../equation/Equation.tsx";
import { derivationOf } from "./derivation.ts";
import type { Net } from "./net.ts";
import { nameOf } from "./sentences.ts";
import type { Story } from "./terms.ts";

/** From the chain rule to the sum, line by line, with the numbers of the element pointed at. */
export function DerivationCard(props: {
  readonly net: Net;
  readonly story: Story;
  /** How many lines are shown. */
  readonly line: number;
  readonly onLine: (line: number) => void;
}): JSX.Element | null {
  const { net, story, line, onLine } = props;
  const lines = useMemo(() => derivationOf(net, story), [story]);
  if (lines.length === 0) return null;
  return (
    <section class="card derivation" aria-label="Derivation">
      <h2>Why {nameOf(story.spot)} is this sum</h2>
      <WholeField
        label="lines shown"
        value={line}
        least={1}
        most={lines.length}
        onChange={onLine}
      />
      <ol aria-live="polite">
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
