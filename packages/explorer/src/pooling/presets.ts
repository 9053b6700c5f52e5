import { linkTo } from "../address/useAddress.ts";
import type { Preset } from "../examples/preset.ts";
import type { PoolingName } from "../golden/pooling.ts";
import { FIELDS, type State } from "./fields.ts";
import { goldenState } from "./golden.ts";

const at = (state: Partial<State>) => linkTo("pooling", FIELDS, { padding: [0, 0], ...state });
const golden = (name: PoolingName, state: Partial<State> = {}) =>
  at({ ...goldenState(name), ...state });

/** States of this view that are worth a link. */
export const presets: readonly Preset[] = [
  {
    id: "pooling-max",
    title: "Max pooling 2 × 2",
    rows: [31, 34],
    href: golden("seed_equations/pool_4x4_n2", { pin: { on: "y", at: [0, 1] } }),
    text: "Each δ goes to the winning unit of its window, whole.",
  },
  {
    id: "pooling-average",
    title: "Average pooling 3 × 3",
    rows: [32, 34],
    href: golden("seed_equations/pool_6x6_n3", { pin: { on: "y", at: [0, 0] } }),
    text: "Each of nine cells gets a ninth of δ.",
  },
  {
    id: "pooling-l2",
    title: "L2 pooling",
    rows: [33, 34],
    href: golden("lp_pool2d/p2_k2", { pin: { on: "y", at: [1, 0] } }),
    text: "Each cell gets δ in proportion to its part in the norm, x/y.",
  },
  {
    id: "pooling-l2-zero",
    title: "L2 pooling over zeros",
    rows: [33],
    href: golden("lp_pool2d/p2_zero_window_forward_only", { pin: { on: "y", at: [0, 0] } }),
    text: "The norm is 0 there, and so is the gradient: no NaN.",
  },
  {
    id: "pooling-l2-overlap",
    title: "L2 pooling with overlap",
    rows: [33],
    href: golden("lp_pool2d/p2_k3s1", { pin: { on: "x", at: [2, 2] } }),
    text: "The middle cell is in nine windows, and gets a part of each δ.",
  },
  {
    id: "pooling-tie",
    title: "Ties after a ReLU",
    rows: [31],
    href: golden("max_pool2d/ties_after_relu_zeros", { pin: { on: "y", at: [1, 1] } }),
    text: "Many zeros are the largest of their window: the first in reading order wins.",
  },
  {
    id: "pooling-ties-overlap",
    title: "Nothing but ties",
    rows: [31],
    href: golden("max_pool2d/ties_overlap", { pin: { on: "y", at: [1, 1] } }),
    text: "All cells are equal, so every window takes its first.",
  },
  {
    id: "pooling-overlap",
    title: "Overlapping windows add up",
    rows: [31],
    href: golden("max_pool2d/k3s1", { pin: { on: "x", at: [2, 4] } }),
    text: "One unit wins several windows and gets the sum of their δ.",
  },
  {
    id: "pooling-ceil",
    title: "Ceil mode",
    rows: [31],
    href: golden("max_pool2d/k2s3_ceil_last_window_outside_dropped"),
    text: "A last window may overhang the image, but not begin outside.",
  },
  {
    id: "pooling-padding",
    title: "Padding never wins",
    rows: [31],
    href: golden("max_pool2d/negative_input_with_padding", { pin: { on: "y", at: [0, 0] } }),
    text: "All numbers are negative, yet the zeros around them do not count.",
  },
  {
    id: "pooling-dilation",
    title: "A window with holes",
    rows: [31],
    href: golden("max_pool2d/dilation2", { pin: { on: "y", at: [0, 0] } }),
    text: "Dilation 2: every other cell.",
  },
  {
    id: "pooling-axes",
    title: "Height and width apart",
    rows: [31],
    href: golden("max_pool2d/k3x2s2x1p1x0", { pin: { on: "y", at: [1, 1] } }),
    text: "A 3 × 2 window, stride 2 down and 1 across, padding above and below only.",
  },
  {
    id: "pooling-average-axes",
    title: "Average pooling, height and width apart",
    rows: [32],
    href: golden("avg_pool2d/k4x2s3x2p2x1_ceil_nocip", { pin: { on: "y", at: [2, 0] } }),
    text: "A 4 × 2 window; at the borders it divides by the cells that it has.",
  },
  {
    id: "pooling-average-overlap",
    title: "Average pooling with overlap",
    rows: [32],
    href: golden("avg_pool2d/k2s1", { pin: { on: "x", at: [1, 1] } }),
    text: "A cell in four windows gets a quarter of each δ.",
  },
  {
    id: "pooling-count",
    title: "Padding counts",
    rows: [32],
    href: golden("avg_pool2d/k2s3p1_ceil_cip", { pin: { on: "y", at: [0, 0] } }),
    text: "A corner window divides by 4, though three of its cells are padding.",
  },
  {
    id: "pooling-count-not",
    title: "Padding does not count",
    rows: [32],
    href: golden("avg_pool2d/k2s3p1_ceil_nocip", { pin: { on: "y", at: [0, 0] } }),
    text: "A corner window divides by the one cell that it has.",
  },
  {
    id: "pooling-relu",
    title: "Pool and ReLU swapped",
    rows: [35],
    href: at({ part: "swap", kernel: [2, 2], stride: [2, 2] }),
    text: "Pooling routes, ReLU multiplies: both orders give the same values and gradients.",
  },
  {
    id: "pooling-relu-average",
    title: "Average pool and ReLU swapped",
    rows: [35],
    href: at({ part: "swap", kind: "avg", kernel: [2, 2], stride: [2, 2] }),
    text: "A mean mixes its cells, so the order matters.",
  },
  {
    id: "pooling-slope",
    title: "ReLU′(0) = 0",
    rows: [40],
    href: at({
      part: "swap",
      rows: 2,
      columns: 2,
      kernel: [2, 2],
      stride: [2, 2],
      x: [0, -1, 2, -2],
      pin: { on: "x", at: [0, 0] },
    }),
    text: "f and f′ of ReLU, tanh and sigmoid, at any number of x.",
  },
  {
    id: "pooling-shift",
    title: "Shift the input",
    rows: [18],
    href: at({ part: "shift", right: 1 }),
    text: "The map moves along; the pooled map changes less.",
  },
];
