import type { LayerRow } from "../network/layerRow.ts";
import type { Recipe } from "../network/recipe.ts";
import { type Curve, EMPTY_CURVE, extendCurve } from "./curve.ts";
import type { Report, Request } from "./protocol.ts";

type Of<K extends Report["kind"]> = Extract<Report, { readonly kind: K }>;

/** What the page knows of the worker, from all that it asked and heard. */
export interface TrainerState {
  readonly ready: Of<"ready"> | null;
  readonly data: Of<"data"> | null;
  readonly rows: readonly LayerRow[];
  readonly parameters: number;
  readonly state: Of<"state">["state"];
  /** The recipe of the model that trains. */
  readonly trained: Recipe | null;
  /** The recipe of the model that was opened last. */
  readonly opened: Recipe | null;
  readonly curve: Curve;
  readonly progress: Of<"progress"> | null;
  readonly validations: readonly Of<"validated">[];
  /** The gradient norms over the reports so far. */
  readonly norms: readonly NormsAt[];
  /** The step whose weights were saved as a file last; 0 before. */
  readonly savedStep: number;
  readonly pictures: Of<"pictures"> | null;
  readonly classified: readonly number[] | null;
  /** Why the last request of a kind failed. */
  readonly failures: Partial<Record<Request["kind"], string>>;
  /** Why the worker has ended. */
  readonly stopped: string | null;
}

/** The gradient norms at a step. */
export interface NormsAt {
  readonly step: number;
  readonly norms: Of<"progress">["gradientNorms"];
}

/** Points of the norms' history; beyond it every other one goes. */
const MOST_NORMS = 400;
/** Validations that are remembered. */
const MOST_VALIDATIONS = 400;

const NOTHING_LEARNED = {
  curve: EMPTY_CURVE,
  progress: null,
  validations: [],
  norms: [],
  savedStep: 0,
} as const;

/** Before the worker has said anything. */
export const SILENCE: TrainerState = {
  ready: null,
  data: null,
  rows: [],
  parameters: 0,
  state: "empty",
  trained: null,
  opened: null,
  ...NOTHING_LEARNED,
  pictures: null,
  classified: null,
  failures: {},
  stopped: null,
};

/** The state when a request was posted. */
export function asked(state: TrainerState, request: Request): TrainerState {
  const { [request.kind]: _, ...failures } = state.failures;
  return { ...state, failures };
}

/** The state when a report has come. */
export function heard(state: TrainerState, report: Report): TrainerState {
  switch (report.kind) {
    case "ready":
      return { ...state, ready: report };
    case "data":
      return {
        ...{ ...state, ...NOTHING_LEARNED },
        ...{ data: report, trained: null, pictures: null, classified: null },
      };
    case "described":
      return { ...state, rows: report.rows, parameters: report.parameters };
    case "state":
      return { ...state, state: report.state };
    case "begun":
      return begun(state, report);
    case "progress":
      return progressed(state, report);
    case "validated":
      return { ...state, validations: [...state.validations, report].slice(-MOST_VALIDATIONS) };
    case "pictures":
      return { ...state, pictures: report };
    case "classified":
      return { ...state, classified: report.probabilities };
    case "saved":
      return { ...state, savedStep: report.step };
    case "failed":
      return { ...state, failures: { ...state.failures, [report.request]: report.message } };
    case "stopped":
      return { ...state, stopped: report.message };
  }
}

function begun(state: TrainerState, { recipe, isOpened }: Of<"begun">): TrainerState {
  const { run: _, step: __, ...failures } = state.failures; // they were the old model's
  const opened = isOpened ? recipe : state.opened;
  return { ...state, ...NOTHING_LEARNED, failures, trained: recipe, opened };
}

function progressed(state: TrainerState, report: Of<"progress">): TrainerState {
  const step = report.steps.at(-1)?.step ?? state.curve.steps.at(-1) ?? 0;
  const norms =
    report.gradientNorms.length > 0
      ? [...state.norms, { step, norms: report.gradientNorms }]
      : state.norms;
  return {
    ...state,
    progress: report,
    curve: extendCurve(state.curve, report.steps),
    norms: norms.length > MOST_NORMS ? norms.filter((_, i) => i % 2 === 1) : norms,
  };
}

/** The last step that was heard of; 0 before the first. */
export function stepOf(state: TrainerState): number {
  return state.curve.steps.at(-1) ?? 0;
}

/** Whether the training came to the end of its last epoch, and not of its weights. */
export function isComplete({ state, failures }: TrainerState): boolean {
  return state === "done" && !failures.run;
}

/** Whether nothing would be lost by a new model: this one has neither learned nor been opened. */
export function isUntaught(state: TrainerState): boolean {
  return stepOf(state) === 0 && (state.trained === null || state.trained !== state.opened);
}

/** Whether the worker has learned what no file has. */
export function isUnsaved(state: TrainerState): boolean {
  return state.trained !== null && state.stopped === null && stepOf(state) > state.savedStep;
}
