// Rows 3 and 4 of the lessons: "it first starts descending, it then quickly starts going up and never stops".

import { mse, noGrad, steps, type Tensor } from "convgrad";
import { draw } from "./planes.ts";
import { short, table } from "./print.ts";
import { correlate, correlateAsAsked, filterGradient } from "./question.ts";

const SLIDE = { stride: 1, padding: 0 };
const STEPS = 1000;

/** F ← F − 0.01·∂E/∂F on a 5×5 image with a 3×3 filter; returns E = ½ Σ (O − target)² of each step. */
function train(forward: typeof correlate): number[] {
  const [I, F, wish] = draw(135, [5, 5], [3, 3], [3, 3]) as [Tensor, Tensor, Tensor];
  const target = correlate(I, wish, SLIDE);
  return noGrad(() => {
    const errors: number[] = [];
    for (const _ of steps(STEPS)) {
      const O = forward(I, F, SLIDE);
      errors.push(mse(O, target, { reduction: "halfSum" }).item());
      F.assign(F.sub(filterGradient(I, O.sub(target), F, SLIDE).mul(0.01))); // eq. (2), which is right
    }
    return errors;
  });
}

export function divergingForward(): void {
  console.log("A 5×5 image, a 3×3 filter, E = ½ Σ (O − target)², learning rate 0.01.\n");
  console.log("  asked:  sum += a[y + j·s − p][x + i·s − p] · f[y][x]");
  console.log("  right:  sum += a[y·s + j − p][x·s + i − p] · f[j][i]\n");
  console.log("Both learn with the same gradient, eq. (2), which belongs to the right one.\n");

  const [asked, right] = [train(correlateAsAsked), train(correlate)];
  const lowest = asked.indexOf(Math.min(...asked));
  const shown = [0, 1, 2, 5, 10, lowest, 40, 60, 100, 300, STEPS - 1].sort((a, b) => a - b);
  const line = (step: number) => [
    String(step),
    short(asked[step]!) + (step === lowest ? " ◂ lowest" : "         "),
    short(right[step]!),
  ];
  console.log(table([["step", "E, as asked         ", "E, right"], ...shown.map(line)]));
  console.log(`\nThe mistaken forward falls for ${lowest} steps, then goes up and never stops.`);
  console.log("The gradient was right all along; the forward pass was not its own.");
}
