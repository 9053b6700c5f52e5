import { median, ratios } from "./statistics.ts";

/** One measured number of one contender. */
export interface Figure {
  readonly section: string;
  /** What was measured: `"W1 b64 step"`. */
  readonly what: string;
  /** Whose it is: `"convgrad 2t"`. */
  readonly by: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  /** Each round's median. */
  readonly rounds: readonly number[];
  /** GFLOP/s by the median. */
  readonly gflops?: number;
  /** Of the 128-bit peak, 1 = all of it. */
  readonly share?: number;
}

/** All that a run found out. */
export class Results {
  readonly figures: Figure[] = [];
  /** What readers should know: absent peers, figures left out. */
  readonly notes: string[] = [];
  /** Peers whose losses differ from convgrad's. */
  readonly mismatches: string[] = [];
  /** Whether a figure of convgrad itself is missing because something went wrong. */
  failed = false;

  record(figure: Omit<Figure, "median" | "min"> & { readonly min?: number }): void {
    const middle = median(figure.rounds);
    this.figures.push({ ...figure, median: middle, min: figure.min ?? Math.min(...figure.rounds) });
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }

  find(what: string, by: string): Figure | undefined {
    return this.figures.find((figure) => figure.what === what && figure.by === by);
  }

  /** The median over rounds of how many times longer `slower` took than `faster`. */
  ratio(what: string, slower: string, faster: string): number | undefined {
    const [above, below] = [this.find(what, slower), this.find(what, faster)];
    return above && below && median(ratios(above.rounds, below.rounds));
  }
}
