import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** What the first folder of a path asks for, several with `+` between: `/isolated+csp/page.html`. */
const HEADERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plain: {},
  /** Pages that may share memory with workers. */
  isolated: {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
  },
  /** The strictest policy under which everything works. */
  csp: {
    "Content-Security-Policy":
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:",
  },
  /** The policy of a page that also has styles, pictures and fonts. */
  "csp-page": {
    "Content-Security-Policy":
      "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:",
  },
  "csp-without-blob": {
    "Content-Security-Policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'",
  },
  "csp-without-wasm": { "Content-Security-Policy": "default-src 'none'; script-src 'self'" },
};

/** A page that does nothing but run a program. */
export function pageOf(program: string, attributes = 'type="module"'): string {
  return `<!doctype html><title>convgrad</title><script ${attributes} src="${program}"></script>`;
}

/** A program bundled for browsers, from the packages' sources. */
export async function bundle(program: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(program)],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["source"],
  });
  return outputFiles[0]!.text;
}

export interface Site {
  /** `http://127.0.0.1:…` */
  readonly origin: string;
  readonly server: Server;
}

/** Serves files by their path below the folder that names the headers; from a directory, or given as text. */
export async function serve(files: Readonly<Record<string, string>> | string): Promise<Site> {
  const find = async (name: string): Promise<string | Uint8Array | undefined> =>
    typeof files === "string"
      ? await readFile(join(files, name)).catch(() => undefined)
      : files[name];
  const server = createServer(async ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    if (pathname === "/favicon.ico") {
      response.writeHead(204).end(); // browsers complain where there is none
      return;
    }
    const [, kinds = "", ...path] = pathname.split("/");
    const name = path.join("/") || "index.html";
    const body = kinds.split("+").every((kind) => kind in HEADERS) ? await find(name) : undefined;
    response.writeHead(body === undefined ? 404 : 200, {
      "Content-Type": TYPES[extname(name)] ?? "text/plain",
      ...Object.assign({}, ...kinds.split("+").map((kind) => HEADERS[kind])),
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
