/**
 * Modules out of the text format, for tests and the fuzzer's cases. Test code.
 */
import { readFileSync } from "node:fs";
import wabtInit from "wabt";

const wabt = await wabtInit();
const FEATURES = {
  exceptions: true, tail_call: true, memory64: true, multi_memory: true, threads: true, simd: true, bulk_memory: true,
  reference_types: true, multi_value: true, mutable_globals: true, extended_const: true, relaxed_simd: true, sat_float_to_int: true, sign_extension: true,
};

/** Compiles text to a module. */
export function compile(text: string): Uint8Array {
  const module = wabt.parseWat("test.wat", text, FEATURES);
  try {
    return module.toBinary({ write_debug_names: true }).buffer;
  } finally {
    module.destroy();
  }
}

/** Reads and compiles a file of this package. */
export function compileFile(path: string): Uint8Array {
  return compile(readFileSync(new URL(`../${path}`, import.meta.url), "utf8"));
}
