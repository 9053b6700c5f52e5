import { concat, contract, split, stack, tensor, where } from "@convgrad/core";
import type { GoldenCase } from "../format.ts";
import { planSentences, type Sentence, type Suite } from "../suite.ts";

const leakyRelu =
  (slope: number): Sentence =>
  ({ x }) =>
    where(x.greater(0), x, x.mul(slope));

/** PyTorch's operations in our vocabulary. */
const elementwise: Record<string, Sentence> = {
  neg: ({ x }) => x.neg(),
  exp: ({ x }) => x.exp(),
  log: ({ x }) => x.log(),
  sqrt: ({ x }) => x.sqrt(),
  square: ({ x }) => x.square(),
  reciprocal: ({ x }) => x.reciprocal(),
  abs: ({ x }) => x.abs(),
  tanh: ({ x }) => x.tanh(),
  sigmoid: ({ x }) => x.sigmoid(),
  sin: ({ x }) => x.sin(),
  cos: ({ x }) => x.cos(),
  erf: ({ x }) => x.erf(),
  gelu_erf: ({ x }) => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1)),
  rsqrt: ({ x }) => x.rsqrt(),
  log1p: ({ x }) => x.log1p(),
  expm1: ({ x }) => x.expm1(),
  softplus: ({ x }) => x.softplus(),
  gelu_tanh: ({ x }) => {
    const inner = x.add(x.pow(3).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
    return x.mul(0.5).mul(inner.tanh().add(1));
  },
  silu: ({ x }) => x.mul(x.sigmoid()),
  "leaky_relu_0.01": leakyRelu(0.01),
  "leaky_relu_0.2": leakyRelu(0.2),
  elu: ({ x }) => where(x.greater(0), x, x.expm1()),
  atanh: ({ x }) => x.log1p().sub(x.neg().log1p()).mul(0.5),
  hardtanh: ({ x }) => x.clamp(-1, 1),
  relu6: ({ x }) => x.clamp(0, 6),
  clamp: ({ x }, { min, max }) => x.clamp(min!, max!),
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

const reductions: Record<string, Sentence> = {
  sum: ({ x }, { dims, keepdim }) => x.sum(dims, keepdim),
  mean: ({ x }, { dims, keepdim }) => x.mean(dims, keepdim),
  amax: ({ x }, { dims, keepdim }) => x.amax(dims, keepdim),
  amin: ({ x }, { dims, keepdim }) => x.amin(dims, keepdim),
  logsumexp: ({ x }, { dims, keepdim }) => x.logSumExp(dims, keepdim),
  var_unbiased: ({ x }, { dims, keepdim }) => x.variance(dims, keepdim),
  var_biased: ({ x }, { dims, keepdim }) => x.variance(dims, keepdim, 0),
  max_dim: ({ x }, { dim }) => x.max(dim),
  prod: ({ x }, { dim }) => x.prod(dim),
  cumsum: ({ x }, { dim }) => x.cumsum(dim!),
};

const movement: Record<string, Sentence> = {
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
  select: ({ x }, { dim, index }) =>
    x.indexSelect(dim!, tensor([index!], { dtype: "int32" })).squeeze(dim),
  permute: ({ x }, { dims }) => x.permute(dims!),
  transpose: ({ x }, { dim0, dim1 }) => x.transpose(dim0, dim1),
  reshape: ({ x }, { shape }) => x.reshape(shape!),
  expand: ({ x }, { shape }) => x.broadcastTo(shape!),
  flip: ({ x }, { dims }) => x.flip(dims),
  roll: ({ x }, { shift, dim }) => x.roll(shift!, dim!),
  tile: ({ x }, { reps }) => x.tile(reps!),
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
  split: ({ x }, { dim, sizes }) => {
    const [y0, y1] = split(x, sizes!, dim);
    return { y0: y0!, y1: y1! };
  },
  gather: ({ x, index }, { dim }) => x.gather(dim!, index),
  index_select: ({ x, index }, { dim }) => x.indexSelect(dim!, index),
};

/** Cases that are an expression of their own. */
const byName: Record<string, Sentence> = {
  x_used_twice: ({ x }) => x.mul(x).add(x),
  diamond: ({ x }) => {
    const a = x.exp();
    return a.mul(x).add(a.sin());
  },
  reshape_after_permute: ({ x }) => x.permute([2, 0, 1]).reshape([8, 3]),
};

function choose({ name, op }: GoldenCase): Sentence | string {
  return (
    byName[name] ?? elementwise[op] ?? reductions[op] ?? movement[op] ?? `no ${op} operation yet`
  );
}

export const vjp: Suite = planSentences("vjp.json", choose);
