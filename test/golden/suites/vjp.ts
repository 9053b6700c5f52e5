import { concat, contract, full, stack, type Tensor, where } from "@convgrad/core";
import type { GoldenCase } from "../format.ts";
import { planSentences, type Sentence, type Suite } from "../suite.ts";

const missing = (name: string) => `no ${name} operation yet`;

/** min(max(x, low), high), passing the gradient at the bounds themselves. */
function clamp(x: Tensor, low: number, high: number): Tensor {
  const above = x.greater(high);
  const below = x.neg().greater(-low);
  return where(above, high, where(below, low, x));
}

/** ln(1 + eˣ) without overflow */
export function softplus(x: Tensor): Tensor {
  return x.maximum(0).add(x.abs().neg().exp().add(1).log());
}

const along = (x: Tensor, dim: number, start: number, stop: number) =>
  x.slice(
    x.shape.map((_, axis) => (axis === dim ? start : null)),
    x.shape.map((_, axis) => (axis === dim ? stop : null)),
  );

const leakyRelu =
  (slope: number): Sentence =>
  ({ x }) =>
    where(x.greater(0), x, x.mul(slope));

/** PyTorch's operations in today's vocabulary. */
const elementwise: Record<string, Sentence | string> = {
  neg: ({ x }) => x.neg(),
  exp: ({ x }) => x.exp(),
  log: ({ x }) => x.log(),
  sqrt: ({ x }) => x.sqrt(),
  square: ({ x }) => x.mul(x),
  reciprocal: ({ x }) => full([], 1, { dtype: x.dtype }).div(x),
  abs: ({ x }) => x.abs(),
  tanh: ({ x }) => x.tanh(),
  sigmoid: ({ x }) => x.sigmoid(),
  sin: missing("sin"),
  cos: missing("cos"),
  erf: missing("erf"),
  gelu_erf: missing("erf"),
  rsqrt: ({ x }) => x.pow(-0.5),
  log1p: ({ x }) => x.add(1).log(),
  expm1: ({ x }) => x.exp().sub(1),
  softplus: ({ x }) => softplus(x),
  gelu_tanh: ({ x }) => {
    const inner = x.add(x.pow(3).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
    return x.mul(0.5).mul(inner.tanh().add(1));
  },
  silu: ({ x }) => x.mul(x.sigmoid()),
  "leaky_relu_0.01": leakyRelu(0.01),
  "leaky_relu_0.2": leakyRelu(0.2),
  elu: ({ x }) => where(x.greater(0), x, x.exp().sub(1)),
  atanh: ({ x }) => x.add(1).div(x.neg().add(1)).log().mul(0.5),
  hardtanh: ({ x }) => clamp(x, -1, 1),
  relu6: ({ x }) => clamp(x, 0, 6),
  clamp: ({ x }, { min, max }) => clamp(x, min!, max!),
  pow_scalar: ({ x }, { exponent }) => x.pow(exponent!),
  pow: ({ x, y }) => x.pow(y),
  add: ({ x, y }) => x.add(y),
  sub: ({ x, y }) => x.sub(y),
  mul: ({ x, y }) => x.mul(y),
  div: ({ x, y }) => x.div(y),
  maximum: ({ x, y }) => x.maximum(y),
  minimum: ({ x, y }) => x.minimum(y),
  where: ({ cond, x, y }) => where(cond, x, y),
};

const reductions: Record<string, Sentence | string> = {
  sum: ({ x }, { dims, keepdim }) => x.sum(dims, keepdim),
  mean: ({ x }, { dims, keepdim }) => x.mean(dims, keepdim),
  amax: ({ x }, { dims, keepdim }) => x.max(dims, keepdim),
  amin: ({ x }, { dims, keepdim }) => x.min(dims, keepdim),
  logsumexp: ({ x }, { dims, keepdim }) => x.logSumExp(dims, keepdim),
  var_unbiased: ({ x }, { dims, keepdim }) => x.variance(dims, keepdim),
  var_biased: ({ x }, { dims, keepdim }) => x.variance(dims, keepdim, 0),
  max_dim: ({ x }, { dim }) => x.max(dim),
  prod: missing("prod"),
  cumsum: missing("cumsum"),
};

const movement: Record<string, Sentence | string> = {
  matmul: ({ x, y }) => x.matmul(y),
  einsum: ({ x, y }, { equation }) => contract(equation!, x, y),
  pad: ({ x }, { pads, value }) =>
    x
      .pad(
        pads!.map(([before, after]) => [Math.max(before, 0), Math.max(after, 0)]),
        value,
      )
      .slice(
        pads!.map(([before]) => Math.max(-before, 0)),
        pads!.map(([, after]) => (after < 0 ? after : null)),
      ),
  slice: ({ x }, { start, stop, step }) => x.slice(start!, stop, step),
  select: ({ x }, { dim, index }) => along(x, dim!, index!, index! + 1).squeeze(dim),
  permute: ({ x }, { dims }) => x.permute(dims!),
  transpose: ({ x }, { dim0, dim1 }) => x.transpose(dim0, dim1),
  reshape: ({ x }, { shape }) => x.reshape(shape!),
  expand: ({ x }, { shape }) => x.broadcastTo(shape!),
  flip: ({ x }, { dims }) => x.flip(dims),
  roll: ({ x }, { shift, dim }) => {
    const cut = x.shape[dim!]! - shift!;
    return concat([along(x, dim!, cut, cut + shift!), along(x, dim!, 0, cut)], dim);
  },
  tile: ({ x }, { reps }) =>
    reps!.reduce((y, times, axis) => concat(new Array<Tensor>(times).fill(y), axis), x),
  // [N, C, H, W] → [N, C·kh·kw, oh·ow]
  im2col: ({ x }, { kernel, stride, padding, dilation }) => {
    const [ph, pw] = padding!;
    const padded = x.pad([
      [ph, ph],
      [pw, pw],
    ]);
    const columns = padded.windows(kernel!, { stride, dilation });
    const [n, c, kh, kw, oh, ow] = columns.shape;
    return columns.reshape([n!, c! * kh! * kw!, oh! * ow!]);
  },
  concat: ({ x, y, z }, { dim, expr }) =>
    concat(expr ? [x, x] : z === undefined ? [x, y] : [x, y, z], dim),
  stack: ({ x, y }, { dim }) => stack([x, y], dim),
  split: ({ x }, { dim, sizes }) => ({
    y0: along(x, dim!, 0, sizes![0]!),
    y1: along(x, dim!, sizes![0]!, x.shape[dim!]!),
  }),
  gather: ({ x, index }, { dim }) => x.gather(dim!, index),
  index_select: ({ x, index }, { dim }) => {
    const aligned = index.reshape(x.shape.map((_, axis) => (axis === dim ? -1 : 1)));
    const shape = x.shape.map((n, axis) => (axis === dim ? index.size : n));
    return x.gather(dim!, aligned.broadcastTo(shape));
  },
};

/** Cases that are an expression of their own. */
const byName: Record<string, Sentence | string> = {
  x_used_twice: ({ x }) => x.mul(x).add(x),
  diamond: missing("sin"),
  reshape_after_permute: ({ x }) => x.permute([2, 0, 1]).reshape([8, 3]),
  amax_ties: "torch.amax shares the gradient among ties, ours gives it to the first",
};

function choose({ name, op }: GoldenCase): Sentence | string {
  return byName[name] ?? elementwise[op] ?? reductions[op] ?? movement[op] ?? missing(op);
}

export const vjp: Suite = planSentences("vjp.json", choose);
