import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import * as cg from "convgrad";

/** Larger uploads are refused, in bytes. */
const LARGEST = 1024 * 1024;
/** The mean and deviation of MNIST that `npm run digits` normalises with. */
const [MEAN, DEVIATION] = [0.1307, 0.3081];

/** What the service answers. */
export interface Answer {
  readonly digit: number;
  /** Of that digit, from 0 to 1. */
  readonly confidence: number;
  /** Of each digit; they sum to 1. */
  readonly probabilities: readonly number[];
}

/** A request that is refused, and with which status. */
class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** An HTTP server that answers `POST /classify`, an image of a digit in the body, with an {@link Answer} as JSON. */
export function digitsService(model: cg.Module): Server {
  model.eval();
  const server = createServer((request, response) => {
    answer(model, request).then(
      (found) => send(response, 200, found),
      (error: unknown) => refuse(response, error),
    );
  });
  server.requestTimeout = 10_000;
  return server;
}

async function answer(model: cg.Module, request: IncomingMessage): Promise<Answer> {
  const [path] = (request.url ?? "/").split("?");
  if (path !== "/classify") throw new Refusal(404, "POST an image to /classify");
  if (request.method !== "POST") throw new Refusal(405, "POST an image to /classify");
  return classify(model, await body(request));
}

async function body(request: IncomingMessage): Promise<Uint8Array> {
  const tooLarge = new Refusal(413, `the image is larger than ${LARGEST} bytes`);
  if (Number(request.headers["content-length"]) > LARGEST) throw tooLarge;
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > LARGEST) throw tooLarge;
    pieces.push(piece);
  }
  if (length === 0) throw new Refusal(400, "the body is empty; send an image");
  return Buffer.concat(pieces);
}

/** Which digit an image shows, light on dark or dark on light; what is transparent counts as white paper. */
async function classify(model: cg.Module, bytes: Uint8Array): Promise<Answer> {
  return cg.scope(async () => {
    const options = { size: 28, channels: 1, name: "the upload", maxBytes: LARGEST } as const;
    const filled = await cg.decodeImage(bytes, { ...options, fit: "fill", background: 255 });
    const isDark = cg.pixels(filled).mean().item() > 0.5;
    // A square: at the sides more of what the digit stands on.
    const background = isDark ? 255 : 0;
    const image = await cg.decodeImage(bytes, { ...options, fit: "contain", background }); // [1, 28, 28]
    return cg.noGrad(() => {
      const drawn = cg.pixels(image.unsqueeze(0)); // [1, 1, 28, 28]
      const light = isDark ? drawn.neg().add(1) : drawn; // MNIST is light on dark
      const logits = model.forward(light.sub(MEAN).div(DEVIATION));
      const probabilities = [...logits.softmax(1).toTypedArray()];
      const digit = logits.argmax(1).item();
      return { digit, confidence: probabilities[digit]!, probabilities };
    });
  });
}

function refuse(response: ServerResponse, error: unknown): void {
  if (error instanceof Refusal) send(response, error.status, { error: error.message });
  else if (error instanceof cg.FormatError) send(response, 415, { error: error.message });
  else {
    console.error(error);
    send(response, 500, { error: "something went wrong here" });
  }
}

function send(response: ServerResponse, status: number, content: object): void {
  // What is left of a refused upload is not read.
  if (status !== 200) response.setHeader("connection", "close");
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(content)}\n`);
}
