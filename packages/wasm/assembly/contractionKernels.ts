// From the numbers of this family to its kernels.

import { FINISH, FOLD, HEIGHT, PACK, PRODUCT } from "./contractionNumbers";
import { fold } from "./folding";
import { pack } from "./packing";
import { finish, product } from "./product";

export function contractionKernel(kernel: i32, args: usize, part: i32, scratch: usize): void {
  switch (kernel) {
    case PACK: return pack(args, part);
    case PRODUCT: return product(args, part, scratch);
    case FINISH: return finish(args, part);
    case FOLD: return fold(args, part);
    case HEIGHT: return store<i32>(args, ASC_FEATURE_RELAXED_SIMD ? 6 : 5);
    default: unreachable();
  }
}
