import { type PrimitiveName, primitives } from "@convgrad/core";
import { symbol } from "../equation/Equation.tsx";

/** What an operation computes and what it passes back, in KaTeX. δ is the gradient of its output. */
export interface OperationEquation {
  readonly forward: string;
  /** The same without the third input, a bias. */
  readonly unbiased?: string;
  /** Per input: the gradient that it gets; `null` for one that has none. */
  readonly pullbacks: readonly (string | null)[];
  /** What to know of it. */
  readonly remark?: string;
}

const delta = symbol("delta", "\\delta");
const x = symbol("input0", "x");
const a = symbol("input0", "a");
const b = symbol("input1", "b");
const y = symbol("y");
const of = (input: string) => `\\frac{\\partial E}{\\partial ${input}}`;

function unary(forward: string, slope: string, remark?: string): OperationEquation {
  const pullbacks = [`${of(x)} = ${slope}`];
  return { forward: `${y} = ${forward}`, pullbacks, ...(remark && { remark }) };
}

function binary(forward: string, first: string, second: string, remark?: string) {
  const pullbacks = [`${of(a)} = ${first}`, `${of(b)} = ${second}`];
  return { forward: `${y} = ${forward}`, pullbacks, ...(remark && { remark }) };
}

function without(forward: string, inputs: number): OperationEquation {
  const remark = "It has no gradient: it is constant almost everywhere.";
  return { forward: `${y} = ${forward}`, pullbacks: Array(inputs).fill(null), remark };
}

const view = "It moves no number, it only looks at the same ones in another order.";

/** The equations of every primitive of the library. */
export const PRIMITIVES: Readonly<Record<PrimitiveName, OperationEquation>> = {
  neg: unary(`-${x}`, `-${delta}`),
  abs: unary(`|${x}|`, `${delta} \\cdot \\operatorname{sign} ${x}`, "sign(0) = 0."),
  sign: without(`\\operatorname{sign} ${x}`, 1),
  exp: unary(`e^{${x}}`, `${delta} \\cdot ${y}`),
  log: unary(`\\ln ${x}`, `${delta} / ${x}`),
  sqrt: unary(`\\sqrt{${x}}`, `${delta} / (2 ${y})`),
  tanh: unary(`\\tanh ${x}`, `${delta} \\cdot (1 - ${y}^2)`),
  sigmoid: unary(`\\frac{1}{1 + e^{-${x}}}`, `${delta} \\cdot ${y} \\cdot (1 - ${y})`),
  relu: unary(
    `\\max(0, ${x})`,
    `${delta} \\cdot [${y} \\neq 0]`,
    "ReLU′(0) = 0: at 0 nothing passes.",
  ),
  sin: unary(`\\sin ${x}`, `${delta} \\cdot \\cos ${x}`),
  cos: unary(`\\cos ${x}`, `-${delta} \\cdot \\sin ${x}`),
  erf: unary(`\\operatorname{erf} ${x}`, `${delta} \\cdot \\tfrac{2}{\\sqrt{\\pi}} e^{-${x}^2}`),
  gate: {
    forward: `${y} = ${a} \\cdot [${b} \\neq 0]`,
    pullbacks: [`${of(a)} = ${delta} \\cdot [${b} \\neq 0]`, null],
    remark: "b is a condition and has no gradient.",
  },
  add: binary(`${a} + ${b}`, delta, delta),
  sub: binary(`${a} - ${b}`, delta, `-${delta}`),
  mul: binary(`${a} \\cdot ${b}`, `${delta} \\cdot ${b}`, `${delta} \\cdot ${a}`, "Cell by cell."),
  div: binary(`${a} / ${b}`, `${delta} / ${b}`, `-${delta} \\cdot ${y} / ${b}`),
  pow: binary(
    `${a}^{${b}}`,
    `${delta} \\cdot ${b} \\cdot ${a}^{${b}-1}`,
    `${delta} \\cdot ${y} \\cdot \\ln ${a}`,
  ),
  maximum: binary(
    `\\max(${a}, ${b})`,
    `${delta} \\cdot [${a} > ${b}]`,
    `${delta} \\cdot [${b} > ${a}]`,
    "At a tie each gets half.",
  ),
  minimum: binary(
    `\\min(${a}, ${b})`,
    `${delta} \\cdot [${a} < ${b}]`,
    `${delta} \\cdot [${b} < ${a}]`,
    "At a tie each gets half.",
  ),
  equal: without(`[${a} = ${b}]`, 2),
  greater: without(`[${a} > ${b}]`, 2),
  where: {
    forward: `${y} = c \\; ? \\; a : b`,
    pullbacks: [null, `${of("a")} = ${delta} \\cdot [c]`, `${of("b")} = ${delta} \\cdot [\\neg c]`],
    remark: "The condition c has no gradient.",
  },
  contiguous: unary(x, delta, "A copy without gaps."),
  cast: unary(`${x} \\text{ in another type}`, delta),
  reshape: unary(`${x} \\text{ under another shape}`, `${delta} \\text{ reshaped back}`, view),
  permute: unary(
    `${x} \\text{ with its axes reordered}`,
    `${delta} \\text{ in the inverse order}`,
    view,
  ),
  flip: unary(`${x}_{n-1-i}`, `${delta} \\text{ flipped}`, view),
  slice: unary(
    `${x}_{\\text{start} + \\text{step} \\cdot i}`,
    `\\operatorname{pad}(${delta})`,
    "What was cut away gets 0.",
  ),
  pad: unary(
    `\\operatorname{pad}(${x})`,
    `\\text{the part of } ${delta} \\text{ that } ${x} \\text{ occupies}`,
    "The gradient of the padding cells is dropped.",
  ),
  concat: {
    forward: `${y} = [x_0, x_1, \\ldots]`,
    pullbacks: [`${of("x_k")} = \\text{the part of } ${delta} \\text{ that } x_k \\text{ became}`],
  },
  broadcast: unary(
    `${x} \\text{ repeated}`,
    `\\sum ${delta} \\text{ over the repeated axes}`,
    "What is used many times gets the sum of all its gradients.",
  ),
  sum: unary(`\\sum ${x}`, `${delta} \\text{ repeated}`, "Each term gets the same gradient."),
  windows: unary(
    `${x}_{u s + i d,\\; v s + j d}`,
    `\\operatorname{fold}(${delta})`,
    "y[…, i, j, u, v]: all windows side by side. On the way back a pixel gets the sum of the gradients of every window that shows it.",
  ),
  fold: unary(`\\operatorname{fold}(${x})`, `\\operatorname{windows}(${delta})`),
  contraction: {
    forward: `${y} = \\sum ${a} \\cdot ${b}`,
    pullbacks: [`${of(a)} = \\sum ${delta} \\cdot ${b}`, `${of(b)} = \\sum ${delta} \\cdot ${a}`],
    remark:
      "A sum of products over the axes that the output lacks: of windows and filters, this is a convolution. Its gradients are sums of the same kind.",
  },
  argmax: without(`\\operatorname{argmax} ${x}`, 1),
  gather: {
    forward: `${y}_i = ${x}_{k(i)}`,
    pullbacks: [`${of(x)} = \\operatorname{scatterAdd}(${delta}, k)`, null],
    remark: "Only what was picked gets a gradient; in max pooling, the first maximum of a window.",
  },
  scatterAdd: {
    forward: `${y}_{k(i)} = \\sum ${x}_i`,
    pullbacks: [`${of(x)} = \\operatorname{gather}(${delta}, k)`, null],
  },
  winners: without("\\text{the place of each window's first maximum}", 1),
};

const w = symbol("input1", "w");
const bias = symbol("input2", "b");

const CROSS_CORRELATION = `\\sum_{c,i,j} ${w}_{o,c,i,j} \\, ${x}_{c,\\, us + id - p,\\, vs + jd - p}`;

/** Of what `@convgrad/layers` composes, for the drawing with one node per layer. */
export const COMPOSED: Readonly<Record<string, OperationEquation>> = {
  conv2d: {
    forward: `${y}_{o,u,v} = ${bias}_o + ${CROSS_CORRELATION}`,
    unbiased: `${y}_{o,u,v} = ${CROSS_CORRELATION}`,
    pullbacks: [
      `${of(x)} = \\sum ${delta}_{o,u,v} \\, ${w}_{o,c,i,j} \\text{ over all outputs that see the pixel}`,
      `${of(w)}_{o,c,i,j} = \\sum_{n,u,v} ${delta}_{o,u,v} \\, ${x}_{c,\\, us + id - p,\\, vs + jd - p}`,
      `${of(bias)}_o = \\sum_{n,u,v} ${delta}_{o,u,v}`,
    ],
    remark: "Cross-correlation: the filter is not flipped.",
  },
  dense: {
    forward: `${y} = ${x} ${w} + ${bias}`,
    unbiased: `${y} = ${x} ${w}`,
    pullbacks: [
      `${of(x)} = ${delta} \\, ${w}^\\top`,
      `${of(w)} = ${x}^\\top ${delta}`,
      `${of(bias)} = \\sum_n ${delta}`,
    ],
  },
  maxPool: {
    forward: `${y}_{u,v} = \\max_{i,j} ${x}_{us+i,\\, vs+j}`,
    pullbacks: [`${of(x)} = \\sum ${delta} \\text{ of the windows that the pixel wins}`],
    remark: "The first maximum wins a tie.",
  },
  avgPool: {
    forward: `${y}_{u,v} = \\tfrac{1}{k^2} \\sum_{i,j} ${x}_{us+i,\\, vs+j}`,
    pullbacks: [`${of(x)} = \\sum ${delta} / k^2`],
  },
  globalAvgPool: {
    forward: `${y} = \\tfrac{1}{HW} \\sum_{i,j} ${x}_{i,j}`,
    pullbacks: [`${of(x)} = ${delta} / HW`],
  },
  lpPool: {
    forward: `${y} = \\big(\\sum |${x}|^p\\big)^{1/p}`,
    pullbacks: [`${of(x)} = ${delta} \\cdot \\operatorname{sign}(${x}) \\, (|${x}| / ${y})^{p-1}`],
    remark: "0 where the norm is 0.",
  },
  batchNorm2d: {
    forward: `${y} = ${w} \\cdot \\hat{x} + ${bias}, \\quad \\hat{x} = (${x} - \\mu) / \\sqrt{\\sigma^2 + \\varepsilon}`,
    pullbacks: [
      `${of(x)} = \\tfrac{${w}}{\\sqrt{\\sigma^2 + \\varepsilon}} \\big(${delta} - \\overline{${delta}} - \\hat{x} \\, \\overline{${delta} \\hat{x}}\\big)`,
      `${of(w)} = \\sum ${delta} \\, \\hat{x}`,
      `${of(bias)} = \\sum ${delta}`,
    ],
    remark: "μ and σ² depend on x too; hence the two means, over the batch and the pixels.",
  },
  mse: {
    forward: `${y} = \\tfrac12 \\textstyle\\sum (${x} - t)^2`,
    pullbacks: [`${of(x)} = ${delta} \\cdot (${x} - t)`, null],
    remark: "The half sum of the textbooks, whose gradient is x − t.",
  },
  crossEntropy: {
    forward: `${y} = -\\tfrac1N \\textstyle\\sum_n \\ln \\operatorname{softmax}(${x}_n)_{\\text{label}}`,
    pullbacks: [
      `${of(x)} = ${delta} \\cdot (\\operatorname{softmax}(${x}) - \\text{onehot}) / N`,
      null,
    ],
  },
  gelu: {
    forward: `${y} = ${x} \\, \\Phi(${x})`,
    pullbacks: [`${of(x)} = ${delta} \\cdot (\\Phi(${x}) + ${x} \\varphi(${x}))`],
  },
  dropout: {
    forward: `${y} = m \\cdot ${x} / (1 - p)`,
    pullbacks: [`${of(x)} = ${delta} \\cdot m / (1 - p)`],
    remark: "m keeps each cell with probability 1 − p.",
  },
};

const BY_NAME: ReadonlyMap<string, OperationEquation> = new Map([
  ...(Object.keys(PRIMITIVES) as PrimitiveName[]).map(
    (key) => [primitives[key].primitiveName, PRIMITIVES[key]] as const,
  ),
  ...Object.entries(COMPOSED),
]);

/** The equations of what a node is called; `null` for an operation that somebody else defined. */
export function equationOf(operation: string): OperationEquation | null {
  return BY_NAME.get(operation) ?? null;
}
