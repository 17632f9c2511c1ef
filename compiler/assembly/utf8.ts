/**
 * UTF-8 in both directions as the Encoding Standard has it, where the engine's own way differs.
 *
 * Source: https://encoding.spec.whatwg.org/#utf-8-decoder
 */
import { JS_NewStringLen, JS_ThrowOutOfMemory, Value, free, malloc } from "./engine";

const ASCII_WORD: u64 = 0x8080_8080_8080_8080;

/** A string of UTF-8 bytes; each maximal part that is none becomes U+FFFD. */
export function decodeText(context: usize, pointer: usize, size: usize): Value {
  const end = pointer + size;
  let at = pointer;
  let invalid: usize = 0;
  while (at < end) {
    if (at + 8 <= end && (load<u64>(at) & ASCII_WORD) == 0) at += 8;
    else {
      const length = sequence(at, end);
      if (length < 0) invalid++;
      at += abs(length);
    }
  }
  if (invalid == 0) return JS_NewStringLen(context, pointer, size);
  // A part that is replaced has at least one byte, and its replacement three.
  const repaired = malloc(size + invalid * 2);
  if (repaired == 0) return JS_ThrowOutOfMemory(context);
  let to = repaired;
  for (at = pointer; at < end; ) {
    const length = sequence(at, end);
    if (length < 0) {
      store<u8>(to, 0xef);
      store<u16>(to + 1, 0xbdbf);
      to += 3;
    } else {
      memory.copy(to, at, length);
      to += length;
    }
    at += abs(length);
  }
  const value = JS_NewStringLen(context, repaired, to - repaired);
  free(repaired);
  return value;
}

/** Bytes of the character at `at`; negative for the longest beginning of one that never becomes a character. */
function sequence(at: usize, end: usize): i32 {
  const lead = load<u8>(at);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  let low: u8 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  let high: u8 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (let i = 1; i < length; i++) {
    if (at + i >= end) return -i;
    const byte = load<u8>(at + i);
    if (byte < low || byte > high) return -i;
    low = 0x80;
    high = 0xbf;
  }
  return length;
}

/**
 * Makes what the engine encoded real UTF-8, in place: it writes a lone surrogate as three bytes that are none, and they
 * become U+FFFD. A string without bytes outside ASCII is shared with the engine, and is not written to.
 */
export function repairText(text: usize, size: usize): void {
  const end = text + size;
  let at = text;
  while (at < end) {
    if (at + 8 <= end && (load<u64>(at) & ASCII_WORD) == 0) at += 8;
    else if (load<u8>(at) == 0xed && load<u8>(at, 1) >= 0xa0) {
      store<u8>(at, 0xef);
      store<u16>(at + 1, 0xbdbf);
      at += 3;
    } else at++;
  }
}
