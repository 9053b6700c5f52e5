// From the number of a kernel to its family. Each kernel is a function of its arguments (32-bit words at `args`), the
// part it has to do, and this thread's scratch memory.

import { ADAM, CONTRACTION, NORMALIZATION, RANDOM, WINOGRAD } from "./abi";
import { adam } from "./adam";
import { contractionKernel } from "./contractionKernels";
import { elementwiseKernel } from "./elementwiseKernels";
import { normalization } from "./normalization";
import { random } from "./random";
import { winners } from "./winners";
import { winogradKernel } from "./winogradKernels";

export function dispatch(kernel: i32, args: usize, part: i32, scratch: usize): void {
  if (kernel < CONTRACTION) elementwiseKernel(kernel, args, part, scratch);
  else if (kernel < WINOGRAD) contractionKernel(kernel, args, part, scratch);
  else if (kernel < RANDOM) winogradKernel(kernel, args, part, scratch);
  else if (kernel == RANDOM) random(args, part, scratch);
  else if (kernel < ADAM) winners(args, part);
  else if (kernel < NORMALIZATION) adam(args, part);
  else normalization(kernel, args, part);
}
