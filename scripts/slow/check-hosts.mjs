/**
 * Forbids that a host does otherwise than is written down: the host cases of `conformance/host` run on each engine of ours and
 * on the official hosts that this machine has. A case that fails and is not listed fails, and one that is listed and passes
 * too. `--write` keeps the figures in `conformance/hosts.json`, from which `check-conformance.mjs` makes the table of
 * docs/measured/conformance.md. The Go host needs Go; the Python host a `PYTHON` with `pip install extism==1.1.1`.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "../check.mjs";
import { ADAPTER as OURS, runCasesInProgram, tallyHostCases } from "../runtimes/conformance.mjs";
import { readJson, root } from "../tree.mjs";

const RESULTS = "conformance/hosts.json";
const python = process.env.PYTHON ?? "python3";
const has = (command, args) => spawnSync(command, args, { stdio: "ignore" }).status === 0;

/** Hosts: how the table names them, their adapter, the engine, and whether they can be had here. */
const HOSTS = [
  { name: "Tenon, calling thread", adapter: OURS, engine: "inline" },
  { name: "Tenon, another thread", adapter: OURS, engine: "worker" },
  { name: "Tenon, pool", adapter: OURS, engine: "pool" },
  { name: "npm @extism/extism 2.0.0-rc13", adapter: "conformance/adapters/extism.mjs" },
  { name: "Go go-sdk 1.7.1", adapter: "conformance/adapters/extism-go.mjs", isHere: () => has("go", ["version"]) },
  { name: "Python extism 1.1.1 (Rust runtime 1.41.0)", adapter: "conformance/adapters/extism-python.mjs", isHere: () => has(python, ["-c", "import extism"]) },
];

await check(async (fail) => {
  const figures = {};
  const left = [];
  for (const { name, adapter, engine, isHere = () => true } of HOSTS) {
    if (!isHere()) {
      left.push(name);
      continue;
    }
    try {
      figures[name] = tallyHostCases(name, await runCasesInProgram(process.execPath, [], ["--host", ...(engine ? ["--engine", engine] : [])], adapter), fail);
    } catch (error) {
      fail(name, error.message);
    }
  }
  const kept = { node: process.versions.node.split(".")[0], hosts: { ...readJson(RESULTS).hosts, ...figures } };
  if (process.argv.includes("--write")) writeFileSync(join(root, RESULTS), `${JSON.stringify(kept, undefined, 1)}\n`);
  return `${Object.keys(figures).length} hosts${left.length > 0 ? `, not here: ${left.join(", ")}` : ""}`;
});
