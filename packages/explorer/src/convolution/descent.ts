import { SGD } from "@convgrad/optim";
import { type Net, netOf, recorded } from "./net.ts";

/** The layer before and after one step of gradient descent on its weights and biases. */
export interface Descent {
  readonly w: readonly number[];
  readonly b: readonly number[];
  /** The loss after the step. */
  readonly loss: number;
}

/** w′ = w − lr·∂E/∂w and b′ = b − lr·∂E/∂b, by the optimiser of the library. */
export function descent(net: Net): Descent {
  const { state, shapes } = net;
  const { w, b } = recorded(state, shapes, (graph) => {
    graph.loss.backward();
    new SGD([graph.w, graph.b], { lr: state.lr }).step();
    const numbers = (of: typeof graph.w) => Array.from(of.toTypedArray(), Number);
    return { w: numbers(graph.w), b: numbers(graph.b) };
  });
  return { w, b, loss: netOf({ ...state, w, b }).loss };
}
