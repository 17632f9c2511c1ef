/** The kitchen sink (../../kitchen-sink.md) in TypeScript with `pdks/typescript`, built by `@tenon/compiler`. */
import { config, type f32, type f64, host, type i32, type i64, log, vars } from "@tenon/pdk";

const user = host<{
  add_i32(a: i32, b: i32): i32;
  add_i64(a: i64, b: i64): i64;
  add_f32(a: f32, b: f32): f32;
  add_f64(a: f64, b: f64): f64;
  upper(text: string): string;
  mixed(a: i32, b: i64, c: f32, d: f64, text: string): string;
  sum_seven(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32, g: i32): i32;
  note(text: string): void;
  refuse(): void;
}>("extism:host/user");

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function bytesOf(size: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  write(viewOf(bytes));
  return bytes;
}

// Input and output.

export const echo = (input: Uint8Array): Uint8Array => input;
export const upper = (input: string): string => input.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
export const count_vowels = (input: string): { count: number } => ({ count: input.match(/[aeiou]/gi)?.length ?? 0 });

export function before_checkout(cart: { is_new_customer: boolean; cart_total_in_cents: number }): { discount_percent: number } {
  if (typeof cart?.is_new_customer !== "boolean" || typeof cart.cart_total_in_cents !== "number") throw new TypeError("Cannot discount the cart: it is none");
  return { discount_percent: cart.is_new_customer && cart.cart_total_in_cents >= 10_000 ? 20 : 0 };
}

export function no_output(): void {}

// Failures.

export function trap(): void {
  throw new Error("given up");
}

export function loop_forever(): void {
  for (;;);
}

export function recurse_forever(): number {
  return 1 + recurse_forever();
}

export function eat_memory(): void {
  for (const kept: Uint8Array[] = []; ; ) kept.push(new Uint8Array(1 << 20).fill(1));
}

// Host services.

const answer = (value: string | undefined): string => (value === undefined ? "-" : `=${value}`);

export const config_get = (key: string): string => answer(config.get(key));

export function var_get(key: string): Uint8Array | string {
  const value = vars.get(key);
  if (value === undefined) return "-";
  const all = new Uint8Array(value.length + 1);
  all[0] = 0x3d;
  all.set(value, 1);
  return all;
}

export function var_set(pair: Uint8Array): void {
  const equals = pair.indexOf(0x3d);
  vars.set(new TextDecoder().decode(pair.subarray(0, equals)), pair.slice(equals + 1));
}

export const var_delete = (key: string): void => vars.delete(key);

export function var_count(): string {
  const count = String(Number(vars.getText("count") ?? 0) + 1);
  vars.set("count", count);
  return count;
}

let count = 0;

export const static_count = (): string => String(++count);
export const log_trace = (text: string): void => log.trace(text);

export function log_four(text: string): void {
  for (const level of ["debug", "info", "warn", "error"] as const) log[level](text);
}

export async function http(message: Uint8Array): Promise<Uint8Array> {
  const end = message.findIndex((byte, at) => byte === 10 && message[at + 1] === 10);
  const [first = "", ...lines] = new TextDecoder().decode(message.subarray(0, end)).split("\n");
  const [method = "", url = ""] = first.split(" ");
  const body = message.slice(end + 2);
  const response = await fetch(url, { method, headers: lines.map((line): [string, string] => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]), ...(body.length > 0 && { body }) });
  const reply = response.headers.get("x-reply");
  const head = new TextEncoder().encode(`${response.status}\n${reply === null ? "" : `x-reply: ${reply}\n`}\n`);
  const content = new Uint8Array(await response.arrayBuffer());
  const all = new Uint8Array(head.length + content.length);
  all.set(head);
  all.set(content, head.length);
  return all;
}

export const http_cookies = async (url: string): Promise<string> => (await fetch(url)).headers.get("set-cookie") ?? "-";

// Host functions.

export function host_i32(input: Uint8Array): Uint8Array {
  const view = viewOf(input);
  return bytesOf(4, (out) => out.setInt32(0, user.add_i32(view.getInt32(0, true), view.getInt32(4, true)), true));
}

export function host_i64(input: Uint8Array): Uint8Array {
  const view = viewOf(input);
  return bytesOf(8, (out) => out.setBigInt64(0, user.add_i64(view.getBigInt64(0, true), view.getBigInt64(8, true)), true));
}

export function host_f32(input: Uint8Array): Uint8Array {
  const view = viewOf(input);
  return bytesOf(4, (out) => out.setFloat32(0, user.add_f32(view.getFloat32(0, true), view.getFloat32(4, true)), true));
}

export function host_f64(input: Uint8Array): Uint8Array {
  const view = viewOf(input);
  return bytesOf(8, (out) => out.setFloat64(0, user.add_f64(view.getFloat64(0, true), view.getFloat64(8, true)), true));
}

export const host_text = (text: string): string => user.upper(text);

export function host_mixed(input: Uint8Array): string {
  const view = viewOf(input);
  return user.mixed(view.getInt32(0, true), view.getBigInt64(4, true), view.getFloat32(12, true), view.getFloat64(16, true), new TextDecoder().decode(input.subarray(24)));
}

export function host_seven(input: Uint8Array): Uint8Array {
  const view = viewOf(input);
  const at = (index: number): number => view.getInt32(4 * index, true);
  return bytesOf(4, (out) => out.setInt32(0, user.sum_seven(at(0), at(1), at(2), at(3), at(4), at(5), at(6)), true));
}

export function host_note(text: string): string {
  user.note(text);
  return "noted";
}

export const host_fail = (): void => user.refuse();
