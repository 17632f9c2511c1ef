/**
 * Stands in the place of `vitest` where Vitest's own runner cannot start: its core, which needs nothing of a platform, and
 * its `expect`. What is exported is what the tests use; a test that uses more does not bundle. Bundled by `bundle.mjs`.
 */
import { ASYMMETRIC_MATCHERS_OBJECT, GLOBAL_EXPECT, JestAsymmetricMatchers, JestChaiExpect, JestExtend, setState } from "@vitest/expect";
import { startTests } from "@vitest/runner";
import { spyOn } from "@vitest/spy";
import * as chai from "chai";

export { afterAll, afterEach, beforeAll, beforeEach, describe, onTestFinished, test } from "@vitest/runner";

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);

/** As Vitest's, as far as tests use it. */
export const vi = { spyOn };

/** As Vitest's. */
export const expect = Object.assign((value, message) => chai.expect(value, message), chai.expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT]);
Object.defineProperty(globalThis, GLOBAL_EXPECT, { value: expect, configurable: true });
setState({}, expect);

const CONFIG = {
  root: "/",
  setupFiles: [],
  passWithNoTests: false,
  allowOnly: false,
  sequence: { shuffle: false, concurrent: false, seed: 1, hooks: "stack", setupFiles: "list" },
  maxConcurrency: 1,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  retry: 0,
  includeTaskLocation: false,
  tags: [],
  strictTags: false,
};

/**
 * Runs test files one after the other.
 *
 * @param suites For each file its path and how to import it.
 * @returns What is shown of each file: `{ file, passed, skipped, failures: [{ name, message }] }`.
 */
export async function runSuites(suites) {
  const runner = { config: CONFIG, importFile: (path) => suites[path.slice(1)]() };
  const results = [];
  for (const path of Object.keys(suites)) {
    const [file] = await startTests([`/${path}`], runner);
    const tests = testsOf(file);
    const failed = tests.filter((test) => test.result?.state === "fail");
    const failures = failed.map((test) => ({ name: nameOf(test), message: test.result.errors?.[0]?.message ?? "it says nothing" }));
    if (file.result?.state === "fail" && failures.length === 0) failures.push({ name: "the file", message: file.result.errors?.[0]?.message ?? "it cannot be run" });
    const passed = tests.filter((test) => test.result?.state === "pass").length;
    results.push({ file: path, passed, skipped: tests.length - passed - failed.length, failures });
  }
  return results;
}

function testsOf(task) {
  return task.type === "test" ? [task] : task.tasks.flatMap(testsOf);
}

function nameOf(task) {
  return task.suite === undefined ? task.name : `${nameOf(task.suite)} > ${task.name}`;
}
