import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { WholeField } from "../controls/fields.tsx";
import type { Both } from "./fields.ts";

export interface PairFieldProps {
  readonly label: string;
  readonly value: Both;
  readonly least: number;
  readonly most: number;
  readonly onChange: (value: Both) => void;
}

/** One number for height and width, or one for each. */
export function PairField({ label, value, least, most, onChange }: PairFieldProps): JSX.Element {
  const [h, w] = value;
  const [apart, setApart] = useState(false);
  const both = apart || h !== w;
  return (
    <span class="pair">
      <WholeField
        label={both ? `${label}, height` : label}
        value={h}
        least={least}
        most={most}
        onChange={(n) => onChange([n, both ? w : n])}
      />
      {both && (
        <WholeField
          label={`${label}, width`}
          value={w}
          least={least}
          most={most}
          onChange={(n) => onChange([h, n])}
        />
      )}
      <button
        type="button"
        class="apart"
        aria-pressed={both}
        aria-label={`${label}: height and width apart`}
        title={both ? "The same for height and width" : "Height and width apart"}
        onClick={() => {
          setApart(!both);
          if (both) onChange([h, h]);
        }}
      >
        {both ? "=" : "≠"}
      </button>
    </span>
  );
}
