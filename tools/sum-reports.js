// Adds up the JSON reports of the test runs in a folder and prints the closing line of CI: `N passed, N failed`.
// A suite that never wrote its report, or ended badly though none of its tests failed (a worker that crashed, an error outside of a
// test, a check of formats or types), counts as one failure.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2] ?? ".";
let passed = 0;
let failed = 0;
let skipped = 0;
for (const name of ["test", "check", "interop"]) {
  const endedBadly = existsSync(join(folder, `${name}.failed`));
  const report = reportOf(join(folder, `${name}.json`));
  if (report === undefined) {
    failed += 1;
    continue;
  }
  passed += report.numPassedTests;
  skipped += report.numPendingTests + report.numTodoTests;
  // A file that fails before it can run a test has none that failed.
  const files = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  failed += Math.max(report.numFailedTests + files.length, endedBadly ? 1 : 0);
}
if (skipped > 0) console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

/** Undefined when there is none, or not all of it. */
function reportOf(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
