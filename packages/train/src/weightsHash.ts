import { Tensor, ValueError } from "@convgrad/core";

/**
 * The SHA-256 of all parameters, as 64 hexadecimal digits: the bytes of each in row-major order, little-endian, one
 * parameter after the other. Two models have the same hash when training took them to the same bits.
 *
 * @param parameters of any shapes, in a fixed order, as `model.parameters()` gives them
 * @throws {@link ValueError} for anything else, the model itself for instance.
 *
 * @example
 * console.log(await weightsHash(model.parameters())); // 5f1c0e…
 */
export async function weightsHash(parameters: Iterable<Tensor>): Promise<string> {
  const listed: unknown[] = Symbol.iterator in Object(parameters) ? [...parameters] : [null];
  if (!listed.every((parameter) => parameter instanceof Tensor)) {
    throw new ValueError("weightsHash", "takes tensors; pass model.parameters()");
  }
  const values = await Promise.all(listed.map((parameter) => parameter.read()));
  const bytes = new Uint8Array(values.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of values) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
