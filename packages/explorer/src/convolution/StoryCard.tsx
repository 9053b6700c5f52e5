import type { JSX } from "preact";
import { Scroll } from "../controls/Scroll.tsx";
import { Equation } from "../equation/Equation.tsx";
import { SymbolKey } from "../equation/SymbolKey.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { filledEquation, generalEquation, lettersOf, ownIndices } from "./equations.ts";
import type { Net } from "./net.ts";
import { nameOf, said } from "./sentences.ts";
import { firstChannel, formatSpot } from "./spot.ts";
import { Terms } from "./Terms.tsx";
import type { Story } from "./terms.ts";

export interface StoryCardProps {
  readonly net: Net;
  readonly story: Story;
  /** Whether it changes by itself, too fast to be read out. */
  readonly playing: boolean;
  readonly letter: string | null;
  readonly onLetter: (letter: string | null) => void;
}

/** An element as the sum that it is: its equation, with numbers, term by term. */
export function StoryCard({ net, story, playing, letter, onLetter }: StoryCardProps): JSX.Element {
  const { spot, channels, bias, value } = story;
  const equation = { lit: letter, onPoint: onLetter };
  return (
    <section class="card story" aria-label="The element pointed at">
      <div aria-live={playing ? "off" : "polite"}>
        <h2 data-spot={formatSpot(spot)} data-value={value}>
          {nameOf(spot)} = {formatNumber(value, 6)}
        </h2>
        <p class="said">{said(net, story)}</p>
      </div>
      <Equation tex={generalEquation(spot)} {...equation} />
      {(spot.of === "y" || spot.of === "w") && (
        <p class="soft">
          Here x stands at <Equation tex={`[\\,${ownIndices(net)}\\,]`} inline {...equation} />
          {net.state.groups > 1 && ", and c counts the channels of the filter's own group"}.
        </p>
      )}
      <Scroll name="The equation with its numbers" class="filled">
        <Equation tex={filledEquation(story)} inline />
      </Scroll>
      {spot.of === "x" && (
        <p class="soft">Only outputs that exist count: both divisions must come out even.</p>
      )}
      {channels && channels.length > 1 && (
        <ul class="channels" aria-label="Partial sums of the channels">
          {channels.map((sum, c) => (
            <li key={`${c}`} data-value={sum}>
              <span>channel {firstChannel(net, spot.index[0]!) + c}</span> {formatNumber(sum)}
            </li>
          ))}
          <li>
            <span>bias</span> {formatNumber(bias ?? 0)}
          </li>
          <li class="all">
            <span>y, all stacked</span> {formatNumber(value)}
          </li>
        </ul>
      )}
      <Terms net={net} story={story} />
      <SymbolKey symbols={lettersOf(spot)} lit={letter} onPoint={onLetter} />
    </section>
  );
}
