import { ConvgradError, gradients, noGrad, scope, type Tensor } from "@convgrad/core";
import { avgPool, conv2d, maxPoolWithIndices, mse } from "@convgrad/layers";
import { expect } from "vitest";
import {
  correlate,
  correlateAsAnswered,
  correlateAsAsked,
  filterGradient,
} from "../../../examples/lessons/question.ts";
import { image, plane } from "../../lessons/article.ts";
import { expectNumbers } from "../../oracle/closeness.ts";
import { expectClose, type GoldenTensor, type NamedCase, toTensor } from "../format.ts";
import { plan, type Runner, type Suite } from "../suite.ts";

type Named<T> = Readonly<Record<string, T>>;

/** One layer of the article: xˡ → oˡ = f(xˡ) → xˡ⁺¹ = oˡ ⊗ w + b, E = ½ Σ (t − xˡ⁺¹)². */
interface ArticleCase extends NamedCase {
  readonly config: { readonly f: string; readonly k1: number; readonly k2: number };
  readonly inputs: Named<GoldenTensor>;
  readonly outputs: Named<GoldenTensor> & { readonly E_eq9: number };
  readonly grads: Named<GoldenTensor>;
  /** What eq. (22) gives when its `*` is read as a true convolution. */
  readonly traps: Named<GoldenTensor>;
}

const activations: Record<string, (x: Tensor) => Tensor> = {
  identity: (x) => x,
  relu: (x) => x.relu(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
};

const article: Runner<ArticleCase> = (c, float, tolerance) => {
  const read = (name: string, requiresGrad = false) =>
    toTensor(c.inputs[name]!, float, requiresGrad);
  const [x, w, b] = [read("x_l", true), read("w", true), read("b", true)];
  const target = read("target");
  const close = (what: string, actual: Tensor, expected: GoldenTensor) =>
    expectClose(what, actual, expected, tolerance);

  const o = activations[c.config.f]!(x);
  const next = plane(conv2d(image(o), image(w), b));
  const error = mse(next, target, { reduction: "halfSum" });
  close("oˡ", o, c.outputs["o_l"]!);
  close("xˡ⁺¹", next, c.outputs["x_next"]!);
  expectNumbers("E, eq. (9)", error.toTypedArray(), [c.outputs.E_eq9], tolerance);

  const [delta, dw, dx, db] = gradients(error, [next, w, x, b], { retainGraph: true });
  close("δ", delta!, c.outputs["delta"]!);
  close("∂E/∂w, eq. (13)", dw!, c.grads["eq13_dW"]!);
  close("∂E/∂x, eq. (20)", dx!, c.grads["eq20_dX"]!);
  close("∂E/∂b", db!, c.grads["dB"]!);

  // Eq. (14): a true convolution of o with rot180 δ rotates δ a second time.
  const rotated = (k: Tensor) => image(k.flip());
  const eq14 = conv2d(image(o), rotated(delta!), null, { flip: true });
  close("eq. (14)", plane(eq14), c.grads["eq14_dW_conv_of_o_with_rot180_delta"]!);

  // Eq. (22), read as a full cross-correlation, and read to the letter. f'(x) stands outside.
  const full = { padding: [c.config.k1 - 1, c.config.k2 - 1] as [number, number] };
  const slope = c.config.f !== "identity" ? gradients(o.sum(), [x])[0]! : 1;
  const right = plane(conv2d(image(delta!), rotated(w), null, full)).mul(slope);
  const literal = plane(conv2d(image(delta!), rotated(w), null, { ...full, flip: true }));
  close("eq. (22)", right, c.grads["eq22_dX_full_correlation_of_delta_with_rot180_w"]!);
  close(
    "eq. (22) to the letter",
    literal.mul(slope),
    c.traps["eq22_read_literally_full_CONVOLUTION_with_rot180_w"]!,
  );
};

interface QuestionCase extends NamedCase {
  readonly config: { readonly stride: number; readonly padding: number };
  readonly inputs: { readonly [k in "I" | "F" | "target"]: GoldenTensor };
  readonly outputs: {
    readonly O_eq1: GoldenTensor;
    readonly err: number;
    readonly dO: GoldenTensor;
  };
  readonly grads: { readonly dF_eq2: GoldenTensor; readonly dI: GoldenTensor };
  /** The mistaken programs; only for square images. */
  readonly question_code?: {
    readonly "forward_as_asked_f[y][x]": GoldenTensor | "TypeError";
    readonly "forward_after_the_answer_f[j][i]": GoldenTensor;
    readonly answer_equals_eq1: boolean;
  };
}

const question: Runner<QuestionCase> = (c, float, tolerance) => {
  const [I, F] = [toTensor(c.inputs.I, float, true), toTensor(c.inputs.F, float, true)];
  const target = toTensor(c.inputs.target, float);
  const { stride, padding } = c.config;
  const O = plane(conv2d(image(I), image(F), null, { stride, padding }));
  const error = mse(O, target, { reduction: "halfSum" });
  expectClose("O, eq. (1)", O, c.outputs.O_eq1, tolerance);
  expectNumbers("E", error.toTypedArray(), [c.outputs.err], tolerance);
  const [dO, dF, dI] = gradients(error, [O, F, I]);
  expectClose("∂E/∂O", dO!, c.outputs.dO, tolerance);
  expectClose("∂E/∂F, eq. (2)", dF!, c.grads.dF_eq2, tolerance);
  expectClose("∂E/∂I", dI!, c.grads.dI, tolerance);
  expectClose(
    "eq. (2) spelled out",
    filterGradient(I, dO!, F, c.config),
    c.grads.dF_eq2,
    tolerance,
  );

  const code = c.question_code;
  if (!code) return;
  const asked = code["forward_as_asked_f[y][x]"];
  if (asked === "TypeError") {
    expect(() => correlateAsAsked(I, F, c.config)).toThrow(ConvgradError);
  } else {
    expectClose("as asked", correlateAsAsked(I, F, c.config), asked, tolerance);
  }
  const answered = correlateAsAnswered(I, F, c.config);
  expectClose("as answered", answered, code["forward_after_the_answer_f[j][i]"], tolerance);
  const gap = answered.sub(O).abs().max().item();
  expect(gap < 1e-5).toBe(code.answer_equals_eq1);
};

interface TraceCase extends NamedCase {
  readonly config: { readonly stride: number; readonly padding: number; readonly lr: number };
  readonly inputs: { readonly [k in "I" | "F0" | "target"]: GoldenTensor };
  readonly as_asked: {
    readonly errors_first_steps: number[];
    readonly lowest_error_at_step: number;
    readonly steps_until_error_over_1e12_or_end: number;
    readonly last_error: number;
  };
  readonly right_forward_eq1: {
    readonly errors_first_steps: number[];
    readonly error_at: [step: number, error: number][];
    readonly final_filter: GoldenTensor;
    readonly steps: number;
  };
}

/** Gradient descent with eq. (2) through a forward; the error before each step, and the last filter. */
function descend(c: TraceCase, forward: typeof correlate, steps: number): [number[], Tensor] {
  const [I, target] = [toTensor(c.inputs.I, "float64"), toTensor(c.inputs.target, "float64")];
  const F = toTensor(c.inputs.F0, "float64");
  const errors: number[] = [];
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const O = forward(I, F, c.config);
      errors.push(mse(O, target, { reduction: "halfSum" }).item());
      const dF = filterGradient(I, O.sub(target), F, c.config);
      noGrad(() => F.assign(F.sub(dF.mul(c.config.lr))));
    });
  }
  return [errors, F];
}

const trace: Runner<TraceCase> = (c, _, tolerance) => {
  const { as_asked: asked, right_forward_eq1: right } = c;
  const [up] = descend(c, correlateAsAsked, asked.steps_until_error_over_1e12_or_end);
  const first = asked.errors_first_steps;
  expectNumbers("errors as asked", up.slice(0, first.length), first, tolerance);
  expect(up.indexOf(Math.min(...up))).toBe(asked.lowest_error_at_step);
  expectNumbers("last error as asked", up.slice(-1), [asked.last_error], tolerance);

  const [down, F] = descend(c, correlate, right.steps);
  const begin = right.errors_first_steps;
  expectNumbers("errors of eq. (1)", down.slice(0, begin.length), begin, tolerance);
  for (const [step, error] of right.error_at)
    expectNumbers(`error at step ${step}`, [down[step]!], [error], tolerance);
  expectClose("the filter at the end", F, right.final_filter, tolerance);
};

interface PoolingCase extends NamedCase {
  readonly config: { readonly N: number };
  readonly inputs: { readonly x: GoldenTensor };
  readonly upstream: { readonly y: GoldenTensor };
  readonly outputs: {
    readonly max: GoldenTensor;
    readonly avg: GoldenTensor;
    readonly winners_flat_index: number[];
  };
  readonly grads: { readonly max: GoldenTensor; readonly avg: GoldenTensor };
}

const pooling: Runner<PoolingCase> = (c, float, tolerance) => {
  const x = toTensor(c.inputs.x, float, true);
  const gradient = toTensor(c.upstream.y, float);
  const { y: max, indices } = maxPoolWithIndices(x, c.config.N);
  const avg = avgPool(x, c.config.N);
  expectClose("max", max, c.outputs.max, tolerance);
  expectClose("avg", avg, c.outputs.avg, tolerance);
  expect([...indices.toTypedArray()]).toEqual(c.outputs.winners_flat_index);
  expectClose("max-routed", gradients(max, [x], { gradient })[0]!, c.grads.max, tolerance);
  expectClose("avg-spread", gradients(avg, [x], { gradient })[0]!, c.grads.avg, tolerance);
};

type SeedCase = ArticleCase | QuestionCase | TraceCase | PoolingCase;

/** The equations of the article and of the question, and the question's training traces. */
export const seedEquations: Suite = plan<SeedCase>(
  "seed_equations.json",
  ({ op }) => {
    const inEach = <C extends SeedCase>(run: Runner<C>) => run as Runner<SeedCase>;
    switch (op) {
      case "article_conv_layer":
        return inEach(article);
      case "question_correlation":
        return inEach(question);
      case "question_training_trace":
        return inEach(trace);
      case "article_pooling":
        return inEach(pooling);
      default:
        return `no ${op} yet`;
    }
  },
  // A trace amplifies rounding, so it is followed in float64 only.
  ({ op }) => (op === "question_training_trace" ? ["float64"] : ["float64", "float32"]),
);
