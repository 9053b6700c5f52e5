import { ConvgradError, full } from "@convgrad/core";
import { Checkpoints } from "@convgrad/io";

// Saves checkpoints of 1 MB, each filled with its step: from one step to another. Says which stands, or what went wrong.

const [directory, from, to, user] = process.argv.slice(2);
if (user && process.getuid?.() === 0) process.setuid!(Number(user)); // to whom permissions apply
const checkpoints = new Checkpoints(directory!);
for (let step = Number(from); step <= Number(to); step++) {
  try {
    await checkpoints.save(step, { step, w: full([2 ** 18], step) });
    console.log(step);
  } catch (error) {
    if (!(error instanceof ConvgradError)) throw error;
    console.log(JSON.stringify({ name: error.name, message: error.message, ...error.details }));
  }
}
