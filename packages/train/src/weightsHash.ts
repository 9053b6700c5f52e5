import { Tensor, ValueError } from "@convgrad/core";
import { sha256 } from "./sha256.ts";

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
  return sha256(
    values.map(
      ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
    ),
  );
}
