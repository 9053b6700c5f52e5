/** The longest gap between two frames that counts, in milliseconds: after a hidden page, nothing is made up for. */
const LONGEST_GAP = 250;

/** Says at each frame how many steps are due; parts of a step are kept for the next frame. */
export class Clock {
  readonly #perSecond: number;
  #before: number;
  #due = 0;

  /** @param now in milliseconds, as the frames tell it */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#before = now;
  }

  /** The whole steps since the frame before. */
  tick(now: number): number {
    const gap = Math.min(Math.max(now - this.#before, 0), LONGEST_GAP);
    this.#due += (gap * this.#perSecond) / 1000;
    this.#before = now;
    const whole = Math.floor(this.#due);
    this.#due -= whole;
    return whole;
  }
}
