// Reads the vitest JSON reports named on the command line and ends with the line
// "N passed, N failed, N skipped". Skipped tests are named above it.
// `--failed STAGE` counts a stage that failed without a failing test (lint, types, build) as one
// failure, so that the last line never reads "0 failed" for a red run.
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { failed: { type: "string", multiple: true, default: [] } },
});
let passed = 0;
let failed = 0;
const failures = [];
const skipped = [];

for (const report of positionals) {
  if (!existsSync(report)) {
    failures.push(`no report ${report}: its tests did not run`);
    continue;
  }
  for (const file of JSON.parse(readFileSync(report, "utf8")).testResults) {
    const name = relative(process.cwd(), file.name);
    for (const test of file.assertionResults) {
      if (test.status === "passed") passed++;
      else if (test.status === "failed") failed++;
      else skipped.push(`${name} > ${test.fullName} (${test.status})`);
    }
    // A file that could not be loaded, or a hook that threw, has no failed test to show for it.
    if (file.status === "failed" && !file.assertionResults.some((t) => t.status === "failed")) {
      failures.push(`${name}: ${file.message}`);
    }
  }
}
// The stage's own failure is already counted if a test in it failed.
if (failed + failures.length === 0) failures.push(...values.failed.map((s) => `${s} failed`));

for (const line of failures) console.log(`failure: ${line}`);
for (const line of skipped) console.log(`skipped: ${line}`);
failed += failures.length;
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
