// From the numbers of this family to its kernels.
export function elementwiseKernel(kernel: i32, args: usize, part: i32, scratch: usize): void {
  unreachable();
}
