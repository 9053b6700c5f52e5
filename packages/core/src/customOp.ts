import { inspect, isDetecting } from "./anomaly.ts";
import { requireTensor, requireTensors } from "./construct.ts";
import { isFloat, requireDType } from "./dtype.ts";
import { checkFunction, checkOptions, formatValue, GraphError, ValueError } from "./errors.ts";
import { isRecording, Node, noGrad } from "./graph.ts";
import type { Tensor } from "./tensor.ts";

/** What a custom backward may use. */
export interface CustomContext {
  /** The inputs of the forward call. */
  readonly inputs: readonly Tensor[];
  /** Its result. */
  readonly output: Tensor;
}

/** A user's own operation: forward and backward in terms of tensors. */
export interface CustomOp {
  readonly name: string;
  /** Computes the result; not recorded. */
  readonly forward: (...inputs: Tensor[]) => Tensor;
  /**
   * From g = ∂L/∂output to ∂L/∂input, one entry per input, `null` for "none". Written in tensor operations it has
   * derivatives of its own.
   */
  readonly backward: (g: Tensor, context: CustomContext) => readonly (Tensor | null)[];
}

/**
 * Registers an operation, of tensors of any shapes, with its own backward closure. Check it with `gradcheck`.
 *
 * @example
 * const cube = customOp({
 *   name: "cube",
 *   forward: (x) => x.mul(x).mul(x),
 *   backward: (g, { inputs: [x] }) => [g.mul(x!.mul(x!).mul(3))],
 * });
 * @throws {@link ValueError} for a name that is no text, or parts that are no functions;
 * {@link GraphError} at the backward pass, when the number of gradients is not that of the inputs.
 */
export function customOp(definition: CustomOp): (...inputs: Tensor[]) => Tensor {
  checkOptions("customOp", definition, ["name", "forward", "backward"]);
  const { name, forward, backward } = definition;
  if (typeof name !== "string" || name === "") {
    throw new ValueError(
      "customOp",
      `name is ${formatValue(name)}; it must be what messages call it: "cube"`,
    );
  }
  checkFunction("customOp", "forward", forward, "(x) => …");
  checkFunction("customOp", "backward", backward, "(g, { inputs, output }) => [ … ]");
  return (...inputs) => {
    requireTensors(name, "inputs", inputs);
    const computed = noGrad(() => forward(...inputs));
    requireTensor(name, "result of its forward", computed);
    // A forward that returns an input as it is must not give that input a second history.
    const output = computed.detach();
    if (isDetecting()) inspect(name, inputs, output);
    const constant = !isFloat(output.dtype) || inputs.every((x) => x.node === null);
    if (constant || !isRecording()) return output;
    const node = new Node(
      name,
      output.shape,
      inputs.map((x) => x.node),
    );
    output.node = node;
    for (const value of [...inputs, output]) node.save(value);
    const context: CustomContext = { inputs, output };
    node.pull = (g) => {
      const gradients = backward(g, context);
      const given = Array.isArray(gradients) ? gradients.length : formatValue(gradients);
      if (given !== inputs.length) {
        throw new GraphError(
          name,
          `its backward gave ${given} gradients for ${inputs.length} inputs; return a list of one each, or null`,
        );
      }
      gradients.forEach((gradient, i) => {
        if (!gradient) return;
        requireTensor(name, `gradient of input ${i}`, gradient);
        requireDType(name, `gradient of input ${i}`, gradient, inputs[i]!.dtype);
      });
      return gradients;
    };
    return output;
  };
}
