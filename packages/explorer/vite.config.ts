import { defaultClientConditions, defineConfig } from "vite";
import { imageFiles } from "./build/imageFiles.ts";
import { offline } from "./build/offline.ts";
import { woff2Only } from "./build/woff2Only.ts";

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
  plugins: [imageFiles(), woff2Only(), offline()],
  worker: { format: "es" },
  server: { headers: ISOLATED },
  preview: { headers: ISOLATED },
});
