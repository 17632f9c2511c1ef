/**
 * Forbids TypeScript plug-ins that do not run in the official hosts of others: one plug-in is built and called in the Go host
 * (wazero) and in the Python host (wasmtime), each from its own registry. Where Go or Python is missing, its line says so.
 * npm's host runs all tests of the compiler.
 */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "@tenon/compiler";
import { check, firstLine, run } from "../check.mjs";
import { root } from "../tree.mjs";

const PYTHON_HOST = "extism==1.1.1";
const here = join(root, "compiler/test/hosts");

/** What each call has to print; the calls stand in `main.go` and `main.py`. */
const EXPECTED = [
  { output: "HÉÉ" },
  { output: '{"sum":6,"level":3,"currency":"EUR","seen":1}' },
  { output: '{"sum":0,"level":3,"currency":"EUR","seen":2}' },
  { output: "later" },
  { output: "true" },
  { error: "RangeError: too far\n    at fail (plugin.ts:21:13)" },
];

await check(async (fail) => {
  const folder = mkdtempSync(join(tmpdir(), "tenon-hosts-"));
  try {
    const { wasm } = await compile("plugin.ts", { root: here });
    const plugin = join(folder, "plugin.wasm");
    writeFileSync(plugin, wasm);
    return [judge("Go", runGo(plugin, folder), fail), judge("Python", runPython(plugin, folder), fail)].join(", ");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function runGo(plugin, folder) {
  if (!isThere("go", ["version"])) return undefined;
  for (const name of ["main.go", "go.mod", "go.sum"]) copyFileSync(join(here, name), join(folder, name));
  return run("go", ["run", ".", plugin], { cwd: folder });
}

function runPython(plugin, folder) {
  const venv = join(folder, "venv");
  if (!isThere("python3", ["-m", "venv", venv])) return undefined;
  const installed = run(join(venv, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", PYTHON_HOST]);
  return installed.ok ? run(join(venv, "bin/python"), [join(here, "main.py"), plugin]) : installed;
}

function isThere(program, args) {
  try {
    return run(program, args).ok;
  } catch {
    return false;
  }
}

function judge(name, result, fail) {
  if (result === undefined) return `${name}: skipped because it is not installed`;
  if (!result.ok) fail(name, `its host ends with "${firstLine(result.stderr)}"`);
  const lines = result.stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  for (const [index, expected] of EXPECTED.entries()) {
    if (result.ok && JSON.stringify(lines[index]) !== JSON.stringify(expected)) fail(name, `call ${index + 1} gives ${JSON.stringify(lines[index])}, expected ${JSON.stringify(expected)}`);
  }
  return `${name}: ${EXPECTED.length} calls`;
}
