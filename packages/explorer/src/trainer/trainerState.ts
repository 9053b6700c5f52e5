import { type Curve, EMPTY_CURVE, extendCurve } from "./curve.ts";
import type { LayerRow, Report, Request } from "./protocol.ts";
import type { Recipe } from "./recipe.ts";

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
  /** The recipe of a model that was asked for and is not there yet. */
  readonly awaited: Recipe | null;
  /** The recipe of the model that was opened last. */
  readonly opened: Recipe | null;
  readonly curve: Curve;
  readonly progress: Of<"progress"> | null;
  readonly validations: readonly Of<"validated">[];
  /** The gradient norms over the reports so far. */
  readonly norms: readonly NormsAt[];
  readonly pictures: Of<"pictures"> | null;
  readonly classified: readonly number[] | null;
  /** Why the last request of a kind failed. */
  readonly failures: Partial<Record<Request["kind"], string>>;
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
} as const;

/** Before the worker has said anything. */
export const SILENCE: TrainerState = {
  ready: null,
  data: null,
  rows: [],
  parameters: 0,
  state: "empty",
  trained: null,
  awaited: null,
  opened: null,
  ...NOTHING_LEARNED,
  pictures: null,
  classified: null,
  failures: {},
};

/** The state when a request was posted. */
export function asked(state: TrainerState, request: Request): TrainerState {
  const { [request.kind]: _, ...failures } = state.failures;
  const awaited = request.kind === "reset" ? request.recipe : state.awaited;
  return { ...state, failures, awaited };
}

/** The state when a report has come. */
export function heard(state: TrainerState, report: Report): TrainerState {
  switch (report.kind) {
    case "ready":
      return { ...state, ready: report };
    case "data":
      return { ...state, data: report, trained: null, pictures: null, classified: null };
    case "described":
      return { ...state, rows: report.rows, parameters: report.parameters };
    case "state":
      // A new model is there; what came of the old one after the request is forgotten too.
      return state.awaited && report.state === "paused"
        ? { ...state, ...NOTHING_LEARNED, ...begun(state.awaited), state: report.state }
        : { ...state, state: report.state };
    case "opened":
      return { ...state, ...NOTHING_LEARNED, ...begun(report.recipe), opened: report.recipe };
    case "progress":
      return progressed(state, report);
    case "validated":
      return { ...state, validations: [...state.validations, report].slice(-MOST_VALIDATIONS) };
    case "pictures":
      return { ...state, pictures: report };
    case "classified":
      return { ...state, classified: report.probabilities };
    case "saved":
      return state;
    case "failed": {
      const failures = { ...state.failures, [report.request]: report.message };
      return { ...state, failures, awaited: report.request === "reset" ? null : state.awaited };
    }
  }
}

const begun = (trained: Recipe) => ({ trained, awaited: null });

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

/** Whether nothing would be lost by a new model: this one has neither learned nor been opened. */
export function isUntaught(state: TrainerState): boolean {
  return stepOf(state) === 0 && (state.trained === null || state.trained !== state.opened);
}
