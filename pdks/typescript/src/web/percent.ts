/**
 * Percent-encoding as URLs use it, on UTF-8 bytes.
 * Source: https://url.spec.whatwg.org/#percent-encoded-bytes
 */
import { native } from "../native.ts";

/** Characters outside a set are kept; control characters and everything outside ASCII are always encoded. */
export const FRAGMENT = ' "<>`';
/** Encoded in queries. */
export const QUERY = ' "#<>';
/** Encoded in queries of special schemes. */
export const SPECIAL_QUERY = ' "#<>\'';
/** Encoded in paths. */
export const PATH = ' "#<>?^`{}';
/** Encoded in user names and passwords. */
export const USERINFO = ' "#<>?^`{}/:;=@[\\]|';
/** Encoded in opaque hosts and paths: control characters alone. */
export const CONTROL = "";

/**
 * Encodes text.
 *
 * @param text Any text; lone surrogates become U+FFFD.
 * @param set The ASCII characters to encode beside control characters.
 */
export function percentEncode(text: string, set: string): string {
  let out = "";
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    if (code > 0x1f && code < 0x7f && !set.includes(char)) out += char;
    else for (const byte of native.encode(char)) out += hex(byte);
  }
  return out;
}

/** Replaces every `%XX` by its byte and reads the result as UTF-8. */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  const bytes = percentDecodeBytes(text);
  return native.decode(bytes, 0, bytes.length);
}

function percentDecodeBytes(text: string): Uint8Array {
  const source = native.encode(text);
  const out = new Uint8Array(source.length);
  let length = 0;
  for (let at = 0; at < source.length; at++) {
    const byte = source[at] as number;
    const value = byte === 0x25 ? hexPair(source[at + 1], source[at + 2]) : -1;
    out[length++] = value < 0 ? byte : value;
    if (value >= 0) at += 2;
  }
  return out.slice(0, length);
}

/** Writes name-value pairs as a form does. */
export function serializeForm(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${encodeForm(name)}=${encodeForm(value)}`).join("&");
}

/** Reads what a form writes. */
export function parseForm(text: string): [string, string][] {
  return text.split("&").filter((part) => part !== "").map((part) => {
    const at = part.indexOf("=");
    const [name, value] = at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
    return [percentDecode(name.replaceAll("+", " ")), percentDecode(value.replaceAll("+", " "))];
  });
}

function encodeForm(text: string): string {
  let out = "";
  for (const char of text) {
    if (/^[A-Za-z0-9*\-._]$/.test(char)) out += char;
    else if (char === " ") out += "+";
    else for (const byte of native.encode(char)) out += hex(byte);
  }
  return out;
}

function hex(byte: number): string {
  return `%${byte < 16 ? "0" : ""}${byte.toString(16).toUpperCase()}`;
}

function hexPair(high: number | undefined, low: number | undefined): number {
  const first = hexValue(high), second = hexValue(low);
  return first < 0 || second < 0 ? -1 : first * 16 + second;
}

function hexValue(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
