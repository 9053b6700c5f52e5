import { linkTo } from "../address/useAddress.ts";
import type { Preset } from "../examples/preset.ts";
import { ARTICLE, type ArticleName } from "../golden/article.ts";
import { FIELDS, type Part, type State, stateOf } from "./fields.ts";

const at = (part: Part, state: Partial<State> = {}) => linkTo("flips", FIELDS, { ...state, part });
const layer = (part: Part, name: ArticleName, state: Partial<State> = {}) =>
  at(part, { ...stateOf(ARTICLE[name]), ...state });

/** States of this view that are worth a link. */
export const presets: readonly Preset[] = [
  {
    id: "flips-products",
    title: "⊗ and ∗ side by side",
    rows: [11],
    href: at("products", { pin: { on: "y", at: [1, 1] } }),
    text: "The same x and w: cross-correlation slides the kernel as it is, convolution turns it first.",
  },
  {
    id: "flips-symmetric",
    title: "A symmetric kernel",
    rows: [11],
    href: at("products", { w: [1, 2, 1, 2, 4, 2, 1, 2, 1] }),
    text: "Half a turn leaves it alone, so both products agree.",
  },
  {
    id: "flips-eq13-eq14",
    title: "Eq. (13) = eq. (14)",
    rows: [20],
    href: layer("weights", "article_4x4_k2_relu_integers", { pin: { on: "w", at: [1, 0] } }),
    text: "The filter gradient as a sum and as a convolution with rot180 δ: one matrix, error 0.",
  },
  {
    id: "flips-weights-5x5",
    title: "The filter gradient of a 3 × 3 kernel",
    rows: [20],
    href: layer("weights", "article_5x5_k3_relu"),
    text: "The same identity with fractions, through ReLU.",
  },
  {
    id: "flips-weights-full",
    title: "A kernel as large as its input",
    rows: [20],
    href: layer("weights", "article_3x3_k3_full_kernel"),
    text: "One output, one δ: the gradient is the input itself, scaled.",
  },
  {
    id: "flips-cases",
    title: "Who is turned when",
    rows: [21],
    href: layer("cases", "article_5x5_k3_identity"),
    text: "Forward ⊗ or ∗, gradient of the weights or of the input: four formulas, checked live.",
  },
  {
    id: "flips-eq20",
    title: "Eq. (20) as three heat maps",
    rows: [25],
    href: layer("input", "article_6x5_k3x2_tanh", { pin: { on: "x", at: [3, 2] } }),
    text: "δ ∗ w, the slope of tanh, and their product.",
  },
  {
    id: "flips-eq20-relu",
    title: "Eq. (20) through ReLU",
    rows: [25],
    href: layer("input", "article_4x4_k2_relu_integers"),
    text: "Where x ≤ 0 the slope is 0, and the error ends there.",
  },
  {
    id: "flips-eq20-sigmoid",
    title: "Eq. (20) through a sigmoid",
    rows: [25],
    href: layer("input", "article_4x7_k2x4_sigmoid"),
    text: "The slope is never above ¼: error shrinks from layer to layer.",
  },
  {
    id: "flips-eq20-large",
    title: "Eq. (20) with a 5 × 5 kernel",
    rows: [25],
    href: layer("input", "article_8x8_k5_sigmoid"),
    text: "Every output sees most of the input, so region Q is large.",
  },
  {
    id: "flips-erratum",
    title: "Erratum of eq. (21) and (22)",
    rows: [26],
    href: layer("erratum", "article_4x4_k2_relu_integers"),
    text: "Read to the letter, both differ from eq. (20). Corrected, both are it.",
  },
  {
    id: "flips-erratum-hidden",
    title: "How the erratum stays unseen",
    rows: [26],
    href: layer("erratum", "article_5x5_k1"),
    text: "A kernel that half a turn leaves alone: eq. (22) agrees by chance.",
  },
  {
    id: "flips-integers",
    title: "Erratum without an activation",
    rows: [26],
    href: layer("erratum", "article_3x3_k2_identity_integers"),
    text: "Nine whole numbers, small enough for pencil and paper.",
  },
  {
    id: "flips-chain",
    title: "δ through three layers",
    rows: [27],
    href: at("chain", { pin: { on: "m0", at: [4, 4] } }),
    text: "One pixel's error, traced through every layer to the loss.",
  },
  {
    id: "flips-twins",
    title: "Twin training",
    rows: [12],
    href: at("twins", { steps: 200 }),
    text: "One net flips, one does not: the same loss at every step, to the bit.",
  },
];
