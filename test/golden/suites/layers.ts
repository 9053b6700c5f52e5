import {
  avgPool,
  conv2d,
  crossEntropy,
  dense,
  lpPool,
  type MseReduction,
  maxPoolWithIndices,
  mse,
  relu,
  softmax,
} from "@convgrad/layers";
import { planSentences, type Sentence, type Suite } from "../suite.ts";

const sentences: Record<string, Sentence> = {
  conv2d: ({ x, w, b }, { stride, padding, dilation, groups }) =>
    conv2d(x, w, b, { stride, padding, dilation, groups }),
  max_pool2d: ({ x }, { kernel, stride, padding, dilation, ceil_mode: ceilMode }) => ({
    ...maxPoolWithIndices(x, kernel!, { stride, padding, dilation, ceilMode }),
  }),
  avg_pool2d: ({ x }, { kernel, stride, padding, ...rest }) =>
    avgPool(x, kernel!, {
      stride,
      padding,
      ceilMode: rest.ceil_mode,
      countIncludePad: rest.count_include_pad,
      divisorOverride: rest.divisor_override ?? undefined,
    }),
  // In ceil mode ours is the plain norm of the cells present, the files' `y`, not `y_torch_ceil`.
  lp_pool2d: ({ x }, { p, kernel, stride, padding, ceil_mode: ceilMode }) =>
    lpPool(x, p!, kernel!, { stride, padding, ceilMode }),
  linear: ({ x, w, b }) => dense(x, w.transpose(), b), // theirs is [out, in]
  relu: ({ x }) => relu(x),
  flatten: ({ x }, { start_dim }) => x.flatten(start_dim),
  dropout_given_mask: ({ x, mask }, { p }) => x.mul(mask).div(1 - p!),
  softmax: ({ x }, { dim }) => softmax(x, dim),
  log_softmax: ({ x }, { dim }) => x.logSoftmax(dim),
  cross_entropy: ({ logits, target, weight }, config) =>
    crossEntropy(logits, target, {
      reduction: config.reduction as "mean" | "sum" | "none",
      labelSmoothing: config.label_smoothing,
      ignoreIndex: config.ignore_index,
      weight,
    }),
  mse: ({ y, t }, { reduction }) => {
    const ours: MseReduction = reduction === "half_sum" ? "halfSum" : reduction!;
    return mse(y, t, { reduction: ours });
  },
};

const suiteOf = (file: string): Suite =>
  planSentences(file, ({ op }) => sentences[op] ?? `no ${op} operation yet`);

/** Convolution, pooling, dense layers and losses. */
export const layers: readonly Suite[] = [
  "conv2d.json",
  "max_pool2d.json",
  "avg_pool2d.json",
  "lp_pool2d.json",
  "dense.json",
  "softmax_cross_entropy.json",
  "mse.json",
].map(suiteOf);
