import { ConvgradError, type FitResult } from "convgrad";

/** The exit code of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/**
 * Runs a program for people: what it refuses is one line and a failure; Ctrl-C, and a reader that has gone (`| head`),
 * end it in order and quietly. A program may give what `fit` gave.
 */
export function run(program: () => Promise<unknown>): void {
  process.on("SIGINT", () => {
    // While `fit` runs it listens too: it finishes the step, saves, and returns.
    if (process.listenerCount("SIGINT") > 1) return;
    process.exit(INTERRUPTED); // a progress bar cleans up after itself
  });
  for (const stream of [process.stdout, process.stderr]) {
    stream.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit();
    });
  }
  program().then(
    (result) => {
      const { stopped, path }: Partial<FitResult> = Object(result);
      if (stopped !== "interrupt") return;
      console.error(`interrupted; --resume goes on from ${path}`);
      process.exitCode = INTERRUPTED;
    },
    (error: unknown) => {
      if (!(error instanceof ConvgradError)) throw error;
      // The options of `fit` that a command has are spelt as the command has them.
      console.error(error.message.replace("resume: true", "--resume"));
      process.exitCode = 1;
    },
  );
}
