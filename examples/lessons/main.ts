// What two texts on convolutional backpropagation teach, and where they err: `npm run lesson -- half-right-answer`.

import { ValueError } from "convgrad";
import { run } from "../command/run.ts";
import { differentDepths } from "./differentDepths.ts";
import { divergingForward } from "./divergingForward.ts";
import { flipOrNoFlip } from "./flipOrNoFlip.ts";
import { halfRightAnswer } from "./halfRightAnswer.ts";
import { showMeTheLoops } from "./showMeTheLoops.ts";
import { stridedBackward } from "./stridedBackward.ts";
import { winningUnit } from "./winningUnit.ts";

const LESSONS: Readonly<Record<string, readonly [about: string, lesson: () => unknown]>> = {
  "diverging-forward": ["the loss falls, then goes up and never stops", divergingForward],
  "half-right-answer": ["the accepted answer holds at stride 1 only", halfRightAnswer],
  "flip-or-no-flip": ["convolution, cross-correlation, and twin nets", flipOrNoFlip],
  "strided-backward": ["δ with zeros between, exactly the gradient", stridedBackward],
  "different-depths": ["an image of depth 3 and δ of depth 6", differentDepths],
  "winning-unit": ["max pooling routes, ReLU multiplies", winningUnit],
  "show-me-the-loops": ["a layer printed as plain loops, and run", showMeTheLoops],
};

run(async () => {
  const [name] = process.argv.slice(2);
  if (name === undefined) {
    const longest = Math.max(...Object.keys(LESSONS).map(({ length }) => length));
    console.log("npm run lesson -- <name>\n");
    for (const [key, [about]] of Object.entries(LESSONS)) {
      console.log(`  ${key.padEnd(longest)}  ${about}`);
    }
    return;
  }
  if (!Object.hasOwn(LESSONS, name)) {
    const names = Object.keys(LESSONS).join(", ");
    throw new ValueError("lesson", `there is no lesson "${name}"; choose one of ${names}`, {
      name,
    });
  }
  await LESSONS[name]![1]();
});
