import { type FitCallback, fit, SGD } from "convgrad";
import { loaderOf, net } from "../task.ts";

// Trains for ever and says when it has begun; how it ended is its last line. With "stuck" the third step never ends.
const [directory, how] = process.argv.slice(2);
const model = net();
const teller: FitCallback = {
  onStep: async (_, { step }) => {
    if (step === 3) console.log("begun");
    if (step === 3 && how === "stuck") await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
};
const { stopped, path, steps } = await fit(model, {
  loader: loaderOf(),
  optimizer: new SGD(model.parameters(), { lr: 0.01 }),
  epochs: 1_000_000,
  callbacks: [teller],
  directory: directory!,
  resume: "auto",
});
console.log(JSON.stringify({ stopped, path, steps: steps.step.at(-1) }));
