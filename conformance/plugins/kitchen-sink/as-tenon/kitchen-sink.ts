/**
 * The kitchen sink (../../kitchen-sink.md) in AssemblyScript with `pdks/assemblyscript`. Longer than 350 lines because it is one plug-in.
 */
import {
  Json, Request, clearError, config, errorText, fail, http as web, input, inputText, log, output, outputText, read, receive, setError, share,
  shareText, vars,
} from "@tenon/pdk-assemblyscript";
import * as abi from "@tenon/pdk-assemblyscript/assembly/abi";

// Input and output.

export function echo(): i32 {
  output(input());
  return 0;
}

export function upper(): i32 {
  const bytes = input();
  for (let i = 0; i < bytes.length; i++) if (bytes[i] >= 97 && bytes[i] <= 122) bytes[i] -= 32;
  output(bytes);
  return 0;
}

export function count_vowels(): i32 {
  const text = inputText();
  let count = 0;
  for (let i = 0; i < text.length; i++) if ("aeiouAEIOU".includes(text.charAt(i))) count++;
  outputText(Json.object().set("count", Json.number<i32>(count)).toString());
  return 0;
}

export function before_checkout(): i32 {
  const cart = Json.parse(inputText());
  if (cart === null) return fail("Cannot read the cart: it is no JSON");
  const isNew = cart.get("is_new_customer");
  const total = cart.get("cart_total_in_cents");
  if (isNew === null || !isNew.isBool() || total === null || !total.isNumber()) return fail("Cannot read the cart: a field is missing");
  const percent = isNew.asBool() && total.asInt() >= 10000 ? 20 : 0;
  outputText(Json.object().set("discount_percent", Json.number<i32>(percent)).toString());
  return 0;
}

export function json(): i32 {
  const question = Json.parse(inputText());
  if (question === null) return fail("no JSON");
  const name = question.get("name");
  const numbers = question.get("numbers");
  const nested = question.get("nested");
  if (name === null || !name.isText() || numbers === null || !numbers.isList() || nested === null) return fail("a field is missing");
  const is = nested.get("is");
  if (is === null || !is.isBool()) return fail("no nested boolean");
  let sum: i64 = 0;
  const values = numbers.values();
  for (let i = 0; i < values.length; i++) {
    if (!values[i].isNumber()) return fail("a number is none");
    sum += values[i].asInt();
  }
  const answer = Json.object().set("greeting", Json.text("Hello, " + name.asText())).set("sum", Json.number<i64>(sum)).set("is", is);
  outputText(answer.toString());
  return 0;
}

export function range(): i32 {
  const bytes = input();
  if (bytes.length < 4) return 1;
  abi.output_set(share(bytes) + 3, bytes.length - 4);
  return 0;
}

export function output_twice(): i32 {
  output(input());
  outputText("second");
  return 0;
}

export function no_output(): i32 {
  return 0;
}

export function void_result(): void {
  output(input());
}

export function input_u8(): i32 {
  const bytes = new Uint8Array(<i32>abi.input_length());
  for (let i = 0; i < bytes.length; i++) bytes[i] = abi.input_load_u8(i);
  output(bytes);
  return 0;
}

export function input_u64(): i32 {
  output(input());
  return 0;
}

export function input_block(): i32 {
  output(read(abi.input_offset()));
  return 0;
}

export function input_past_end(): i32 {
  const places: u64[] = [abi.input_length(), abi.input_length() + 1000, 1 << 63];
  let sum: u64 = 0;
  for (let i = 0; i < places.length; i++) sum += <u64>abi.input_load_u8(places[i]) + abi.input_load_u64(places[i]);
  outputText(sum.toString());
  return 0;
}

// Failures.

export function fail_text(): i32 {
  setError(inputText());
  return 7;
}

export function fail_text_zero(): i32 {
  setError(inputText());
  return 0;
}

export function fail_code(): i32 {
  return <i32>parseInt(inputText());
}

export function fail_cleared(): i32 {
  setError(inputText());
  clearError();
  outputText("recovered");
  return 0;
}

export function error_peek(): i32 {
  setError(inputText());
  outputText(errorText());
  clearError();
  return 0;
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
  input();
  let pages = 0;
  while (memory.grow(64) >= 0) pages += 64;
  outputText(pages.toString());
  return 0;
}

export function eat_memory(): i32 {
  const eaten: Uint8Array[] = [];
  while (true) eaten.push(new Uint8Array(1 << 20));
}

export function eat_blocks(): i32 {
  let count = 0;
  while (abi.alloc(1 << 20) != 0) count++;
  outputText(count.toString());
  return 0;
}

// Host services.

export function config_get(): i32 {
  const value = config(inputText());
  outputText(value === null ? "-" : "=" + value);
  return 0;
}

export function var_get(): i32 {
  const value = vars.get(inputText());
  if (value === null) {
    outputText("-");
    return 0;
  }
  const answer = new Uint8Array(value.length + 1);
  answer[0] = 61;
  memory.copy(answer.dataStart + 1, value.dataStart, value.length);
  output(answer);
  return 0;
}

export function var_set(): i32 {
  const bytes = input();
  const equals = bytes.indexOf(61);
  vars.set(String.UTF8.decode(bytes.slice(0, equals).buffer), bytes.slice(equals + 1));
  return 0;
}

export function var_delete(): i32 {
  vars.remove(inputText());
  return 0;
}

export function var_count(): i32 {
  const old = vars.getText("count");
  const count = ((old === null ? 0 : <i32>parseInt(old)) + 1).toString();
  vars.setText("count", count);
  outputText(count);
  return 0;
}

let staticCount = 0;

export function static_count(): i32 {
  staticCount++;
  outputText(staticCount.toString());
  return 0;
}

export function log_trace(): i32 {
  log.trace(inputText());
  return 0;
}

export function log_four(): i32 {
  const text = inputText();
  log.debug(text);
  log.info(text);
  log.warn(text);
  log.error(text);
  return 0;
}

export function log_level(): i32 {
  outputText(abi.get_log_level().toString());
  return 0;
}

export function alloc_many(): i32 {
  const count = <i32>parseInt(inputText());
  const handles = new StaticArray<u64>(2 * count);
  let kept = 0;
  for (let i = 0; i < 2 * count; i++) {
    if (i == count) for (let odd = 1; odd < count; odd += 2) abi.free(handles[odd]);
    abi.store_u64((handles[i] = abi.alloc(16)), i);
  }
  for (let i = 0; i < 2 * count; i++) {
    const wasFreed = i < count && i % 2 == 1;
    if (!wasFreed && abi.load_u64(handles[i]) == i && abi.length_unsafe(handles[i]) == 16) kept++;
  }
  outputText(kept.toString());
  return 0;
}

export function wild_handles(): i32 {
  const bytes = input();
  const handle = share(bytes);
  const wild: u64[] = [1, handle + 1, 1 << 32, 1 << 40, 1 << 53, 1 << 63, ~7, ~0];
  let sum: u64 = 0;
  for (let i = 0; i < wild.length; i++) {
    abi.free(wild[i]);
    sum += abi.length(wild[i]);
    if (wild[i] < 1 << 32) continue; // These lie inside of the memory, where reading and writing are allowed.
    abi.store_u8(wild[i], 0xff);
    abi.store_u64(wild[i], ~0);
    sum += <u64>abi.load_u8(wild[i]) + abi.load_u64(wild[i]);
  }
  const after = read(handle);
  if (sum != 0 || after.length != bytes.length || memory.compare(after.dataStart, bytes.dataStart, after.length) != 0) {
    return fail("not harmless");
  }
  outputText("harmless");
  return 0;
}

export function http(): i32 {
  const message = input();
  let end = 0;
  while (end < message.length && !(message[end] == 10 && message[end + 1] == 10)) end++;
  const lines = String.UTF8.decode(message.slice(0, end).buffer).split("\n");
  const first = lines[0].split(" ");
  const request = new Request(first[1], first[0]);
  for (let i = 1; i < lines.length; i++) {
    const header = lines[i].split(": ");
    request.header(header[0], header[1]);
  }
  request.body = message.slice(end + 2);
  const response = web.send(request);
  const reply = response.header("x-reply");
  const head = Uint8Array.wrap(String.UTF8.encode(response.status.toString() + "\n" + (reply === null ? "" : "x-reply: " + reply + "\n") + "\n"));
  const all = new Uint8Array(head.length + response.body.length);
  all.set(head);
  memory.copy(all.dataStart + head.length, response.body.dataStart, response.body.length);
  output(all);
  return 0;
}

export function http_cookies(): i32 {
  const cookies = web.send(new Request(inputText())).header("set-cookie");
  outputText(cookies === null ? "-" : cookies);
  return 0;
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

function outputNumber<T>(value: T): i32 {
  const bytes = new Uint8Array(sizeof<T>());
  store<T>(bytes.dataStart, value);
  output(bytes);
  return 0;
}

export function host_i32(): i32 {
  const at = input().dataStart;
  return outputNumber<i32>(addI32(load<i32>(at), load<i32>(at, 4)));
}

export function host_i64(): i32 {
  const at = input().dataStart;
  return outputNumber<i64>(addI64(load<i64>(at), load<i64>(at, 8)));
}

export function host_f32(): i32 {
  const at = input().dataStart;
  return outputNumber<f32>(addF32(load<f32>(at), load<f32>(at, 4)));
}

export function host_f64(): i32 {
  const at = input().dataStart;
  return outputNumber<f64>(addF64(load<f64>(at), load<f64>(at, 8)));
}

export function host_text(): i32 {
  output(receive(hostUpper(shareText(inputText()))));
  return 0;
}

export function host_mixed(): i32 {
  const bytes = input();
  const at = bytes.dataStart;
  const text = share(bytes.slice(24));
  output(receive(mixed(load<i32>(at), load<i64>(at, 4), load<f32>(at, 12), load<f64>(at, 16), text)));
  return 0;
}

export function host_seven(): i32 {
  const n = Int32Array.wrap(input().buffer);
  return outputNumber<i32>(sumSeven(n[0], n[1], n[2], n[3], n[4], n[5], n[6]));
}

export function host_note(): i32 {
  note(shareText(inputText()));
  outputText("noted");
  return 0;
}

export function host_fail(): i32 {
  refuse();
  return 0;
}
