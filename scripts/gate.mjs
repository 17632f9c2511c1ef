/**
 * The gate: runs the checks of this folder one after the other, whatever fails, and says of each in one line how it went
 * and how long it took, with one line per failure below.
 *
 *   node scripts/gate.mjs [--slow] [--tests COMMAND] [NAME …]
 *
 * NAME picks checks (`lint`, `size`, …). `--slow` adds those of `slow/`. `--tests` first runs a shell command that runs the
 * test suite, and counts its tests by the report that `vitest.config.ts` then writes; the last line counts tests and checks.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, stripVTControlCharacters } from "node:util";
import { run } from "./check.mjs";
import { root } from "./tree.mjs";

/** Cheap and telling ones first; `abi` comes before any build, `types` builds what those after it read. */
const FAST = ["lock", "abi", "types", "lint", "imports", "exports", "files", "words", "docs", "code", "unused", "size", "support", "conformance", "languages", "packages"];
const SLOW = ["site", "tutorials", "fixtures", "matrix", "templates", "compiler", "typescript", "runtimes", "workerd", "bundlers", "example", "fuzz", "hosts", "soak"];

const { values: options, positionals } = parseArgs({
  options: { slow: { type: "boolean", default: false }, tests: { type: "string" } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => ![...FAST, ...SLOW].includes(name));
if (unknown.length > 0) throw new RangeError(`Cannot run the check "${unknown.join('", "')}": there are ${[...FAST, ...SLOW].join(", ")}`);

const total = { passed: 0, failed: 0 };
const checks = positionals.length > 0 ? positionals : [...FAST, ...(options.slow ? SLOW : [])];
const beforeBuild = options.tests === undefined ? [] : checks.filter((name) => name === "lock" || name === "abi");
for (const name of beforeBuild) runCheck(name);
if (options.tests !== undefined) runTests(options.tests);
for (const name of checks) if (!beforeBuild.includes(name)) runCheck(name);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;

function runCheck(name) {
  const startMs = performance.now();
  const { ok, stdout, stderr } = run(process.execPath, [`scripts/${SLOW.includes(name) ? "slow/" : ""}check-${name}.mjs`]);
  const lines = stdout.split("\n").filter((line) => line !== "");
  if (!ok && lines.length === 0) lines.push(`did not start: ${stderr.trim().split("\n").at(-1)}`);
  report({ name, startMs, passed: ok ? 1 : 0, failures: ok ? [] : lines, figures: ok ? lines.join("; ") : `${lines.length} failures` });
}

/** Runs the test command and counts; a command that fails with no failed test in its report counts as one failure. */
function runTests(command) {
  const startMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "tenon-tests-"));
  const file = join(folder, "report.json");
  try {
    const { status } = spawnSync(command, {
      shell: true,
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, TENON_TEST_REPORT: file },
    });
    const suites = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).testResults : [];
    const tests = suites.flatMap((suite) => suite.assertionResults.map((test) => ({ ...test, file: relativePath(suite.name) })));
    const failures = [
      ...tests.filter((test) => test.status === "failed").map((test) => `${test.file}: ${test.fullName}: ${oneLine(test.failureMessages[0])}`),
      ...suites
        .filter((suite) => suite.status === "failed" && !suite.assertionResults.some((test) => test.status === "failed"))
        .map((suite) => `${relativePath(suite.name)}: cannot be run: ${oneLine(suite.message)}`),
    ];
    const passed = tests.filter((test) => test.status === "passed").length;
    const skipped = tests.length - passed - tests.filter((test) => test.status === "failed").length;
    if (status !== 0 && failures.length === 0) failures.push(`"${command}" ended with ${status}; its output is above`);
    if (status === 0 && passed === 0) failures.push(`"${command}" ran no test; look at vitest.config.ts`);
    report({ name: "tests", startMs, passed, failures, figures: `${passed} passed, ${skipped} skipped, ${failures.length} failed in ${suites.length} files` });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function report({ name, startMs, passed, failures, figures }) {
  total.passed += passed;
  total.failed += name === "tests" ? failures.length : failures.length > 0 ? 1 : 0;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${failures.length > 0 ? "FAIL" : "ok  "} ${name.padEnd(9)} ${seconds.padStart(6)} s  ${figures}`);
  for (const line of failures) console.log(`     ${line}`);
}

function relativePath(path) {
  return path.startsWith(root) ? path.slice(root.length + 1) : path;
}

/** The first line of a message, without colours. */
function oneLine(message) {
  return stripVTControlCharacters(message ?? "no message").split("\n")[0];
}
