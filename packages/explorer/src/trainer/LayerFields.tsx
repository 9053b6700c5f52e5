import type { JSX } from "preact";
import { RealField, WholeField } from "../controls/fields.tsx";
import type { LayerCard } from "./recipe.ts";
import { LIMITS } from "./recipeText.ts";

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
      {numbers.map(([key, value]) => (
        <WholeField
          key={key}
          label={key}
          value={value}
          least={LIMITS[key][0]}
          most={LIMITS[key][1]}
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

/** The whole numbers of a card by their names, in the order in which they are written. */
function wholeNumbersOf(card: LayerCard): readonly (readonly [keyof typeof LIMITS, number])[] {
  switch (card.type) {
    case "conv":
      return [
        ["filters", card.filters],
        ["kernel", card.kernel],
        ["stride", card.stride],
        ["padding", card.padding],
      ];
    case "maxPool":
    case "avgPool":
    case "lpPool":
      return [
        ["size", card.size],
        ["stride", card.stride],
      ];
    case "dense":
      return [["units", card.units]];
    default:
      return [];
  }
}
