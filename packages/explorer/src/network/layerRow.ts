/** A layer as it comes out: its shape without the batch axis, or why it does not fit. */
export interface LayerRow {
  /** `"Conv2D(1 → 6, 5×5)"` */
  readonly layer: string;
  readonly shape: readonly number[] | null;
  readonly parameters: number;
  /** As many as a dense layer between the same shapes would have. */
  readonly ifDense: number | null;
  /** The part of the input that one of its cells sees, as `summary()` finds it; `null` where that is not known. */
  readonly field: ReceptiveField | "all" | null;
  readonly error: string | null;
}

/** Which rows and columns of the input the output cell [0, 0] sees, and how far the next cell's lie from them. */
export interface ReceptiveField {
  readonly size: readonly [h: number, w: number];
  readonly stride: readonly [h: number, w: number];
  /** Negative within padding. */
  readonly offset: readonly [h: number, w: number];
}
