import { defineConfig } from "vitest/config";

// Tests read the packages' sources through the `source` export condition, never a stale build.
const conditions = ["source", "module", "node", "development|production"];
// With REPORT_DIR set (the CI does), the results are also written there as JSON.
const reportDir = process.env["REPORT_DIR"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: reportDir ? ["default", "json"] : ["default"],
    ...(reportDir && { outputFile: { json: `${reportDir}/${process.env["REPORT_NAME"]}.json` } }),
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts", "packages/*/src/**/*.test.ts"],
          exclude: [
            "**/node_modules/**",
            "**/dist/**",
            "test/packed/**",
            "test/browser/**",
            "test/explorer/**",
          ],
        },
      },
      {
        // Needs a browser: apart (`npm run browser:test`).
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Builds the explorer and uses it in a browser: apart (`npm run explorer:test`).
        extends: true,
        test: {
          name: "explorer",
          include: ["test/explorer/**/*.test.ts"],
          globalSetup: ["test/explorer/site.ts"],
          expect: { poll: { timeout: 20_000 } }, // a page may have to wait for the processor
          retry: process.env["CI"] ? 1 : 0, // said in the output; at home, once is enough to be looked into
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Builds, packs and installs everything: slow, so apart (`npm run pack:test`).
        extends: true,
        test: {
          name: "packed",
          include: ["test/packed/**/*.test.ts"],
          globalSetup: ["test/packed/project.ts"],
          // In milliseconds that a slow and busy machine may need: they end what hangs.
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
