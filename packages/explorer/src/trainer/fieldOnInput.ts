import type { ReceptiveField } from "../network/layerRow.ts";

/** Rows and columns of the input, ends included; beyond the image they lie in the padding. */
export interface Patch {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** The part of the input that the output cell [row, column] sees; `"all"` of an image of this height and width. */
export function fieldOnInput(
  field: ReceptiveField | "all",
  [row, column]: readonly [number, number],
  [height, width]: readonly [number, number],
): Patch {
  if (field === "all") return { top: 0, left: 0, bottom: height - 1, right: width - 1 };
  const top = field.offset[0] + row * field.stride[0];
  const left = field.offset[1] + column * field.stride[1];
  return { top, left, bottom: top + field.size[0] - 1, right: left + field.size[1] - 1 };
}
