import { formatShape, ShapeError, type Tensor } from "@convgrad/core";
import { confusionMatrix } from "@convgrad/layers";
import { type ImagePlanes, type Picture, pictureOf, planesOf } from "./picture.ts";

/** A sample that the model took for another class. */
export interface Mistake {
  /** Its number in the order of the batches, from 0. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** The probability that the model gave to what it predicted; `null` where logits are not finite. */
  readonly confidence: number | null;
  /** −log of the probability that it gave to the truth; `null` where that is not finite. */
  readonly loss: number | null;
  /** `null` for samples that are no images. */
  readonly picture: Picture | null;
}

/** A sample kept for its feature maps. */
export interface Example {
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  readonly planes: ImagePlanes;
}

/** A judged sample; losses that are no numbers count as the largest. */
interface Judged {
  readonly sample: number;
  readonly label: number;
  readonly predicted: number;
  readonly confidence: number;
  readonly loss: number;
}

/** What one walk over labelled samples finds. */
export class Walk {
  samples = 0;
  classes = 0;
  /** counts[truth·K + prediction] */
  #counts: number[] = [];
  #loss = 0;
  readonly #mistakes: { readonly rank: number; readonly mistake: Mistake }[] = [];
  readonly #examples: Example[] = [];
  readonly #mostMistakes: number;
  readonly #mostExamples: number;

  constructor(most: { readonly mistakes: number; readonly images: number }) {
    this.#mostMistakes = most.mistakes;
    this.#mostExamples = most.images;
  }

  /** The mean loss. */
  get loss(): number {
    return this.#loss / this.samples;
  }

  /** m[truth][prediction] */
  get confusion(): number[][] {
    const K = this.classes;
    return Array.from({ length: K }, (_, k) => this.#counts.slice(k * K, (k + 1) * K));
  }

  /** The worst first. */
  get mistakes(): Mistake[] {
    return this.#mistakes.map(({ mistake }) => mistake);
  }

  /** By class, in the order in which they came within one. */
  get examples(): Example[] {
    return this.#examples.toSorted((a, b) => a.label - b.label || a.index - b.index);
  }

  /**
   * @param images `[N, …]`
   * @param logits `[N, K]`
   */
  add(images: Tensor, labels: Tensor, logits: Tensor): void {
    this.#count(logits, labels);
    const judged = judge(logits, labels);
    for (const { loss } of judged) this.#loss += loss;
    this.#addMistakes(images, judged);
    this.#addExamples(images, judged);
    this.samples += judged.length;
  }

  #count(logits: Tensor, labels: Tensor): void {
    const [, classes = 0] = logits.shape;
    if (logits.rank !== 2 || (this.classes !== 0 && this.classes !== classes)) {
      const wanted = this.classes === 0 ? "[N, K]" : `[N, ${this.classes}], as before`;
      throw new ShapeError(
        "inspect",
        `the model gives ${formatShape(logits.shape)}; logits must be ${wanted}`,
        { logits: logits.shape },
      );
    }
    const counts = confusionMatrix(logits, labels).toTypedArray();
    if (this.classes === 0) this.#counts = Array.from({ length: classes ** 2 }, () => 0);
    this.classes = classes;
    for (let i = 0; i < counts.length; i++) this.#counts[i]! += counts[i]!;
  }

  #addMistakes(images: Tensor, judged: readonly Judged[]): void {
    const wrong = judged
      .filter(({ label, predicted }) => label !== predicted)
      .map((one) => ({
        ...one,
        rank: Number.isNaN(one.loss) ? Number.POSITIVE_INFINITY : one.loss,
      }))
      .sort((a, b) => b.rank - a.rank);
    for (const { sample, rank, label, predicted, confidence, loss } of wrong) {
      const full = this.#mistakes.length >= this.#mostMistakes;
      if (full && !(rank > (this.#mistakes.at(-1)?.rank ?? Number.POSITIVE_INFINITY))) return;
      const planes = planesOf(images, sample);
      const mistake = {
        index: this.samples + sample,
        label,
        predicted,
        confidence: finite(confidence),
        loss: finite(loss),
        picture: planes && pictureOf(planes),
      };
      if (full) this.#mistakes.pop();
      // Of equal ones the first to come stands first.
      const at = this.#mistakes.findIndex((other) => other.rank < rank);
      this.#mistakes.splice(at < 0 ? this.#mistakes.length : at, 0, { rank, mistake });
    }
  }

  #addExamples(images: Tensor, judged: readonly Judged[]): void {
    const perClass = Math.ceil(this.#mostExamples / this.classes);
    for (const { sample, label, predicted } of judged) {
      if (this.#examples.length >= this.#mostExamples) return;
      if (this.#examples.filter((other) => other.label === label).length >= perClass) continue;
      const planes = planesOf(images, sample);
      if (!planes) return;
      this.#examples.push({ index: this.samples + sample, label, predicted, planes });
    }
  }
}

/** Cross entropy and softmax of each sample, in double precision. */
function judge(logits: Tensor, labels: Tensor): Judged[] {
  const classes = logits.shape[1]!;
  const [values, truth] = [logits.toTypedArray(), labels.toTypedArray()];
  const named = logits.detach().argmax(1).toTypedArray();
  return Array.from(truth, (label, sample) => {
    const row = values.subarray(sample * classes, (sample + 1) * classes);
    const predicted = named[sample]!;
    let [most, sum] = [Number.NEGATIVE_INFINITY, 0];
    for (const x of row) most = Math.max(most, x);
    for (const x of row) sum += Math.exp(x - most);
    const logSum = most + Math.log(sum);
    const confidence = Math.exp(row[predicted]! - logSum);
    return { sample, label, predicted, confidence, loss: logSum - row[label]! };
  });
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
