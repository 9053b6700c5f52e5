import { createKernels } from "@convgrad/wasm";
import { conformance, type Skip } from "./suite.ts";

const skip: Skip[] = [];
for (const type of ["float32", "float64", "int32", "uint8"]) {
  skip.push({ test: `contract ${type}`, reason: "being written" });
}
for (const type of ["float32", "float64"]) {
  skip.push({ test: `random uniform ${type}`, reason: "being written" });
  skip.push({ test: `random normal ${type}`, reason: "being written" });
  skip.push({ test: `long ${type} sums`, reason: "contract is being written" });
  skip.push({
    test: `NaN and infinities in ${type} reductions`,
    reason: "contract is being written",
  });
}

/** One unit in the last place: a result so near to the middle of two numbers may be rounded to the other one. */
const rounding = { rtol: 2 ** -23, atol: 0 };
const tolerances = {
  exp: rounding,
  log: rounding,
  tanh: rounding,
  sigmoid: rounding,
  pow: rounding,
};

for (const threads of [1, 3]) {
  conformance(`wasm with threads: ${threads}`, () => createKernels({ threads }), {
    skip,
    tolerances,
  });
}
