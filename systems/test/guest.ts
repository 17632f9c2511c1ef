/**
 * Small plug-ins for tests, written as WebAssembly text: each export says what it does in one word.
 */
import loadWabt from "wabt";

/** What an export does. */
export type Behaviour =
  | { readonly reply: string | Uint8Array }
  | { readonly echo: true }
  | { readonly ask: string }
  | { readonly tell: string; readonly value: string }
  | { readonly fail: string };

const wabt = await loadWabt();

/**
 * Builds a plug-in.
 *
 * `reply` outputs these bytes, `echo` its input, `ask` what an import of this name returns for its input, `tell` what an
 * import returns for `value`, `fail` sets an error.
 *
 * @param exports Behaviour by name.
 * @param imports Imports by name with their type, by default one handle in and one out.
 */
export function guest(exports: Readonly<Record<string, Behaviour>>, imports: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
  const names = new Set(Object.values(exports).flatMap((each) => ("ask" in each ? [each.ask] : "tell" in each ? [each.tell] : [])));
  const types = { ...Object.fromEntries([...names].map((name) => [name, "(param i64) (result i64)"])), ...imports };
  const data: string[] = [];
  let end = 16;
  const place = (content: string | Uint8Array): string => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    data.push(`(data (i32.const ${end}) "${[...bytes].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("")}")`);
    const range = `(i32.const ${end}) (i32.const ${bytes.length})`;
    end += bytes.length;
    return range;
  };
  const functions = Object.entries(exports).map(([name, each]) => `(func (export "${name}") (result i32) ${bodyOf(each, place)})`);
  const text = `(module
    (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
    (import "extism:host/env" "length" (func $length (param i64) (result i64)))
    (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
    (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
    (import "extism:host/env" "input_length" (func $input_length (result i64)))
    (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
    (import "extism:host/env" "error_set" (func $error_set (param i64)))
    ${Object.entries(types).map(([name, type]) => `(import "extism:host/user" "${name}" (func $${name} ${type}))`).join("\n")}
    (memory (export "memory") 2)
    (func $share (param $from i32) (param $size i32) (result i64) (local $to i64) (local $i i32)
      (local.set $to (call $alloc (i64.extend_i32_u (local.get $size))))
      (block $done (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $size)))
        (call $store (i64.add (local.get $to) (i64.extend_i32_u (local.get $i))) (i32.load8_u (i32.add (local.get $from) (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
      (local.get $to))
    (func $reply (param $block i64) (call $output_set (local.get $block) (call $length (local.get $block))))
    (func $input (result i64) (call $input_offset))
    ${functions.join("\n")}
    ${data.join("\n")})`;
  const module = wabt.parseWat("guest.wat", text);
  try {
    return Uint8Array.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

function bodyOf(each: Behaviour, place: (content: string | Uint8Array) => string): string {
  if ("reply" in each) return `(call $reply (call $share ${place(each.reply)})) (i32.const 0)`;
  if ("echo" in each) return "(call $output_set (call $input_offset) (call $input_length)) (i32.const 0)";
  if ("ask" in each) return `(call $reply (call $${each.ask} (call $input))) (i32.const 0)`;
  if ("tell" in each) return `(call $reply (call $${each.tell} (call $share ${place(each.value)}))) (i32.const 0)`;
  return `(call $error_set (call $share ${place(each.fail)})) (i32.const 1)`;
}
