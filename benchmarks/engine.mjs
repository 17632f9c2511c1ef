/**
 * How fast does the engine of TypeScript plug-ins interpret? Against QuickJS-NG built from its C sources with -O3, which other
 * compilers of plug-ins bring: the same scripts in turn, in one process, without limits. A ratio above 1 means that ours is faster.
 *
 *   node benchmarks/engine.mjs [--json] [--quick]
 *
 * The sources are those of the crate that `engine/Cargo.lock` names by checksum, a version older than ours; they are built once, by
 * clang from npm, which takes a minute and a half. Needs Cargo, for fetching.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { compile } from "@tenon/compiler";
import { createPlugin } from "@tenon/host";

import { race, repeatSync, rounded } from "./rounds.mjs";
import { SCRIPTS } from "./scripts.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const CACHE = here("../.cache");
const FLAGS = ["--target=wasm32-wasip1", "-mexec-model=reactor", "-O3", "-D_GNU_SOURCE", "-DNDEBUG", "-w", "-Wl,-z,stack-size=1048576"];
const UNITS = ["main.c", "quickjs.c", "libregexp.c", "libunicode.c", "dtoa.c"];

const rival = new WebAssembly.Module(await buildRival());
const source = Object.entries(SCRIPTS).map(([name, body]) => `export function ${name}() { ${body} }`).join("\n");
const load = async (optimize) => await createPlugin((await compile({ "plugin.js": source }, { optimize })).wasm, { limits: "none", measure: false });
const [interpreted, optimized] = [await load(false), await load(true)];

const rows = [];
for (const [name, body] of Object.entries(SCRIPTS)) {
  const run = startRival(body);
  const expected = run();
  if (!expected) throw new Error(`Cannot compare "${name}": it gives ${expected}, as a script would that finds nothing to do`);
  for (const plugin of [interpreted, optimized]) {
    const got = Number(plugin.callSync(name).text());
    if (got !== expected) throw new Error(`Cannot compare "${name}": ours gives ${got}, QuickJS-NG ${expected}`);
  }
  const ours = (plugin) => repeatSync(() => Number(plugin.callSync(name).text()));
  const times = await race({ rival: repeatSync(run), interpreted: ours(interpreted), optimized: ours(optimized) }, { count: 1, rounds: process.argv.includes("--quick") ? 5 : 25 });
  rows.push({ script: name, interpretedNs: Math.round(times.interpreted), optimizedNs: Math.round(times.optimized), rivalNs: Math.round(times.rival), ratio: rounded(times.rival / times.interpreted), optimizedRatio: rounded(times.rival / times.optimized) });
}
const mean = (field) => rounded(Math.exp(rows.reduce((sum, row) => sum + Math.log(row[field]), 0) / rows.length));
rows.push({ script: "geometric mean", ratio: mean("ratio"), optimizedRatio: mean("optimizedRatio") });
if (process.argv.includes("--json")) console.log(JSON.stringify({ rival: "QuickJS-NG 0.16.2 at -O3", rows }, undefined, 2));
else for (const { script, interpretedNs, optimizedNs, rivalNs, ratio, optimizedRatio } of rows) console.log(`${script.padEnd(15)} ${[["interpreted", interpretedNs], ["optimized", optimizedNs], ["-O3", rivalNs]].map(([name, ns]) => `${name} ${ns === undefined ? "" : `${rounded(ns / 1e6)} ms`}`.padEnd(22)).join("")} ratio ${ratio}, optimized ${optimizedRatio}`);

/** A fresh engine with one function in it. */
function startRival(body) {
  const nothing = () => 0;
  const { exports } = new WebAssembly.Instance(rival, { wasi_snapshot_preview1: Object.fromEntries(WebAssembly.Module.imports(rival).map(({ name }) => [name, nothing])) });
  exports._initialize();
  const text = new TextEncoder().encode(`(function () { ${body} })\0`);
  const place = exports.reserve(text.length);
  new Uint8Array(exports.memory.buffer).set(text, place);
  if (exports.load(place, text.length - 1) !== 0) throw new Error("QuickJS-NG refuses the script");
  return exports.run;
}

async function buildRival() {
  const made = join(CACHE, "quickjs-o3.wasm");
  if (existsSync(made)) return readFileSync(made);
  process.stderr.write("building QuickJS-NG with -O3, which takes a minute and a half …\n");
  const metadata = execFileSync("cargo", ["metadata", "--locked", "--format-version=1"], { cwd: here("engine"), encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
  const { manifest_path } = JSON.parse(metadata).packages.find(({ name }) => name === "rquickjs-sys");
  const folder = join(manifest_path, "../quickjs");
  const files = Object.fromEntries(readdirSync(folder).filter((name) => /\.[ch]$/.test(name)).map((name) => [name, readFileSync(join(folder, name))]));
  files["main.c"] = readFileSync(here("engine/main.c"));
  const { commands } = await import("@yowasp/clang");
  await commands.clang(null, {}, { fetchProgress: () => {} });
  const wasm = (await commands.clang([...FLAGS, ...UNITS, "-o", "quickjs.wasm"], files, {}))["quickjs.wasm"];
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(made, wasm);
  return wasm;
}
