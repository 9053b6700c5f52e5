import { experiment } from "../experiment.ts";

// Trains with a checkpoint after each step, or goes on from the last; says what it came to. Whoever runs it kills it.
const [directory] = process.argv.slice(2);
const { weights, averages, history, result } = await experiment({
  directory: directory!,
  resume: "auto",
  checkpointEvery: 1,
  epochs: 12,
});
console.log(JSON.stringify({ weights, averages, history, stopped: result.stopped }));
