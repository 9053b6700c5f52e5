// Prints the speed of each micro-kernel, and of the peak, as JSON: run by any Node binary.

import { microKernels, peak } from "@convgrad/wasm/bench";

console.log(JSON.stringify({ peak: peak(), kernels: microKernels() }));
