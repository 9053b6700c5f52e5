import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { shownBy } from "./shownBy.ts";

const FEW = 3;

/** Where a row can be seen: links into the other views, the first few of them at once. */
export function PresetLinks({ row }: { readonly row: number }): JSX.Element | null {
  const [all, setAll] = useState(false);
  const links = shownBy(row);
  const rest = links.length - FEW;
  if (links.length === 0) return null; // its test is named below
  return (
    <ul class="preset-links" aria-label={`Where to see lesson ${row}`}>
      {links.slice(0, all ? links.length : FEW).map(({ view, preset }) => (
        <li key={`${view} ${preset.id}`}>
          <a href={preset.href} title={preset.text}>
            {preset.title}
          </a>{" "}
          <small>{view}</small>
        </li>
      ))}
      {rest > 0 && !all && (
        <li>
          <button type="button" onClick={() => setAll(true)}>
            {rest} more
          </button>
        </li>
      )}
    </ul>
  );
}
