// Row 5 of the lessons: the accepted answer mends the filter's index and leaves the stride where it was.

import { gradcheck, type Tensor } from "convgrad";
import { draw } from "./planes.ts";
import { short } from "./print.ts";
import {
  correlate,
  correlateAsAnswered,
  correlateAsAsked,
  type Slide,
  withEquation2,
} from "./question.ts";

const FORWARDS = [
  ["as asked", "a[y + j·s − p][x + i·s − p] · f[y][x]", correlateAsAsked],
  ["as answered", "a[y + j·s − p][x + i·s − p] · f[j][i]", correlateAsAnswered],
  ["right", "a[y·s + j − p][x·s + i − p] · f[j][i]", correlate],
] as const;

/** What gradcheck says of a forward whose backward pass is eq. (2). */
function verdict(forward: typeof correlate, slide: Slide): string {
  const [I, F] = draw(5, [5, 5], [3, 3]) as [Tensor, Tensor];
  const operation = withEquation2(forward, slide);
  const { ok, worst, checked } = gradcheck((f) => operation(I, f), [F], { throws: false });
  if (ok || !worst) return `✓  all ${checked} gradients agree`;
  const { index, analytic, numeric } = worst;
  return `✗  ∂E/∂F[${index}] is ${short(analytic)} by eq. (2), ${short(numeric)} by central differences`;
}

export function halfRightAnswer(): void {
  console.log("gradcheck compares eq. (2) with central differences of three forward passes,");
  console.log("on a 5×5 image and a 3×3 filter, for strides 1, 2 and 3.");
  for (const [name, formula, forward] of FORWARDS) {
    console.log(`\n${name}:  sum += ${formula}`);
    for (const stride of [1, 2, 3]) {
      console.log(`  stride ${stride}  ${verdict(forward, { stride, padding: 0 })}`);
    }
  }
  console.log(
    "\nThe answer is right at stride 1, where y·s + j = y + j·s. Above 1 the stride must",
  );
  console.log("go with the output index: with the filter index it is a dilation.");
}
