import { gradients, scope, zeros } from "@convgrad/core";
import { conv2d } from "@convgrad/layers";
import type { Place } from "../matrix/plane.ts";
import type { Problem } from "./descent.ts";
import { beyond, type ForwardName } from "./forwards.ts";

/** The cells that an output cell reads, padding cells among them: rows and columns of the image, from −p. */
export interface WindowCells {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

/** Which cells of the image y[u, v] reads: where its gradient by the cells is not 0, under a filter of ones. */
export function windowCells(problem: Problem, name: ForwardName, [u, v]: Place): WindowCells {
  const { side, k, stride, padding } = problem;
  return scope(() => {
    const whole = side + 2 * padding + beyond(side, k, problem);
    const cells = zeros([1, 1, whole, whole], { dtype: "float64", requiresGrad: true });
    const ones = zeros([1, 1, k, k], { dtype: "float64" }).add(1);
    const y = conv2d(cells, ones, null, name === "right" ? { stride } : { dilation: stride });
    const [read] = gradients(y.slice([0, 0, u, v], [1, 1, u + 1, v + 1]).sum(), [cells]);
    const places = Array.from(read!.toTypedArray(), (value, at) => (value ? at : -1));
    const found = places.filter((at) => at >= 0);
    const distinct = (all: number[]) => [...new Set(all)].map((i) => i - padding);
    return {
      rows: distinct(found.map((at) => Math.floor(at / whole))),
      columns: distinct(found.map((at) => at % whole)),
    };
  });
}

/** What an output cell reads in a forward pass and in the right one, in words. */
export function windowSentence(problem: Problem, name: ForwardName, at: Place): string {
  const reads = (forward: ForwardName) => {
    const { rows, columns } = windowCells(problem, forward, at);
    const past = at.some((index) => index >= problem.k) ? ", which is past the filter" : " alone";
    const weights = forward === "asked" ? `w[${at.join(", ")}]${past}` : "the whole filter";
    return `rows ${rows.join(", ")} and columns ${columns.join(", ")} of x, times ${weights}`;
  };
  const cell = `y[${at.join(", ")}]`;
  if (name === "right") return `${cell} reads ${reads("right")}.`;
  const [mistaken, right] = [reads(name), reads("right")];
  return mistaken === right
    ? `${cell} reads ${right}: both forward passes the same.`
    : `${cell} reads ${mistaken}; it should read ${right}.`;
}
