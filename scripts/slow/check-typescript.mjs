/**
 * Forbids TypeScript plug-ins that do not run in the official hosts of others: one plug-in is built, interpreted and
 * optimized, and called in the Go host (wazero) and in the Python host (wasmtime), each from its own registry. Where Go or Python is missing, its line says so.
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
  { output: '{"fibonacci":610,"sum":3.818228993228994}' },
];

await check(async (fail) => {
  const folder = mkdtempSync(join(tmpdir(), "tenon-hosts-"));
  try {
    const go = prepareGo(folder);
    const python = preparePython(folder);
    const lines = [];
    for (const optimize of [false, true]) {
      const { wasm, optimized } = await compile("plugin.ts", { root: here, optimize });
      if (optimize && !(optimized?.compiled > 0)) fail("compiler/test/hosts/plugin.ts", "has no function that is optimized");
      const plugin = join(folder, "plugin.wasm");
      writeFileSync(plugin, wasm);
      const kind = optimize ? ", optimized" : "";
      lines.push(judge(`Go${kind}`, go?.(plugin), fail), judge(`Python${kind}`, python?.(plugin), fail));
    }
    return lines.join("; ");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** @returns What runs a plug-in's calls in the Go host; nothing if there is no Go. */
function prepareGo(folder) {
  if (!isThere("go", ["version"])) return undefined;
  for (const name of ["main.go", "go.mod", "go.sum"]) copyFileSync(join(here, name), join(folder, name));
  const built = run("go", ["build", "-o", "host", "."], { cwd: folder });
  return (plugin) => (built.ok ? run(join(folder, "host"), [plugin]) : built);
}

function preparePython(folder) {
  const venv = join(folder, "venv");
  if (!isThere("python3", ["-m", "venv", venv])) return undefined;
  const installed = run(join(venv, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", PYTHON_HOST]);
  return (plugin) => (installed.ok ? run(join(venv, "bin/python"), [join(here, "main.py"), plugin]) : installed);
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
