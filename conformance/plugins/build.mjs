/**
 * Rebuilds the committed plug-ins from their sources.
 *
 * usage: node conformance/plugins/build.mjs [--only TEXT] [--check] [--out DIR]
 *   --only TEXT  those whose name contains TEXT
 *   --check      writes nothing: compares with what is committed. A difference is a failure if the same version of the compiler
 *                made both, wherever it ran; else run the cases on the new ones: `--out DIR`, then `node ../run.mjs ADAPTER --wasm DIR`
 *   --out DIR    writes there
 * A compiler that is missing is named with what to install; the others are built all the same. Exit code 1 for a failure,
 * 3 if nothing failed but something was missing.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { MissingTool, compileAssemblyScript, compileClang, compileD, compileGo, compileLua, compileNim, compileRust, compileZig } from "./toolchains.mjs";

const HERE = "conformance/plugins/kitchen-sink";
const HOSTED_CPP = ["--target=wasm32-wasip1", "-std=c++23", "-fno-exceptions", "-mexec-model=reactor"];
const FREESTANDING_C = ["--target=wasm32", "-std=c23", "-nostdlib", "-fno-builtin", "-Wl,--no-entry"];

const PLUGINS = {
  "kitchen-sink.c-none": () => compileClang([`${HERE}/c-none/kitchen-sink.c`, `${HERE}/c-none/abi.h`], FREESTANDING_C),
  "kitchen-sink.c-tenon": () => compileClang([`${HERE}/c-tenon/kitchen-sink.c`, "pdks/c/tenon.h"], FREESTANDING_C),
  "kitchen-sink.cpp-tenon": () =>
    compileClang([`${HERE}/cpp-tenon/kitchen-sink.cpp`, "pdks/cpp/tenon.hpp", "pdks/c/tenon.h"], HOSTED_CPP),
  "kitchen-sink.as-extism": () => compileAssemblyScript(`${HERE}/as-extism/kitchen-sink.ts`, `${HERE}/as-extism/kitchen-sink/onAbort`),
  "kitchen-sink.as-tenon": () => compileAssemblyScript(`${HERE}/as-tenon/kitchen-sink.ts`, "~lib/@tenon/pdk-assemblyscript/assembly/call/abort"),
  "kitchen-sink.rust-extism": () => compileRust(`${HERE}/rust-extism`, "kitchen_sink"),
  "kitchen-sink.rust-tenon": () => compileRust(`${HERE}/rust-tenon`, "kitchen_sink_tenon"),
  "kitchen-sink.go-extism": () => compileGo(`${HERE}/go-extism`),
  "kitchen-sink.go-tenon": () => compileGo(`${HERE}/go-tenon`),
  "kitchen-sink.zig-tenon": () => compileZig(`${HERE}/zig-tenon/kitchen_sink.zig`),
  "kitchen-sink.d-none": () => compileD(`${HERE}/d-none`),
  "kitchen-sink.nim-c": () => compileNim(`${HERE}/nim-c`, "kitchen_sink"),
  "kitchen-sink.lua-c": () => compileLua(`${HERE}/lua-c`),
  "before-checkout.rust-extism": () => compileRust("conformance/plugins/before-checkout/rust-extism", "before_checkout"),
};

/** Cargo names what it builds after the folder of a crate that is found by its path, so these have other bytes elsewhere. */
const DEPENDS_ON_PLACE = new Set(["kitchen-sink.rust-tenon"]);

const { values } = parseArgs({ options: { only: { type: "string", default: "" }, check: { type: "boolean", default: false }, out: { type: "string" } } });
const committed = fileURLToPath(new URL("wasm", import.meta.url));
const target = values.out ?? committed;
const recordPath = join(committed, "built-with.json");
const record = JSON.parse(readFileSync(recordPath, "utf8"));
let isMissing = false;

for (const [name, compile] of Object.entries(PLUGINS)) {
  if (!name.includes(values.only)) continue;
  try {
    const startMs = performance.now();
    const { wasm, tool } = await compile();
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const sha256 = createHash("sha256").update(wasm).digest("hex");
    const isSame = sha256 === record[name]?.sha256;
    console.log(`${name}: ${wasm.length} bytes in ${seconds} s with ${tool}: ${isSame ? "as committed" : "differs from what is committed"}`);
    if (values.check) {
      if (!isSame && tool === record[name]?.tool && !DEPENDS_ON_PLACE.has(name)) throw new Error(`The same compiler, ${tool}, made other bytes: rebuild and commit "${name}"`);
    } else {
      mkdirSync(target, { recursive: true });
      writeFileSync(join(target, `${name}.wasm`), wasm);
      if (target === committed) record[name] = { tool, bytes: wasm.length, sha256 };
    }
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    if (error instanceof MissingTool) isMissing = true;
    else process.exitCode = 1;
  }
}
if (!values.check && target === committed) writeFileSync(recordPath, `${JSON.stringify(record, undefined, 2)}\n`);
if (isMissing) process.exitCode ??= 3;
