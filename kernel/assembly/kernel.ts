/**
 * The kernel: blocks of bytes that a host and a plug-in hand to each other. These are its exports, one function per
 * entry of `abi/abi.json` with the owner "kernel". It imports nothing, so that one build serves every host.
 *
 * Everything here may be called by a hostile plug-in with any numbers, except what `abi.json` lists as `kernelOnly`.
 * Offsets and lengths are unsigned. `x - HEAP < reach` rejects numbers below the heap too: they wrap.
 */
import { lengthOf, place, release, releaseAll } from "./heap";
import {
  CUT, ERROR, ERROR_LENGTH, ERROR_OFFSET, HEAP, INPUT_LENGTH, INPUT_OFFSET, INPUT_WORDS, MAX_PAGES, OUTPUT_LENGTH,
  OUTPUT_OFFSET, REACH, REACH_WORDS, REFUSED_LENGTH, REFUSED_OFFSET,
} from "./record";

export function alloc(length: u64): u64 {
  return place(length, false);
}

export function free(handle: u64): void {
  release(handle);
}

export function length(handle: u64): u64 {
  return lengthOf(handle);
}

export function length_unsafe(handle: u64): u64 {
  return lengthOf(handle);
}

export function load_u8(offset: u64): u32 {
  return offset - HEAP < load<u32>(REACH) ? load<u8>(<usize>offset) : 0;
}

export function load_u64(offset: u64): u64 {
  return offset - HEAP < load<u32>(REACH_WORDS) ? load<u64>(<usize>offset) : 0;
}

export function store_u8(offset: u64, value: u32): void {
  if (offset - HEAP < load<u32>(REACH)) store<u8>(<usize>offset, value);
}

export function store_u64(offset: u64, value: u64): void {
  if (offset - HEAP < load<u32>(REACH_WORDS)) store<u64>(<usize>offset, value);
}

export function input_length(): u64 {
  return load<u32>(INPUT_LENGTH);
}

export function input_offset(): u64 {
  return load<u32>(INPUT_OFFSET);
}

export function input_load_u8(offset: u64): u32 {
  return offset < load<u32>(INPUT_LENGTH) ? load<u8>(load<u32>(INPUT_OFFSET) + <u32>offset) : 0;
}

export function input_load_u64(offset: u64): u64 {
  return offset < load<u32>(INPUT_WORDS) ? load<u64>(load<u32>(INPUT_OFFSET) + <u32>offset) : 0;
}

export function output_set(offset: u64, length: u64): void {
  const reach = <u64>load<u32>(REACH);
  const from = offset - HEAP;
  if (from <= reach && length <= reach - from) {
    store<u32>(OUTPUT_OFFSET, <u32>offset);
    store<u32>(OUTPUT_LENGTH, <u32>length);
    store<u64>(REFUSED_LENGTH, 0);
  } else {
    store<u64>(OUTPUT_OFFSET, 0); // and the length behind it
    store<u64>(REFUSED_OFFSET, offset);
    store<u64>(REFUSED_LENGTH, length);
  }
}

export function error_set(handle: u64): void {
  const bytes = length(handle);
  store<u64>(ERROR, handle);
  store<u32>(ERROR_OFFSET, bytes ? <u32>handle : 0);
  store<u32>(ERROR_LENGTH, <u32>bytes);
}

export function error_get(): u64 {
  return load<u64>(ERROR);
}

export function input_set(handle: u64, bytes: u64): void {
  bytes = min(bytes, length(handle));
  setInput(bytes ? <u32>handle : 0, <u32>bytes);
}

export function output_offset(): u64 {
  return load<u32>(OUTPUT_OFFSET);
}

export function output_length(): u64 {
  return load<u32>(OUTPUT_LENGTH);
}

export function call_begin(length: u32): u32 {
  reset();
  const address = place(length, true);
  if (address) setInput(address, length);
  return address;
}

export function block_begin(length: u32): u32 {
  return place(length, true);
}

export function limit_set(bytes: u64): void {
  store<u32>(CUT, MAX_PAGES - <u32>min<u64>(bytes >> 16, MAX_PAGES));
}

export function reset(): void {
  releaseAll();
  store<u64>(OUTPUT_OFFSET, 0); // and the length behind it
  store<u64>(REFUSED_OFFSET, u64.MAX_VALUE); // no output_set yet
  store<u64>(REFUSED_LENGTH, 0);
  store<u64>(ERROR, 0);
  store<u64>(ERROR_OFFSET, 0); // and the length behind it
  setInput(0, 0);
}

export function memory_bytes(): u64 {
  return <u64>memory.size() << 16;
}

function setInput(address: u32, length: u32): void {
  store<u32>(INPUT_OFFSET, address);
  store<u32>(INPUT_LENGTH, length);
  store<u32>(INPUT_WORDS, length < 8 ? 0 : length - 7);
}
