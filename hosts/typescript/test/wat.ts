/** Tests' way to small plug-ins: WebAssembly text in, bytes out. */

import loadWabt from "wabt";

const wabt = await loadWabt();

/** ABI imports that test plug-ins use, ready to be pasted into a module. */
const ABI = `
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "free" (func $free (param i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "load_u8" (func $load_u8 (param i64) (result i32)))
  (import "extism:host/env" "load_u64" (func $load_u64 (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))
  (import "extism:host/env" "config_get" (func $config_get (param i64) (result i64)))
  (import "extism:host/env" "var_get" (func $var_get (param i64) (result i64)))
  (import "extism:host/env" "var_set" (func $var_set (param i64 i64)))
  (import "extism:host/env" "log_info" (func $log_info (param i64)))
  (import "extism:host/env" "get_log_level" (func $get_log_level (result i32)))
`;

/** A function body that makes the block in local `$h` the output. */
export const OUTPUT_H = "(call $output_set (local.get $h) (call $length (local.get $h)))";

/**
 * @param text A module in the text format.
 * @returns Its bytes, with function names.
 */
export function wat(text: string): Uint8Array<ArrayBuffer> {
  const module = wabt.parseWat("test.wat", text, { exceptions: true, tail_call: true, memory64: true, threads: true });
  try {
    return Uint8Array.from(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

/** A plug-in with the ABI's imports and the given ones, one memory and the given fields. */
export function plugin(fields: string, imports = ""): Uint8Array<ArrayBuffer> {
  return wat(`(module ${ABI} ${imports} (memory (export "memory") 1) ${fields})`);
}

/** Echoes its input block, without a copy. */
export const ECHO: Uint8Array<ArrayBuffer> = plugin(`
  (func (export "echo") (result i32)
    (call $output_set (call $input_offset) (call $input_length)) (i32.const 0))`);
