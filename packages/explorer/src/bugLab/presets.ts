import { linkTo } from "../address/useAddress.ts";
import type { Preset } from "../examples/preset.ts";
import { QUESTION, type QuestionName } from "../golden/question.ts";
import { type BugLabState, FIELDS } from "./fields.ts";

const link = (part: Partial<BugLabState>) => linkTo("bugs", FIELDS, part);

/** The state that shows a golden case. */
function golden(name: QuestionName, part: Partial<BugLabState>): string {
  const { stride, padding, image, filter, target } = QUESTION[name];
  const numbers = { image: image.values, filter: filter.values, target: target.values };
  return link({ stride, padding, side: image.rows, k: filter.rows, ...numbers, ...part });
}

/** A golden training: as far as the mistaken one passes 1e12. */
const trace = (name: QuestionName, steps: number) => golden(name, { lr: 0.02, steps, step: steps });

/** A golden forward pass, before any step. */
const forward = (name: QuestionName, lab: BugLabState["lab"]) => golden(name, { lab, step: 0 });

/** States of the bug lab worth a link. */
export const presets: readonly Preset[] = [
  {
    id: "diverging-forward",
    title: "It starts descending, then goes up and never stops",
    rows: [3, 4, 42],
    href: link({ step: 300 }),
    text: "The question's mistake and the right forward learn the same target with the same gradient.",
  },
  {
    id: "half-right-answer",
    title: "The accepted answer is not enough",
    rows: [5],
    href: link({ lab: "answered", stride: 2, step: 300 }),
    text: "f[j][i] is right at stride 1. At stride 2 gradcheck is red, and the error still runs away.",
  },
  {
    id: "stride-mended",
    title: "The stride where it belongs",
    rows: [5, 9],
    href: link({ lab: "mended", stride: 2, step: 300 }),
    text: "gradcheck is green at strides 1, 2 and 3, and training converges at each.",
  },
  {
    id: "past-the-filter",
    title: "Padding 1: reading past the filter",
    rows: [6],
    href: link({ padding: 1 }),
    text: "First NaN, then a TypeError in plain arrays; here an error that names the mistake.",
  },
  {
    id: "erratum",
    title: "The article's equations (21) and (22)",
    rows: [26],
    href: link({ lab: "mended", step: 0, more: "erratum" }),
    text: "Further down: as printed they are not eq. (20), corrected they are.",
  },
  {
    id: "loss-reductions",
    title: "Half sum, sum, mean",
    rows: [8],
    href: link({ lab: "mended", reduction: "mean", step: 10, more: "loss" }),
    text: "Further down: the same y and t, three reductions, three gradients: y − t only for the half sum.",
  },
  {
    id: "gradient-and-weight",
    title: "Is the gradient the new weight?",
    rows: [22],
    href: link({ lab: "mended", step: 1, more: "update" }),
    text: "Further down: the weight before, lr times the gradient, and the weight after, in a row.",
  },
  {
    id: "trace_3x3_f2_s1_p0",
    title: "Training trace: 3×3, filter 2×2",
    rows: [3, 4],
    href: trace("trace_3x3_f2_s1_p0", 402),
    text: "Golden numbers: lowest at step 14, above 1e12 at step 402.",
  },
  {
    id: "trace_3x3_f3_s1_p1",
    title: "Training trace: 3×3, filter 3×3, padding 1",
    rows: [3, 4],
    href: trace("trace_3x3_f3_s1_p1", 306),
    text: "Golden numbers: lowest at step 11, above 1e12 at step 306.",
  },
  {
    id: "trace_5x5_f3_s2_p1",
    title: "Training trace: 5×5, filter 3×3, stride 2, padding 1",
    rows: [4, 5],
    href: trace("trace_5x5_f3_s2_p1", 143),
    text: "Golden numbers: lowest at step 7, above 1e12 at step 143.",
  },
  {
    id: "q_5x5_f3_s1_p0",
    title: "One forward pass: 5×5, filter 3×3",
    rows: [1, 3],
    href: forward("q_5x5_f3_s1_p0", "asked"),
    text: "The same x and w through the mistaken forward and through eq. (1).",
  },
  {
    id: "q_3x3_f3_s1_p1",
    title: "One forward pass: padding 1, and the answer holds",
    rows: [3, 5],
    href: forward("q_3x3_f3_s1_p1", "answered"),
    text: "At stride 1 the answer's forward equals eq. (1), padding or not.",
  },
  {
    id: "q_5x5_f3_s2_p0",
    title: "One forward pass at stride 2: the answer differs",
    rows: [1, 5],
    href: forward("q_5x5_f3_s2_p0", "answered"),
    text: "A window with holes: a dilation where a stride was meant.",
  },
  {
    id: "q_5x5_f3_s2_p1",
    title: "One forward pass at stride 2, padding 1",
    rows: [1, 5, 9],
    href: forward("q_5x5_f3_s2_p1", "answered"),
    text: "The padding moves both windows alike; the stride does not.",
  },
  {
    id: "q_7x7_f3_s3_p1",
    title: "One forward pass at stride 3, mended",
    rows: [1, 9],
    href: forward("q_7x7_f3_s3_p1", "mended"),
    text: "u·s + i: eq. (1), and its gradient is eq. (2).",
  },
  {
    id: "q_4x4_f4_s1_p2",
    title: "A 5×5 output of a 4×4 filter",
    rows: [6],
    href: forward("q_4x4_f4_s1_p2", "asked"),
    text: "The mistaken index leaves the filter in the last row and column.",
  },
  {
    id: "q_6x6_f2_s1_p0_code_throws",
    title: "A 5×5 output of a 2×2 filter",
    rows: [6],
    href: forward("q_6x6_f2_s1_p0_code_throws", "asked"),
    text: "Without any padding too: the output only has to be larger than the filter.",
  },
];
