// From the numbers of this family to its kernels.

import {
  DOTS,
  FINISH,
  FOLD,
  HEIGHT,
  IMAGE,
  MICRO,
  PACK,
  PIXELS,
  PLANE_IMAGES,
  PLANES,
  PRODUCT,
  ROWS,
  TAPS,
  TOTAL,
} from "./contractionNumbers";
import { planeImages, planes } from "./depthwise";
import { dots, taps, total } from "./filterGradient";
import { fold } from "./folding";
import { pixels, rows } from "./forward";
import { image } from "./imageGradient";
import { micro } from "./micro";
import { pack } from "./packing";
import { finish, product } from "./product";

export function contractionKernel(kernel: i32, args: usize, part: i32, scratch: usize): void {
  switch (kernel) {
    case PACK: return pack(args, part);
    case PRODUCT: return product(args, part, scratch);
    case ROWS: return rows(args, part);
    case PIXELS: return pixels(args, part, scratch);
    case PLANES: return planes(args, part, scratch);
    case PLANE_IMAGES: return planeImages(args, part, scratch);
    case TAPS: return taps(args, part, scratch);
    case DOTS: return dots(args, part, scratch);
    case TOTAL: return total(args, part);
    case IMAGE: return image(args, part, scratch);
    case FOLD: return fold(args, part);
    case FINISH: return finish(args, part);
    case HEIGHT: return store<i32>(args, ASC_FEATURE_RELAXED_SIMD ? 6 : 5);
    case MICRO: return micro(args, scratch);
    default: unreachable();
  }
}
