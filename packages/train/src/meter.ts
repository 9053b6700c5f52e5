/** What a training step found; anything may be missing. */
export interface Measured {
  /** The loss of the step's batch. */
  readonly loss?: number;
  /** The accuracy on the step's batch, from 0 to 1; NaN counts as none. */
  readonly accuracy?: number;
  /** Samples in the step's batch, for the speed. */
  readonly samples?: number;
}

/** A step weighs this much less than the one after it, so that about the last 20 count. */
const DECAY = 0.95;

/**
 * An average in which recent values weigh most; exact from the first value on, as Adam's corrected moments are. NaN and
 * ±∞ are shown while they are the latest value and stay out of the average, which one of them would spoil for good.
 */
class RunningAverage {
  #sum = 0;
  #weight = 0;
  /** What is shown; `null` before the first value. */
  value: number | null = null;

  add(latest: number): void {
    this.value = latest;
    if (!Number.isFinite(latest)) return;
    this.#sum = DECAY * this.#sum + latest;
    this.#weight = DECAY * this.#weight + 1;
    this.value = this.#sum / this.#weight;
  }
}

/** Turns what single steps measure into the line that people read. */
export class Meter {
  step: number;
  readonly #total: number;
  readonly #from: number;
  readonly #started = performance.now();
  readonly #loss = new RunningAverage();
  readonly #accuracy = new RunningAverage();
  #samples = 0;

  /** @param from the step that a resumed run goes on from */
  constructor(total: number, from = 0) {
    this.#total = total;
    this.#from = from;
    this.step = from;
  }

  add(step: number, { loss, accuracy, samples = 0 }: Measured): void {
    this.step = step;
    if (loss !== undefined) this.#loss.add(loss);
    if (accuracy !== undefined && !Number.isNaN(accuracy)) this.#accuracy.add(accuracy);
    this.#samples += samples;
  }

  /** `"loss 0.4121  accuracy 88.1 %  512 samples/s  0:23 left"`, as far as known. */
  toString(): string {
    const seconds = (performance.now() - this.#started) / 1000;
    const [loss, accuracy] = [this.#loss.value, this.#accuracy.value];
    const done = this.step - this.#from;
    const left = (seconds / done) * (this.#total - this.step);
    const parts = [
      loss !== null && `loss ${loss.toFixed(4)}`,
      accuracy !== null && `accuracy ${(100 * accuracy).toFixed(1)} %`,
      this.#samples > 0 && seconds > 0 && `${Math.round(this.#samples / seconds)} samples/s`,
      done > 0 && left !== Number.POSITIVE_INFINITY && this.#timeOf(left, seconds),
    ];
    return parts.filter((part) => part !== false).join("  ");
  }

  #timeOf(left: number, seconds: number): string {
    return left > 0 ? `${clock(left)} left` : `${clock(seconds)} taken`;
  }
}

/** Seconds as `1:05` or `1:01:05`. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}
