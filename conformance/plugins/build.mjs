/**
 * Rebuilds the committed plug-ins from their sources.
 *
 * usage: node conformance/plugins/build.mjs [--only TEXT] [--uncommitted] [--check] [--out DIR]
 *   --only TEXT  those whose name contains TEXT
 *   --uncommitted  those that are not committed, unless they are there already
 *   --check      writes nothing: compares with what is committed. A difference is a failure if the same version of the compiler
 *                made both, wherever it ran; else run the cases on the new ones: `--out DIR`, then `node ../run.mjs ADAPTER --wasm DIR`
 *   --out DIR    writes there
 * A compiler that is missing is named with what to install; the others are built all the same. Exit code 1 for a failure,
 * 3 if nothing failed but something was missing.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { MissingTool, compile, compileAssembly, compileClang, compileD, compileLua, compileNim, compilePython, compileRuby } from "./toolchains.mjs";

const HERE = "conformance/plugins/kitchen-sink";
/** That the kit for C needs no C library is shown by a plug-in without one. */
const FREESTANDING_C = ["--target=wasm32", "-std=c23", "-nostdlib", "-fno-builtin", "-Wl,--no-entry"];

const PLUGINS = {
  "kitchen-sink.c-none": () => compileClang([`${HERE}/c-none/kitchen-sink.c`, `${HERE}/c-none/abi.h`], FREESTANDING_C),
  "kitchen-sink.c-tenon": () => compileClang([`${HERE}/c-tenon/kitchen-sink.c`, "pdks/c/tenon.h"], FREESTANDING_C),
  "kitchen-sink.cpp-tenon": () => compile("cpp", `${HERE}/cpp-tenon/kitchen-sink.cpp`),
  "kitchen-sink.as-extism": () => compileAssembly(`${HERE}/as-extism/kitchen-sink.ts`, `abort=${HERE}/as-extism/kitchen-sink/onAbort`),
  "kitchen-sink.as-tenon": () => compile("assemblyscript", `${HERE}/as-tenon/kitchen-sink.ts`),
  "kitchen-sink.rust-extism": () => compile("rust", `${HERE}/rust-extism/Cargo.toml`),
  "kitchen-sink.rust-tenon": () => compile("rust", `${HERE}/rust-tenon/Cargo.toml`),
  "kitchen-sink.go-extism": () => compile("go", `${HERE}/go-extism/main.go`),
  "kitchen-sink.go-tenon": () => compile("go", `${HERE}/go-tenon/main.go`),
  "kitchen-sink.ts-tenon": () => compile("typescript", `${HERE}/ts-tenon/kitchen-sink.ts`),
  "kitchen-sink.zig-tenon": () => compile("zig", `${HERE}/zig-tenon/kitchen_sink.zig`),
  "kitchen-sink.d-none": () => compileD(`${HERE}/d-none`),
  "kitchen-sink.nim-c": () => compileNim(`${HERE}/nim-c`, "kitchen_sink"),
  "kitchen-sink.lua-c": () => compileLua(`${HERE}/lua-c`),
  "kitchen-sink.python-c": () => compilePython(`${HERE}/python-c`),
  "kitchen-sink.ruby-c": () => compileRuby(`${HERE}/ruby-c`),
  "greet.d-none": () => compileD("examples/new-language"),
  "before-checkout.rust-extism": () => compile("rust", "conformance/plugins/before-checkout/rust-extism/Cargo.toml"),
};

/** Cargo names what it builds after the folder of a crate that is found by its path, so this one has other bytes elsewhere. */
const DEPENDS_ON_PLACE = new Set(["kitchen-sink.rust-tenon"]);

const { values } = parseArgs({ options: { only: { type: "string", default: "" }, uncommitted: { type: "boolean", default: false }, check: { type: "boolean", default: false }, out: { type: "string" } } });
const committed = fileURLToPath(new URL("wasm", import.meta.url));
const target = values.out ?? committed;
const recordPath = join(committed, "built-with.json");
const record = JSON.parse(readFileSync(recordPath, "utf8"));
let isMissing = false;

const { plugins } = JSON.parse(readFileSync(new URL("plugins.json", import.meta.url), "utf8"));
const uncommitted = new Set(plugins.filter(({ notCommitted }) => notCommitted).map(({ name }) => `kitchen-sink.${name}`));

for (const [name, make] of Object.entries(PLUGINS)) {
  if (!name.includes(values.only)) continue;
  if (values.uncommitted && (!uncommitted.has(name) || existsSync(join(target, `${name}.wasm`)))) continue;
  if (values.check && uncommitted.has(name)) continue;
  try {
    const startMs = performance.now();
    const { wasm, tool } = await make();
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const sha256 = createHash("sha256").update(wasm).digest("hex");
    const isSame = sha256 === record[name]?.sha256;
    console.log(`${name}: ${wasm.length} bytes in ${seconds} s with ${tool}: ${isSame ? "as committed" : uncommitted.has(name) ? "not committed" : "differs from what is committed"}`);
    if (values.check) {
      if (!isSame && !uncommitted.has(name) && tool === record[name]?.tool && !DEPENDS_ON_PLACE.has(name)) throw new Error(`The same compiler, ${tool}, made other bytes: rebuild and commit "${name}"`);
    } else {
      mkdirSync(target, { recursive: true });
      writeFileSync(join(target, `${name}.wasm`), wasm);
      if (target === committed && !uncommitted.has(name)) record[name] = { tool, bytes: wasm.length, sha256 };
    }
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    if (error instanceof MissingTool) isMissing = true;
    else process.exitCode = 1;
  }
}
if (!values.check && !values.uncommitted && target === committed) writeFileSync(recordPath, `${JSON.stringify(record, undefined, 2)}\n`);
if (isMissing) process.exitCode ??= 3;
