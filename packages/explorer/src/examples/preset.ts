/** A state of a view that is worth a link: it shows what some rows of the lessons are about. */
export interface Preset {
  /** Unique within its view; in tests and in the page. */
  readonly id: string;
  /** What the link says: `"Stride 2: zeros between the δ"`. */
  readonly title: string;
  /** Rows of the lessons, 1 to 43; none for a state that is only worth a look. */
  readonly rows: readonly number[];
  /** The address, as `linkTo` gives it: `"#/convolution?stride=2"`. */
  readonly href: string;
  /** One or two short sentences: what to look at. */
  readonly text: string;
}
