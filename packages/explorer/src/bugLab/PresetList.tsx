import type { JSX } from "preact";
import { presets } from "./presets.ts";

/** The lab's states worth a link. */
export function PresetList(): JSX.Element {
  return (
    <details class="card presets">
      <summary>Examples to begin with</summary>
      <ul>
        {presets.map(({ id, title, href, text }) => (
          <li key={id}>
            <a href={href} data-preset={id}>
              {title}
            </a>{" "}
            {text}
          </li>
        ))}
      </ul>
    </details>
  );
}
