import type { JSX } from "preact";
import { RealField, WholeField } from "../controls/fields.tsx";
import type { LayerCard } from "../network/recipe.ts";
import { LIMITS } from "../network/recipeText.ts";

export interface LayerFieldsProps {
  readonly card: LayerCard;
  readonly onChange: (card: LayerCard) => void;
}

/** The numbers of a layer; nothing for layers that have none. */
export function LayerFields({ card, onChange }: LayerFieldsProps): JSX.Element | null {
  const numbers = wholeNumbersOf(card);
  if (numbers.length === 0 && card.type !== "dropout") return null;
  return (
    <div class="numbers">
      {numbers.map(([key, value, within]) => (
        <WholeField
          key={key}
          label={key}
          value={value}
          least={within[0]}
          most={within[1]}
          bare
          onChange={(changed) => onChange({ ...card, [key]: changed })}
        />
      ))}
      {card.type === "dropout" && (
        <RealField
          label="p"
          value={card.p}
          least={0}
          most={0.95}
          onChange={(p) => onChange({ type: "dropout", p })}
        />
      )}
    </div>
  );
}

type Within = readonly [least: number, most: number];

/** The whole numbers of a card: their names, values and limits, in the order in which they are written. */
function wholeNumbersOf(card: LayerCard): readonly (readonly [string, number, Within])[] {
  switch (card.type) {
    case "conv":
      return [
        ["filters", card.filters, LIMITS.filters],
        ["kernel", card.kernel, LIMITS.kernel],
        ["stride", card.stride, LIMITS.stride],
        ["padding", card.padding, LIMITS.padding],
      ];
    case "maxPool":
    case "avgPool":
    case "lpPool":
      return [
        ["size", card.size, LIMITS.size],
        ["stride", card.stride, LIMITS.size],
      ];
    case "dense":
      return [["units", card.units, LIMITS.units]];
    default:
      return [];
  }
}
