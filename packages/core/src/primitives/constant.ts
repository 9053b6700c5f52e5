import { kernelsFor } from "../backend.ts";
import { makeTensor } from "../construct.ts";
import { broadcastLayout } from "../layout.ts";
import { newTensor, viewOn } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";

/** A number in the shape and type of `like`: one element, seen everywhere through stride 0. */
export function constant(value: number, like: Tensor): Tensor {
  const kernels = kernelsFor(like.dtype, []);
  const cell = newTensor(
    kernels,
    like.dtype,
    like.shape.map(() => 1),
  );
  kernels.fill(value, viewOn("constant", kernels, cell));
  return makeTensor(cell.storage, broadcastLayout(cell.layout, like.shape));
}
