import type { JSX } from "preact";
import { formatAddress, parseAddress } from "../address/address.ts";
import { useAddress } from "../address/useAddress.ts";
import { Choice } from "../controls/fields.tsx";
import { presets } from "./presets.ts";

/** A list of states worth a look, and what to look at. */
export function Examples(): JSX.Element {
  const { query } = useAddress();
  const here = formatAddress("convolution", query);
  const now =
    presets.find(({ href }) => href === here) ??
    presets.find(({ href }) => unpinned(href) === unpinned(here));
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
      <p class="soft" aria-live="polite">
        {now?.text ??
          "Cross-correlation by default, as in every deep-learning library. Every number can be edited; the address holds what you see."}
      </p>
    </div>
  );
}

/** An address without what is pinned or unfolded: it stays the same example wherever one looks. */
function unpinned(hash: string): string {
  const { view, query } = parseAddress(hash);
  for (const part of ["at", "line", "loops", "lr"]) query.delete(part);
  return formatAddress(view, query);
}
