import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { unlessFinger } from "../equation/unlessFinger.ts";
import { loopsOf, type Net } from "./net.ts";

export interface LoopsCardProps {
  readonly net: Net;
  readonly open: boolean;
  readonly letter: string | null;
  readonly onLetter: (letter: string | null) => void;
  readonly onOpen: (open: boolean) => void;
}

/** Names in the loops that a letter of the equations stands for. */
const IN_LOOPS: Readonly<Record<string, readonly string[]>> = {
  h: ["row"],
  l: ["column"],
  y: ["y"],
  dw: ["gw"],
  dx: ["gx"],
  db: ["gb"],
};

/** The layer as plain loops, which a letter of the equations lights. */
export function LoopsCard({ net, open, letter, onLetter, onOpen }: LoopsCardProps): JSX.Element {
  const code = useMemo(() => (open ? loopsOf(net.state) : ""), [open, net.layer, net.shapes]);
  const lit = new Set(letter ? (IN_LOOPS[letter] ?? [letter]) : []);
  return (
    <section class="card loops" aria-label="The layer as loops">
      <button type="button" aria-expanded={open} onClick={() => onOpen(!open)}>
        {open ? "Hide the loops" : "Show me the loops"}
      </button>
      <span class="soft">This very layer as plain TypeScript, by toLoops().</span>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
        <pre class="scroll" tabIndex={0}>
          {code.split("\n").map((line, at) => (
            <code key={at} class={isLoopOf(line, lit) ? "lit" : ""}>
              <Line text={line} lit={lit} onLetter={onLetter} />
              {"\n"}
            </code>
          ))}
        </pre>
      )}
    </section>
  );
}

function isLoopOf(line: string, lit: ReadonlySet<string>): boolean {
  const found = /^\s*(?:for \(let|const) (\w+)/.exec(line);
  return found !== null && lit.has(found[1]!);
}

function Line(props: {
  readonly text: string;
  readonly lit: ReadonlySet<string>;
  readonly onLetter: (letter: string | null) => void;
}): JSX.Element {
  const { text, lit, onLetter } = props;
  const comment = text.indexOf("//");
  const code = comment < 0 ? text : text.slice(0, comment);
  return (
    <>
      {code.split(/\b/).map((word, at) => {
        const letter = /^([uvocijxywb]|delta)$/.test(word) ? word : null;
        if (!letter && !lit.has(word)) return word;
        return (
          <span
            key={at}
            class={lit.has(word) ? "word lit" : "word"}
            onPointerEnter={() => onLetter(letter)}
            onPointerLeave={unlessFinger(() => onLetter(null))}
          >
            {word}
          </span>
        );
      })}
      {comment >= 0 && <span class="soft">{text.slice(comment)}</span>}
    </>
  );
}
