/**
 * Compiles the walk over the code of modules and writes `wasm/src/walk-wasm.ts`. With `--check` nothing is written and a
 * stale file is an error.
 */
import { compileAssembly, fail, inline } from "@tenon/toolchain/assembly.mjs";

const MAX_BYTES = 10_752;

const binary = await compileAssembly("wasm/assembly/walk.ts");
if (binary.length > MAX_BYTES) fail(`Walk too large: ${binary.length} bytes of ${MAX_BYTES}; make it smaller, it is part of every host`);
inline("wasm/src/walk-wasm.ts", binary, { script: "wasm/build.mjs", source: "wasm/assembly", what: "The walk", name: "WALK", decoder: "./inlined.js" });
