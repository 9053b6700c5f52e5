// A small HTTP service with the model that `npm run digits` saved: `npm run digits-service`, and then
// `curl --data-binary @three.png http://localhost:8000/classify`.

import { Command } from "commander";
import * as cg from "convgrad";
import { whole } from "../command/numbers.ts";
import { run } from "../command/run.ts";
import { digitsService } from "./service.ts";

interface Settings {
  readonly model: string;
  readonly host: string;
  readonly port: number;
}

const command = new Command("digits-service")
  .description("Answers POST /classify, an image of a digit in the body, with what it shows.")
  .option("--model <file>", "what npm run digits saved", "runs/digits/model.safetensors")
  .option("--host <name>", "address to listen on", "localhost")
  .option("--port <n>", "port; 0 takes a free one", whole(0, 65_535), 8000);

async function main(): Promise<void> {
  const { model, host, port } = command.parse().opts<Settings>();
  const server = digitsService(await cg.loadModel(model));
  server.once("error", ({ message }) => {
    console.error(`digits-service: ${message}`);
    process.exitCode = 1;
  });
  server.listen(port, host, () => {
    const address = server.address();
    const found = typeof address === "object" && address ? address.port : port;
    console.log(`listening on http://${host}:${found}/classify`);
  });
}

run(main);
