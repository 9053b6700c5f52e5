import type { JSX } from "preact";
import { useState } from "preact/hooks";

export interface ProgramCardProps {
  /** `null` for a network that does not fit. */
  readonly program: string | null;
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
}

/** The same training as a program for Node. */
export function ProgramCard({ program, open, onOpen }: ProgramCardProps): JSX.Element {
  const [copied, setCopied] = useState("");
  return (
    <section class="card program" aria-label="The program">
      <details open={open} onToggle={(event) => onOpen(event.currentTarget.open)}>
        <summary>
          <h2>Take this training home</h2>
        </summary>
        <p class="hint">
          The same training as a program for Node: the same seed and the same images give the same
          weights, bit by bit.
        </p>
        {program === null ? (
          <p class="hint">A layer does not fit; there is nothing to train.</p>
        ) : (
          <>
            <button type="button" onClick={async () => setCopied(await copy(program))}>
              Copy
            </button>{" "}
            <span role="status">{copied}</span>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard */}
            <pre tabIndex={0}>
              <code>{program}</code>
            </pre>
          </>
        )}
      </details>
    </section>
  );
}

/** Copies a text: what is to be said of it. */
async function copy(text: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text); // not there in pages without encryption
    return "Copied.";
  } catch {
    return "It could not be copied; select the text instead.";
  }
}
