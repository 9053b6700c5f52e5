import { existsSync } from "node:fs";
import { defineConfig } from "tsup";

// The one build of every package; each `build` script runs it from its own folder.
// Dependencies stay external under their own names, so an ES module importer loads ES modules only
// and a `require` loads CommonJS only: one copy of the state in @convgrad/core per program.
export default defineConfig({
  // What `npm run bench` needs of a package's insides stays out of its main entry.
  entry: ["src/index.ts", "src/bench.ts"].filter((file) => existsSync(file)),
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  external: [/^node:/, /^@convgrad\//],
  removeNodeProtocol: false,
  dts: true,
  sourcemap: true,
  treeshake: true,
  clean: true,
  splitting: true,
});
