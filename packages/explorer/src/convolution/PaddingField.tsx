import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Choice, WholeField } from "../controls/fields.tsx";
import { PairField } from "../controls/PairField.tsx";
import { type Around, MOST_PADDING } from "./fields.ts";

type Way = "axes" | "sides" | "same" | "valid";
const SIDES = ["top", "bottom", "left", "right"] as const;

/** Padding by rule, per axis, or per side. */
export function PaddingField(props: {
  readonly value: Around;
  /** What the rule amounts to at the moment. */
  readonly resolved: readonly [number, number, number, number] | null;
  readonly onChange: (value: Around) => void;
}): JSX.Element {
  const { value, resolved, onChange } = props;
  const [four, setFour] = useState(false);
  const sides = typeof value === "string" ? (resolved ?? [0, 0, 0, 0]) : value;
  const even = sides[0] === sides[1] && sides[2] === sides[3];
  const way: Way = typeof value === "string" ? value : four || !even ? "sides" : "axes";
  const choose = (next: Way) => {
    setFour(next === "sides");
    if (next === "same" || next === "valid") return onChange(next);
    const within = sides.map((n) => Math.min(n, MOST_PADDING)) as [number, number, number, number];
    onChange(next === "sides" ? within : [within[0], within[0], within[2], within[2]]);
  };
  return (
    <>
      <Choice
        label="padding by"
        value={way}
        options={[
          ["axes", "a number"],
          ["sides", "four sides"],
          ["same", "same"],
          ["valid", "valid (none)"],
        ]}
        onChange={choose}
      />
      {way === "axes" && (
        <PairField
          label="padding p"
          value={[sides[0], sides[2]]}
          least={0}
          most={MOST_PADDING}
          onChange={([h, w]) => onChange([h, h, w, w])}
        />
      )}
      {way === "sides" &&
        SIDES.map((side, at) => (
          <WholeField
            key={side}
            label={`padding, ${side}`}
            value={sides[at]!}
            least={0}
            most={MOST_PADDING}
            onChange={(n) => {
              const next = [...sides] as [number, number, number, number];
              next[at] = n;
              onChange(next);
            }}
          />
        ))}
    </>
  );
}
