import { ConvgradError, ValueError } from "@convgrad/core";
import { encodeModel, exportOnnx } from "@convgrad/io";
import { readState } from "../address/fields.ts";
import { describeNetwork, type Task } from "../network/buildNetwork.ts";
import type { Recipe } from "../network/recipe.ts";
import { RECIPE_FIELDS, recipeOf } from "../network/recipeText.ts";
import { releaseModel } from "../network/releaseModel.ts";
import { type ImageSets, releaseImages } from "./imageSets.ts";
import { classify, lookAt, samplesOf } from "./look.ts";
import { openModel } from "./openModel.ts";
import type { DataChoice, Report, Request, StepNumbers } from "./protocol.ts";
import { seeded, Training } from "./training.ts";
import { validate } from "./validate.ts";
import { wholeNetwork } from "./wholeNetwork.ts";

/** What a session needs of its surroundings. */
export interface Host {
  report(report: Report): void;
  readImages(choice: DataChoice): Promise<ImageSets>;
  /** Lets messages arrive that wait. */
  breathe(): Promise<void>;
}

/** Before there are images: those of digits. */
const DIGITS: Task = { imageShape: [1, 28, 28], classes: 10 };
const PROGRESS_MS = 100;
const PICTURES_MS = 500;
/** Bytes of a model's file at most; that of the largest network has a third. */
const LARGEST_MODEL = 2 ** 26;

/**
 * The training behind the page. Requests wait in line and are answered one after the other, between two steps, so that
 * pauses, looks and drawings change no bit of the weights.
 */
export class Session {
  readonly #host: Host;
  readonly #line: Request[] = [];
  #wake: (() => void) | null = null;
  #sets: ImageSets | null = null;
  #training: Training | null = null;
  #isRunning = false;
  /** Steps that were asked for one by one. */
  #wanted = 0;
  /** The step whose weights were validated last. */
  #validated = -1;
  #image = 0;
  #steps: StepNumbers[] = [];
  /** When the last step ended, the page was told, and shown; in ms. */
  #ended = 0;
  #told = 0;
  #shown = 0;
  /** Since the page was told: time in steps, in ms, and images. */
  #busy = 0;
  #seen = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Puts a request in line. */
  post(request: Request): void {
    this.#line.push(request);
    this.#wake?.();
  }

  /** Answers requests until the program ends. */
  async serve(): Promise<never> {
    this.#host.report({ kind: "state", state: "empty" });
    for (;;) {
      const [training, sets] = [this.#training, this.#sets];
      if (training && !training.isOver) await this.#train(training);
      else await this.#answerNext();
      if (training && training !== this.#training) releaseModel(training.model);
      if (sets && sets !== this.#sets) releaseImages(sets);
    }
  }

  /** Trains until the last epoch, or until another training takes this one's place. */
  async #train(training: Training): Promise<void> {
    const { loader, recipe } = training;
    while (loader.epoch < recipe.epochs) {
      for await (const batch of loader) {
        if (!(await this.#mayGoOn(training))) return;
        this.#step(training, () => training.learn(batch), batch.labels.size);
        if (training.isOver) return;
        await this.#host.breathe();
      }
      if (!(await this.#validate(training, () => this.#training === training))) return;
    }
    this.#end(training);
  }

  /** Answers what waits, and waits where nothing is to be done; whether the training still goes on. */
  async #mayGoOn(training: Training): Promise<boolean> {
    for (;;) {
      while (this.#line.length > 0) await this.#answer(this.#line.shift()!);
      if (this.#training !== training) return false;
      if (this.#isRunning || this.#wanted > 0) return true;
      const isIdle = () => this.#training === training && !this.#isRunning && this.#wanted === 0;
      if (this.#validated !== training.step) await this.#validate(training, isIdle);
      else await this.#answerNext();
      this.#ended = performance.now();
    }
  }

  async #answerNext(): Promise<void> {
    if (this.#line.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    await this.#answer(this.#line.shift()!);
  }

  async #answer(request: Request): Promise<void> {
    try {
      await this.#do(request);
    } catch (error) {
      this.#fail(request.kind, error);
    }
  }

  #fail(request: Request["kind"], error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#host.report({ kind: "failed", request, message });
    if (!(error instanceof ConvgradError)) console.error(error);
  }

  #do(request: Request): void | Promise<void> {
    switch (request.kind) {
      case "data":
        return this.#load(request.choice);
      case "describe": {
        const { rows, parameters } = describeNetwork(request.recipe.layers, this.#task);
        return this.#host.report({ kind: "described", rows, parameters });
      }
      case "reset":
        return this.#reset(request.recipe);
      case "run":
      case "step": {
        const { isOver, recipe } = this.#present(request.kind);
        if (isOver) {
          throw new ValueError(
            request.kind,
            `the training of ${recipe.epochs} epochs is over; reset to begin anew, with more epochs or another seed`,
          );
        }
        this.#ended = performance.now();
        this.#isRunning = request.kind === "run";
        this.#wanted = this.#isRunning ? 0 : this.#wanted + 1;
        return this.#state();
      }
      case "pause":
        this.#isRunning = false;
        this.#wanted = 0;
        if (this.#training) this.#tell(this.#training);
        return this.#state();
      case "watch":
        this.#image = request.image;
        return this.#show(this.#present("watch"));
      case "classify": {
        const probabilities = classify(this.#present("classify"), request.pixels);
        return this.#host.report({ kind: "classified", probabilities });
      }
      case "save":
        return this.#save(request.as);
      case "open":
        return this.#open(request.file);
    }
  }

  get #task(): Task {
    return this.#sets ? taskOf(this.#sets) : DIGITS;
  }

  #present(operation: string): Training {
    if (this.#training) return this.#training;
    throw new ValueError(operation, "there is no network yet; choose images and reset");
  }

  async #load(choice: DataChoice): Promise<void> {
    const sets = await this.#host.readImages(choice);
    const { name, source, classes, imageShape, train, validation } = sets;
    this.#sets = sets;
    this.#image = 0;
    this.#host.report({
      kind: "data",
      choice,
      name,
      source,
      train: train.labels.size,
      validation: validation.labels.size,
      classes,
      imageShape,
      samples: samplesOf(sets),
    });
    this.#training = null;
    this.#isRunning = false;
    this.#state();
  }

  #reset(recipe: Recipe): void {
    const sets = this.#images("reset");
    const build = () => wholeNetwork(recipe, taskOf(sets));
    this.#begin(
      seeded(recipe.seed, () => new Training(recipe, sets, build())),
      false,
    );
  }

  #images(operation: string): ImageSets {
    if (this.#sets) return this.#sets;
    throw new ValueError(operation, "there are no images yet; choose some");
  }

  #begin(training: Training, isOpened: boolean): void {
    this.#host.report({ kind: "begun", recipe: training.recipe, isOpened });
    this.#training = training;
    this.#isRunning = false;
    this.#wanted = 0;
    this.#validated = -1;
    this.#steps = [];
    this.#busy = 0;
    this.#seen = 0;
    this.#ended = performance.now();
    this.#state();
    this.#show(training);
  }

  async #open(file: File): Promise<void> {
    const sets = this.#images("open");
    if (file.size > LARGEST_MODEL) {
      throw new ValueError(
        "open",
        `${file.name} is too large for a model of this page; choose another file`,
        {
          bytes: file.size,
        },
      );
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    const { model, layers } = openModel(bytes, file.name, taskOf(sets));
    const settings = this.#training?.recipe ?? recipeOf(readState(RECIPE_FIELDS, NOTHING));
    const recipe = { ...settings, layers };
    this.#begin(
      seeded(recipe.seed, () => new Training(recipe, sets, model)),
      true,
    );
  }

  async #save(as: "safetensors" | "onnx"): Promise<void> {
    const { model, sets, step } = this.#present("save");
    const metadata = { classes: JSON.stringify(sets.classes), images: sets.name };
    const bytes = await (as === "onnx"
      ? exportOnnx(model, sets.imageShape)
      : encodeModel(model, { metadata }));
    const title = sets.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    const name = `${title}-step-${step}.${as}`;
    this.#host.report({ kind: "saved", name, bytes: bytes as Uint8Array<ArrayBuffer>, step });
  }

  #step(training: Training, learn: () => StepNumbers, images: number): void {
    try {
      this.#steps.push(learn());
    } catch (error) {
      this.#end(training);
      this.#fail("run", error);
      return;
    }
    const now = performance.now();
    this.#busy += now - this.#ended;
    this.#seen += images;
    this.#ended = now;
    const isSingle = !this.#isRunning;
    if (isSingle) this.#wanted--;
    if (isSingle || now - this.#told > PROGRESS_MS) this.#tell(training);
    if (isSingle || now - this.#shown > PICTURES_MS) this.#show(training);
  }

  #end(training: Training): void {
    training.isOver = true;
    this.#isRunning = false;
    this.#wanted = 0;
    this.#tell(training);
    this.#show(training);
    this.#state();
  }

  #state(): void {
    const training = this.#training;
    const waiting = training?.isOver ? "done" : training ? "paused" : "empty";
    this.#host.report({ kind: "state", state: this.#isRunning ? "running" : waiting });
  }

  /** The steps since the last time. */
  #tell(training: Training): void {
    this.#told = performance.now();
    if (this.#steps.length === 0) return;
    this.#host.report({
      kind: "progress",
      steps: this.#steps,
      stepsPerEpoch: training.loader.length,
      speed: (1000 * this.#seen) / this.#busy,
      gradientNorms: training.gradientNorms(),
    });
    this.#steps = [];
    this.#busy = 0;
    this.#seen = 0;
  }

  #show(training: Training): void {
    const last = training.sets.validation.labels.size - 1;
    const image = Math.min(Math.max(Math.trunc(this.#image) || 0, 0), last);
    this.#host.report(lookAt(training, image));
    this.#shown = performance.now();
  }

  /** Validates as long as `isWanted`; whether it came to the end. Requests are answered meanwhile. */
  async #validate(training: Training, isWanted: () => boolean): Promise<boolean> {
    this.#tell(training);
    const between = async () => {
      await this.#host.breathe();
      while (this.#line.length > 0) await this.#answer(this.#line.shift()!);
      return isWanted();
    };
    const found = await validate(training, between);
    if (!found) return false;
    this.#validated = training.step;
    this.#host.report(found);
    this.#ended = performance.now();
    return true;
  }
}

const NOTHING = new URLSearchParams();
const taskOf = ({ imageShape, classes }: ImageSets): Task => ({
  imageShape,
  classes: classes.length,
});
