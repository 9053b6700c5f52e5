import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Both } from "../address/fields.ts";
import { WholeField } from "./fields.tsx";

export interface PairFieldProps {
  readonly label: string;
  readonly value: Both;
  readonly least: number;
  readonly most: number;
  readonly disabled?: boolean;
  readonly onChange: (value: Both) => void;
}

/** One number for height and width, or one for each. */
export function PairField({
  label,
  value,
  least,
  most,
  disabled,
  onChange,
}: PairFieldProps): JSX.Element {
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
        disabled={disabled ?? false}
        onChange={(n) => onChange([n, both ? w : n])}
      />
      {both && (
        <WholeField
          label={`${label}, width`}
          value={w}
          least={least}
          most={most}
          disabled={disabled ?? false}
          onChange={(n) => onChange([h, n])}
        />
      )}
      <button
        type="button"
        class="apart"
        disabled={disabled}
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
