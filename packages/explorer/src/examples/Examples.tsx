import type { JSX } from "preact";
import { formatAddress, parseAddress } from "../address/address.ts";
import { useAddress } from "../address/useAddress.ts";
import { Choice } from "../controls/fields.tsx";
import type { Preset } from "./preset.ts";
import "./examples.css";

export interface ExamplesProps {
  /** As in the address. */
  readonly view: string;
  readonly presets: readonly Preset[];
  /** Parts of the address that do not make it another example: what is pinned or unfolded. */
  readonly aside: readonly string[];
  /** What is said where none is shown. */
  readonly otherwise: string;
}

/** A list of states worth a look, and what to look at. */
export function Examples({ view, presets, aside, otherwise }: ExamplesProps): JSX.Element {
  const { query } = useAddress();
  const here = formatAddress(view, query);
  const now =
    presets.find(({ href }) => href === here) ??
    presets.find(({ href }) => without(aside, href) === without(aside, here));
  return (
    <div class="examples">
      <Choice
        label="Example"
        value={now?.id ?? ""}
        options={[
          ...(now ? [] : [["", "Choose one …"] as const]),
          ...presets.map(({ id, title }) => [id, title] as const),
        ]}
        onChange={(id) => {
          const chosen = presets.find((preset) => preset.id === id);
          if (chosen) location.hash = chosen.href;
        }}
      />
      <p class="soft" aria-live="polite" data-example={now?.id}>
        {now?.text ?? otherwise}
      </p>
    </div>
  );
}

/** An address without some of its parts. */
function without(parts: readonly string[], hash: string): string {
  const { view, query } = parseAddress(hash);
  for (const part of parts) query.delete(part);
  return formatAddress(view, query);
}
