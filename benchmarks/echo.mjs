/** The plug-ins that both hosts run: one echoes its input as PDKs do, eight bytes at a time, one without a copy, one calls a host function. */

import loadWabt from "wabt";

const ECHO = `(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32)))
  (import "extism:host/env" "input_load_u64" (func $input_load_u64 (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (memory (export "memory") 1)
  (func (export "echo") (result i32) (local $length i64) (local $block i64) (local $i i64)
    (local.set $length (call $input_length))
    (local.set $block (call $alloc (local.get $length)))
    (block $words_done (loop $words
      (br_if $words_done (i64.gt_u (i64.add (local.get $i) (i64.const 8)) (local.get $length)))
      (call $store_u64 (i64.add (local.get $block) (local.get $i)) (call $input_load_u64 (local.get $i)))
      (local.set $i (i64.add (local.get $i) (i64.const 8)))
      (br $words)))
    (block $bytes_done (loop $bytes
      (br_if $bytes_done (i64.ge_u (local.get $i) (local.get $length)))
      (call $store_u8 (i64.add (local.get $block) (local.get $i)) (call $input_load_u8 (local.get $i)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br $bytes)))
    (call $output_set (local.get $block) (local.get $length))
    (i32.const 0)))`;

const UNCOPIED = `(module
  (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (func (export "echo") (result i32)
    (call $output_set (call $input_offset) (call $input_length))
    (i32.const 0)))`;

const ASK = `(module
  (import "extism:host/user" "next" (func $next (param i64) (result i64)))
  (func (export "ask_100") (result i32) (local $n i64)
    (loop $again
      (local.set $n (call $next (local.get $n)))
      (br_if $again (i64.lt_u (local.get $n) (i64.const 100))))
    (i32.const 0)))`;

const PASS = `(module
  (import "extism:host/user" "next" (func $next (param i64) (result i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (func (export "pass_100") (result i32) (local $n i32) (local $block i64)
    (local.set $block (call $alloc (i64.const 8)))
    (loop $again
      (drop (call $next (local.get $block)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n) (i32.const 100))))
    (i32.const 0)))`;

const WORK = `(module
  (memory (export "memory") 1)
  (func (export "work") (result i32) (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 2000000))))
    (i32.const 0)))`;

/** @returns The plug-in with `echo`. */
export function echoPlugin() {
  return assemble(ECHO);
}

/** @returns The plug-in with an `echo` whose output is the block of its input: what is left is the host's part. */
export function uncopiedPlugin() {
  return assemble(UNCOPIED);
}

/** @returns The plug-in with `ask_100`, which calls `next` a hundred times. */
export function askPlugin() {
  return assemble(ASK);
}

/** @returns The plug-in with `pass_100`, which passes a block of 8 bytes to `next` a hundred times. */
export function passPlugin() {
  return assemble(PASS);
}

/** @returns The plug-in with `work`, which computes for about a millisecond. */
export function workPlugin() {
  return assemble(WORK);
}

async function assemble(text) {
  const module = (await loadWabt()).parseWat("plugin.wat", text);
  try {
    return Uint8Array.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}
