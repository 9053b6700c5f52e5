import { shippedDigits } from "../../build/imageFiles.ts";
import type { Recipe } from "../network/recipe.ts";
import { readLayers } from "../network/recipeText.ts";
import { type ImageSets, readImageSets } from "./imageSets.ts";
import type { Report, Request } from "./protocol.ts";
import { Session } from "./session.ts";

const SETTINGS = { seed: 7, batch: 64, optimizer: "sgd", lr: 0.05, momentum: 0.9 } as const;
/** A network that learns in no time. */
export const SMALL = "conv4k5s3-norm-relu-flat-drop25-dense10";
/** A network to rehearse with, one epoch of it unless `change` says otherwise. */
export const recipe = (text = SMALL, change: Partial<Recipe> = {}): Recipe => ({
  ...SETTINGS,
  epochs: 1,
  layers: readLayers(text)!,
  ...change,
});
/** Of the digits that ship. */
export const title = { name: "Digits", source: "MNIST" };
const files = Object.entries(shippedDigits()).map(([name, bytes]) => ({ name, bytes }));
/** The digits that ship. */
export const digits = (): Promise<ImageSets> => readImageSets(files, title);

/** A session for unit tests, what it reported, and words to lead it. */
export class Rehearsal {
  readonly reports: Report[] = [];
  readonly #session: Session;
  #look = () => {};

  constructor(images: () => Promise<ImageSets> = digits) {
    this.#session = new Session({
      readImages: images,
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      report: (report) => {
        this.reports.push(report);
        this.#look();
      },
    });
    void this.#session.serve();
  }

  post(...requests: Request[]): void {
    for (const request of requests) this.#session.post(request);
  }

  /** The first report from now on that fits. */
  next<K extends Report["kind"]>(
    kind: K,
    fits: (report: Extract<Report, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<Report, { kind: K }>> {
    let seen = this.reports.length;
    return new Promise((resolve) => {
      this.#look = () => {
        for (; seen < this.reports.length; seen++) {
          const report = this.reports[seen]!;
          if (report.kind === kind && fits(report as never)) resolve(report as never);
        }
      };
    });
  }

  async ask<K extends Report["kind"]>(request: Request, kind: K) {
    const answer = this.next(kind);
    this.post(request);
    return answer;
  }

  async fails(request: Request): Promise<string> {
    return (await this.ask(request, "failed")).message;
  }

  /** Runs to the end; the hash of the weights. */
  async finish(): Promise<string> {
    const over = this.next("state", ({ state }) => state === "done");
    this.post({ kind: "run" });
    await over;
    return this.all("validated").at(-1)!.weightsHash;
  }

  all<K extends Report["kind"]>(kind: K): Extract<Report, { kind: K }>[] {
    return this.reports.filter((report) => report.kind === kind) as never;
  }

  static async begin(of: Recipe = recipe()): Promise<Rehearsal> {
    const rehearsal = new Rehearsal();
    const begun = rehearsal.next("validated");
    rehearsal.post({ kind: "data", choice: { from: "shipped" } }, { kind: "reset", recipe: of });
    await begun;
    return rehearsal;
  }
}
