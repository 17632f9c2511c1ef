/**
 * Forbids that a host does otherwise than is written down: the host cases of `conformance/host` run on each engine of ours and
 * on the official hosts that this machine has. A case that fails and is not listed fails, and one that is listed and passes
 * too. `--write` keeps the figures in `conformance/hosts.json`, from which `check-conformance.mjs` makes the table of
 * docs/measured/conformance.md. The Go host needs Go; the Python host a `PYTHON` with `pip install extism==1.1.1`.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, firstLine, run } from "../check.mjs";
import { root } from "../tree.mjs";

const OURS = "hosts/typescript/test/conformance-host.mjs";
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

await check((fail) => {
  const folder = mkdtempSync(join(tmpdir(), "tenon-hosts-"));
  const figures = {};
  const left = [];
  try {
    for (const { name, adapter, engine, isHere = () => true } of HOSTS) {
      if (!isHere()) {
        left.push(name);
        continue;
      }
      const file = join(folder, "results.json");
      rmSync(file, { force: true });
      const { stdout, stderr } = run(process.execPath, ["conformance/run.mjs", adapter, "--host", "--json", file, ...(engine ? ["--engine", engine] : [])], { timeout: 400_000 });
      const results = read(file);
      if (results === undefined) {
        fail(name, `the runner ended early: ${firstLine(stderr || stdout)}`);
        continue;
      }
      for (const { name: test, outcome, detail } of results) if (outcome === "failed") fail(`${name}, ${test}`, detail);
      figures[name] = tally(results);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const path = join(root, "conformance/hosts.json");
  if (process.argv.includes("--write")) writeFileSync(path, `${JSON.stringify({ node: process.versions.node.split(".")[0], hosts: { ...read(path)?.hosts, ...figures } }, undefined, 1)}\n`);
  return `${Object.keys(figures).length} hosts${left.length > 0 ? `, not here: ${left.join(", ")}` : ""}`;
});

function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** By topic: how many passed of how many, what is left open and done otherwise, and the reasons for the rest. */
function tally(results) {
  const topics = {};
  for (const { topic, outcome, detail, name } of results) {
    const row = (topics[topic] ??= { passed: 0, of: 0, otherwise: {}, open: [] });
    const short = name.replace(/^[^:]*: /, "");
    if (outcome === "open") {
      if (detail !== "as expected") row.open.push(short);
      continue;
    }
    row.of += 1;
    if (outcome === "passed") row.passed += 1;
    else row.otherwise[short] = detail.split(": ")[0];
  }
  return topics;
}
