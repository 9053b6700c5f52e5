import { type GradcheckReport, gradcheck, gradients, scope } from "@convgrad/core";
import { mse } from "@convgrad/layers";
import { type Problem, problemOf, type Settings, square, stepAt } from "./descent.ts";
import { type ForwardName, forwards, withEquation2 } from "./forwards.ts";

/** What gradcheck says of a forward pass with the gradient of eq. (2), at one stride. */
export interface Verdict {
  readonly stride: number;
  /** `null` where the forward pass refuses its input. */
  readonly report: GradcheckReport | null;
  /** The library's sentence. */
  readonly message: string;
}

/** gradcheck of E(w), the error of a forward pass whose backward pass is eq. (2), at the first filter. */
export function verdictOf(problem: Problem, name: ForwardName): Verdict {
  const { stride, padding, reduction } = problem;
  return scope(() => {
    const [x, w, t] = [square(problem.image), square(problem.filter), square(problem.target)];
    const operation = withEquation2(name, { stride, padding });
    try {
      const report = gradcheck((v) => mse(operation(x, v), t, { reduction }), [w], {
        throws: false,
      });
      return { stride, report, message: report.message };
    } catch (refused) {
      return { stride, report: null, message: (refused as Error).message };
    }
  });
}

/** The verdicts at strides 1, 2 and 3. */
export function verdictsOf(settings: Settings, name: ForwardName): readonly Verdict[] {
  return [1, 2, 3].map((stride) => verdictOf(problemOf({ ...settings, stride }), name));
}

/** Two gradients of E by the filter [k, k], row by row, and where they differ by more than gradcheck allows. */
export interface Comparison {
  /** By eq. (2). */
  readonly equation2: readonly number[];
  /** Of the forward pass itself, by autograd. */
  readonly own: readonly number[];
  readonly wrong: readonly boolean[];
}

/** The gradient that eq. (2) gives beside the one that the forward pass has. */
export function compare(problem: Problem, name: ForwardName): Comparison {
  const equation2 = stepAt(problem, name, problem.filter).gradient;
  const own = scope(() => {
    const [x, w, t] = [square(problem.image), square(problem.filter), square(problem.target)];
    w.requiresGrad = true;
    const y = forwards[name](x, w, { stride: problem.stride, padding: problem.padding });
    const [gradient] = gradients(mse(y, t, { reduction: problem.reduction }), [w]);
    return Array.from(gradient!.toTypedArray(), Number);
  });
  const wrong = own.map((v, i) => Math.abs(v - equation2[i]!) > 1e-6 + 1e-4 * Math.abs(v));
  return { equation2, own, wrong };
}
