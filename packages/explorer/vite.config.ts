import { defaultClientConditions, defineConfig } from "vite";

/** What a page needs to share memory with workers, and so to train on several threads. */
const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  root: import.meta.dirname,
  base: "./", // any sub-path of any host
  // The packages' sources, never a build that may be stale.
  resolve: { conditions: ["source", ...defaultClientConditions] },
  build: { target: "es2022", assetsInlineLimit: 0 },
  worker: { format: "es" },
  server: { headers: ISOLATED },
  preview: { headers: ISOLATED },
});
