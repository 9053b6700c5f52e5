import { choice, flag, numbers, type StateOf, whole } from "../address/fields.ts";
import { RECIPE_FIELDS } from "../network/recipeText.ts";

/** What of the trainer is in the address. */
export const FIELDS = {
  ...RECIPE_FIELDS,
  /** Files of one's own are not: they stay with whoever chose them. */
  data: choice("shipped", ["shipped", "mnist", "fashion-mnist"]),
  /** The validation image whose feature maps are shown. */
  image: whole(0, 0, 999_999),
  /** The cell whose receptive field is pinned: layer, map, row, column. */
  at: numbers(4),
  /** The confusion matrix in percent of a row. */
  percent: flag(false),
  /** Whether the program is unfolded. */
  program: flag(false),
};

/** What the trainer's address says. */
export type Shown = StateOf<typeof FIELDS>;
