import { gradients, type Tensor, tensor } from "@convgrad/core";
import { avgPool, conv2d, crossEntropy, dense, maxPool } from "@convgrad/layers";
import {
  type Config,
  expectClose,
  type FloatType,
  type GoldenCase,
  type GoldenTensor,
  toTensor,
} from "../format.ts";
import { plan, type Runner, type Suite } from "../suite.ts";

type Named<T> = Readonly<Record<string, T>>;

interface SecondOrderCase extends GoldenCase {
  readonly config: Config & {
    readonly act?: string;
    readonly pool?: string;
    readonly eps?: number;
  };
  /** The directions v. */
  readonly vectors: Named<GoldenTensor>;
  /** ∂Σ⟨∂L/∂k, v_k⟩/∂k of a net. */
  readonly hvp?: Named<GoldenTensor>;
  /** ∂Σ⟨∂⟨y, u⟩/∂k, v_k⟩/∂k of an operation, also for the upstream gradient u. */
  readonly grad_of_grads?: Named<GoldenTensor>;
}

/** README: a guess, looser than the first-order one. */
const FLOAT32 = { rtol: 1e-3, atol: 1e-4 };

const tensorsOf = (goldens: Named<GoldenTensor>, float: FloatType, requiresGrad = false) => {
  const entries = Object.entries(goldens).map(
    ([name, t]) => [name, toTensor(t, float, requiresGrad && t.dtype === "float64")] as const,
  );
  return Object.fromEntries(entries) as Record<string, Tensor>;
};

const dot = (a: Named<Tensor>, b: Named<Tensor>): Tensor =>
  Object.keys(b)
    .map((name) => a[name]!.mul(b[name]!).sum())
    .reduce((sum, term) => sum.add(term));

/** ∂y/∂x by name; with `createGraph` they have gradients of their own. */
function namedGradients(y: Tensor, xs: Named<Tensor>, gradient?: Tensor): Named<Tensor> {
  const names = Object.keys(xs);
  const found = gradients(y, Object.values(xs), { gradient, createGraph: true });
  return Object.fromEntries(names.map((name, i) => [name, found[i]!]));
}

/** Hessian-vector products: H v = ∂⟨∂L/∂θ, v⟩/∂θ. */
const hessianVector: Runner<SecondOrderCase> = (c, float, tolerance) => {
  const within = float === "float64" ? tolerance : FLOAT32;
  const { target, ...xs } = tensorsOf(c.inputs, float, true);
  const loss = net(xs, target!, c.config);
  expectClose("loss", loss, c.outputs["loss"]!, within);

  const first = namedGradients(loss, xs);
  const along = dot(first, tensorsOf(c.vectors, float));
  const second = namedGradients(along, xs);
  expectClose("⟨gradient, v⟩", along, c.outputs["grad_dot_v"]!, within);
  for (const name of Object.keys(xs)) {
    expectClose(`gradient of ${name}`, first[name]!, c.grads![name]!, within);
    expectClose(`H v of ${name}`, second[name]!, c.hvp![name]!, within);
  }
};

/** conv → act → pool → conv → act → flatten → linear → cross entropy */
function net(p: Named<Tensor>, target: Tensor, { act, pool }: SecondOrderCase["config"]): Tensor {
  const activate = (x: Tensor) =>
    act === "tanh" ? x.tanh() : act === "relu" ? x.relu() : x.softplus();
  const first = activate(conv2d(p["x"]!, p["w1"]!, p["b1"], { padding: 1 }));
  const pooled = pool === "max" ? maxPool(first, 2) : avgPool(first, 2);
  const second = activate(conv2d(pooled, p["w2"]!, p["b2"], { stride: 2, padding: 1 }));
  return crossEntropy(dense(second.flatten(1), p["w3"]!.transpose(), p["b3"]), target);
}

type Operation = (x: Named<Tensor>, config: SecondOrderCase["config"]) => Tensor;

const operations: Record<string, Operation> = {
  conv2d: ({ x, w, b }, options) => conv2d(x!, w!, b, options),
  max_pool2d: ({ x }, { kernel, ...options }) => maxPool(x!, kernel!, options),
  avg_pool2d: ({ x }, { kernel, stride }) => avgPool(x!, kernel!, { stride }),
  cross_entropy: ({ x }, { target }) => crossEntropy(x!, tensor(target!, { dtype: "int32" })),
  expr: ({ x }) => x!.tanh().mul(x!),
  matmul: ({ x, y }) => x!.matmul(y!),
  batch_norm2d: ({ x, weight, bias }, { eps }) => {
    const perChannel = [0, 2, 3];
    const centred = x!.sub(x!.mean(perChannel, true));
    const normal = centred.div(x!.variance(perChannel, true, 0).add(eps!).sqrt());
    return normal.mul(weight!.reshape([-1, 1, 1])).add(bias!.reshape([-1, 1, 1]));
  },
};

/** The gradient of a gradient, for the inputs and for the upstream gradient itself. */
const doubleBackward =
  (operation: Operation): Runner<SecondOrderCase> =>
  (c, float, tolerance) => {
    const within = float === "float64" ? tolerance : FLOAT32;
    const xs = tensorsOf(c.inputs, float, true);
    const upstream = toTensor(c.upstream!["y"]!, float, true);
    const y = operation(xs, c.config);
    expectClose("y", y, c.outputs["y"]!, within);

    const first = namedGradients(y, xs, upstream);
    const second = namedGradients(dot(first, tensorsOf(c.vectors, float)), { ...xs, upstream });
    for (const [name, expected] of Object.entries(c.grads!))
      expectClose(`gradient of ${name}`, first[name]!, expected, within);
    for (const [name, expected] of Object.entries(c.grad_of_grads!))
      expectClose(`second gradient of ${name}`, second[name]!, expected, within);
  };

/** Hessian-vector products of small nets, and double backward of single operations. */
export const secondOrder: Suite = plan<SecondOrderCase>("second_order.json", ({ op }) => {
  if (op === "hvp") return hessianVector;
  const operation = operations[op.replace("double_backward:", "")];
  return operation ? doubleBackward(operation) : `no ${op} operation yet`;
});
