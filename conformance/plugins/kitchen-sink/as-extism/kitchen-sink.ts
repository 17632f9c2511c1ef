/**
 * The kitchen sink (../../kitchen-sink.md) in AssemblyScript with the npm package `@extism/as-pdk`.
 *
 * The package wraps input, output, configuration, variables, memory and four log levels. It exports its raw imports too,
 * which serve for errors; what it has neither way (trace, log level, HTTP status and headers, `error_get`) is left out.
 */
import { Config, Host, LogLevel, Memory, Var } from "@extism/as-pdk";
import {
  alloc, error_set, free, input_length, input_load_u64, input_load_u8, length, load_u64, output_set, store_u64,
} from "@extism/as-pdk/lib/env";

/** What the compiler calls for an uncaught exception: nothing but the trap. */
export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}

function output(text: string): i32 {
  // Not `Host.outputString`, which takes the number of UTF-16 units for the number of bytes.
  Host.output(Uint8Array.wrap(String.UTF8.encode(text)));
  return 0;
}

function answer(value: string | null): i32 {
  return output(value === null ? "-" : "=" + value);
}

// Input and output.

export function echo(): i32 {
  Host.output(Host.input());
  return 0;
}

export function upper(): i32 {
  const bytes = Host.input();
  for (let i = 0; i < bytes.length; i++) if (bytes[i] >= 97 && bytes[i] <= 122) bytes[i] -= 32;
  Host.output(bytes);
  return 0;
}

export function count_vowels(): i32 {
  const text = Host.inputString();
  let count = 0;
  for (let i = 0; i < text.length; i++) if ("aeiouAEIOU".includes(text.charAt(i))) count++;
  return output('{"count":' + count.toString() + "}");
}

/** What follows a key in flat JSON, without the spaces before it; empty when the key is not there. */
function valueOf(json: string, key: string): string {
  const at = json.indexOf('"' + key + '"');
  if (at < 0) return "";
  return json.substring(json.indexOf(":", at) + 1).trimStart();
}

export function before_checkout(): i32 {
  const cart = Host.inputString();
  const isNew = valueOf(cart, "is_new_customer");
  const total = parseInt(valueOf(cart, "cart_total_in_cents"));
  if (isNew == "" || isNaN(total)) {
    error_set(Memory.allocateString("not a cart").offset);
    return 1;
  }
  return output(isNew.startsWith("true") && total >= 10000 ? '{"discount_percent":20}' : '{"discount_percent":0}');
}

export function range(): i32 {
  const memory = Memory.allocateBytes(Host.input());
  if (memory.length < 4) return 1;
  Host.outputMemory(new Memory(memory.offset + 3, memory.length - 4));
  return 0;
}

export function output_twice(): i32 {
  Host.output(Host.input());
  return output("second");
}

export function no_output(): i32 {
  return 0;
}

export function void_result(): void {
  Host.output(Host.input());
}

export function input_u8(): i32 {
  const bytes = new Uint8Array(<i32>input_length());
  for (let i = 0; i < bytes.length; i++) bytes[i] = input_load_u8(i);
  Host.output(bytes);
  return 0;
}

export function input_u64(): i32 {
  Host.output(Host.input());
  return 0;
}

export function input_past_end(): i32 {
  const end = input_length();
  const far: u64 = 1 << 63;
  let sum: u64 = <u64>input_load_u8(end) + input_load_u64(end);
  sum += <u64>input_load_u8(end + 1000) + input_load_u64(end + 1000);
  sum += <u64>input_load_u8(far) + input_load_u64(far);
  return output(sum.toString());
}

// Failures.

export function fail_text(): i32 {
  error_set(Memory.allocateBytes(Host.input()).offset);
  return 7;
}

export function fail_text_zero(): i32 {
  error_set(Memory.allocateBytes(Host.input()).offset);
  return 0;
}

export function fail_code(): i32 {
  return <i32>parseInt(Host.inputString());
}

export function fail_cleared(): i32 {
  error_set(Memory.allocateBytes(Host.input()).offset);
  error_set(0);
  return output("recovered");
}

export function trap(): i32 {
  throw new Error("given up");
}

export function loop_forever(): i32 {
  let n: u32 = 1;
  while (n != 0) n += 2;
  return <i32>n;
}

function recurse(depth: i32): i32 {
  return depth < 0 ? depth : recurse(depth ^ 1) + depth;
}

export function recurse_forever(): i32 {
  return recurse(1);
}

export function grow_memory(): i32 {
  // Makes the runtime set up its heap, which it cannot once the memory has 4 GiB.
  Host.input();
  let pages = 0;
  while (memory.grow(64) >= 0) pages += 64;
  return output(pages.toString());
}

export function eat_memory(): i32 {
  const eaten: Uint8Array[] = [];
  while (true) eaten.push(new Uint8Array(1 << 20));
}

export function eat_blocks(): i32 {
  let count = 0;
  while (alloc(1 << 20) != 0) count++;
  return output(count.toString());
}

// Host services.

export function config_get(): i32 {
  return answer(Config.get(Host.inputString()));
}

export function var_get(): i32 {
  const found = Var.get(Host.inputString());
  if (found === null) return output("-");
  const value: Uint8Array = found;
  const bytes = new Uint8Array(value.length + 1);
  bytes[0] = 61;
  bytes.set(value, 1);
  Host.output(bytes);
  return 0;
}

export function var_set(): i32 {
  const bytes = Host.input();
  const equals = bytes.indexOf(61);
  Var.set(String.UTF8.decode(bytes.slice(0, equals).buffer), bytes.slice(equals + 1));
  return 0;
}

export function var_delete(): i32 {
  Var.remove(Host.inputString());
  return 0;
}

export function var_count(): i32 {
  const old = Var.getString("count");
  const count = ((old === null ? 0 : <i32>parseInt(old)) + 1).toString();
  Var.set("count", Uint8Array.wrap(String.UTF8.encode(count)));
  return output(count);
}

let staticCount = 0;

export function static_count(): i32 {
  staticCount++;
  return output(staticCount.toString());
}

export function log_four(): i32 {
  const text = Host.inputString();
  Host.log(LogLevel.Debug, text);
  Host.log(LogLevel.Info, text);
  Host.log(LogLevel.Warn, text);
  Host.log(LogLevel.Error, text);
  return 0;
}

export function alloc_many(): i32 {
  const count = <i32>parseInt(Host.inputString());
  const handles = new StaticArray<u64>(2 * count);
  let kept = 0;
  for (let i = 0; i < count; i++) store_u64((handles[i] = alloc(16)), i);
  for (let i = 1; i < count; i += 2) free(handles[i]);
  for (let i = count; i < 2 * count; i++) store_u64((handles[i] = alloc(16)), i);
  for (let i = 0; i < count; i += 2) if (load_u64(handles[i]) == i) kept++;
  for (let i = count; i < 2 * count; i++) if (load_u64(handles[i]) == i) kept++;
  return output(kept.toString());
}

// Host functions.

@external("extism:host/user", "add_i32")
declare function addI32(a: i32, b: i32): i32;
@external("extism:host/user", "add_i64")
declare function addI64(a: i64, b: i64): i64;
@external("extism:host/user", "add_f32")
declare function addF32(a: f32, b: f32): f32;
@external("extism:host/user", "add_f64")
declare function addF64(a: f64, b: f64): f64;
@external("extism:host/user", "upper")
declare function hostUpper(text: u64): u64;
@external("extism:host/user", "mixed")
declare function mixed(a: i32, b: i64, c: f32, d: f64, text: u64): u64;
@external("extism:host/user", "sum_seven")
declare function sumSeven(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32, g: i32): i32;
@external("extism:host/user", "note")
declare function note(text: u64): void;
@external("extism:host/user", "refuse")
declare function refuse(): void;

/** Sets a block that the host made as output. */
function outputBlock(handle: u64): i32 {
  output_set(handle, length(handle));
  return 0;
}

function outputNumber<T>(value: T): i32 {
  const bytes = new Uint8Array(sizeof<T>());
  store<T>(bytes.dataStart, value);
  Host.output(bytes);
  return 0;
}

export function host_i32(): i32 {
  const at = Host.input().dataStart;
  return outputNumber<i32>(addI32(load<i32>(at), load<i32>(at, 4)));
}

export function host_i64(): i32 {
  const at = Host.input().dataStart;
  return outputNumber<i64>(addI64(load<i64>(at), load<i64>(at, 8)));
}

export function host_f32(): i32 {
  const at = Host.input().dataStart;
  return outputNumber<f32>(addF32(load<f32>(at), load<f32>(at, 4)));
}

export function host_f64(): i32 {
  const at = Host.input().dataStart;
  return outputNumber<f64>(addF64(load<f64>(at), load<f64>(at, 8)));
}

export function host_text(): i32 {
  return outputBlock(hostUpper(Memory.allocateBytes(Host.input()).offset));
}

export function host_mixed(): i32 {
  const bytes = Host.input();
  const at = bytes.dataStart;
  const text = Memory.allocateBytes(bytes.slice(24)).offset;
  return outputBlock(mixed(load<i32>(at), load<i64>(at, 4), load<f32>(at, 12), load<f64>(at, 16), text));
}

export function host_seven(): i32 {
  const n = Int32Array.wrap(Host.input().buffer);
  return outputNumber<i32>(sumSeven(n[0], n[1], n[2], n[3], n[4], n[5], n[6]));
}

export function host_note(): i32 {
  note(Memory.allocateBytes(Host.input()).offset);
  return output("noted");
}

export function host_fail(): i32 {
  refuse();
  return 0;
}
