import { ConvgradError } from "convgrad";

/**
 * Runs a program for people: what it refuses is one line and a failure; Ctrl-C, and a reader that has gone (`| head`),
 * end it in order and quietly.
 */
export function run(program: () => Promise<void>): void {
  // By process.exit, in which a progress bar cleans up after itself.
  process.once("SIGINT", () => process.exit(130));
  for (const stream of [process.stdout, process.stderr]) {
    stream.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit();
    });
  }
  program().catch((error: unknown) => {
    if (!(error instanceof ConvgradError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  });
}
