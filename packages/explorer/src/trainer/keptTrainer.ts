import { connect } from "./connect.ts";
import { download } from "./download.ts";
import type { Engine, Report, Request } from "./protocol.ts";
import { asked, heard, isUnsaved, SILENCE, type TrainerState } from "./trainerState.ts";

/** Reports that wait for the next frame; a page in the background has none, so that more are taken at once. */
const MOST_WAITING = 100;

/** The browser asks in its own words. */
const askBeforeLeaving = (event: BeforeUnloadEvent) => {
  event.preventDefault();
  event.returnValue = true; // Chrome before 119
};

/** The worker and what is known of it. Both stay while other views are looked at, so that nothing learned is lost. */
class KeptTrainer {
  state: TrainerState = SILENCE;
  /** Called when the state is another. */
  onChange: (state: TrainerState) => void = () => {};
  readonly #waiting: Report[] = [];
  #frame = 0;
  #engine: Engine | null = null;

  /** Starts the worker unless there is one. */
  start(): void {
    if (this.#engine) return;
    this.#engine = connect();
    this.#engine.subscribe((report) => {
      if (report.kind === "saved") download(report.name, report.bytes);
      this.#waiting.push(report);
      if (this.#waiting.length > MOST_WAITING) this.#take();
      else this.#frame ||= requestAnimationFrame(() => this.#take());
    });
  }

  ask(request: Request): void {
    this.start();
    this.#become(asked(this.state, request));
    this.#engine?.post(request);
  }

  /** Ends the worker, and starts another that knows nothing. */
  restart(): void {
    this.#engine?.close();
    this.#engine = null;
    this.#waiting.length = 0;
    this.#become(SILENCE);
    this.start();
  }

  #take(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#become(this.#waiting.splice(0).reduce(heard, this.state));
  }

  #become(state: TrainerState): void {
    this.state = state;
    // Only then: a page that may ask is not kept for the browser's "back".
    if (isUnsaved(state)) addEventListener("beforeunload", askBeforeLeaving);
    else removeEventListener("beforeunload", askBeforeLeaving);
    this.onChange(state);
  }
}

/** The page's only one. */
export const keptTrainer = new KeptTrainer();
