/**
 * Copies between the engine's memory and the host's blocks, eight bytes a call.
 *
 * The ABI has no bulk copy, so these two loops are the whole cost of a large input or output.
 */
import { alloc, length, load_u64, load_u8, store_u64, store_u8, input_length, input_load_u64, input_load_u8 } from "./host";

/** Copies bytes into a new block; 0 for no bytes, or when the host has no room. */
export function writeBlock(pointer: usize, size: usize): i64 {
  if (size == 0) return 0;
  const handle = alloc(size);
  if (handle == 0) return 0;
  const words = size & ~7;
  let at: usize = 0;
  for (; at < words; at += 8) store_u64(handle + at, load<u64>(pointer + at));
  for (; at < size; at++) store_u8(handle + at, load<u8>(pointer + at));
  return handle;
}

/** Copies a block of `size` bytes to `pointer`. */
export function readBlock(handle: i64, pointer: usize, size: usize): void {
  const words = size & ~7;
  let at: usize = 0;
  for (; at < words; at += 8) store<u64>(pointer + at, load_u64(handle + at));
  for (; at < size; at++) store<u8>(pointer + at, load_u8(handle + at));
}

/** Copies the call's input of `size` bytes to `pointer`. */
export function readInput(pointer: usize, size: usize): void {
  const words = size & ~7;
  let at: usize = 0;
  for (; at < words; at += 8) store<u64>(pointer + at, input_load_u64(at));
  for (; at < size; at++) store<u8>(pointer + at, input_load_u8(at));
}

/** Length in bytes of a block, or of the input for handle -1, as far as it can be addressed here. */
export function sizeOf(handle: i64): usize {
  const size = handle == -1 ? input_length() : length(handle);
  return <u64>size > 0x7fff_ffff ? 0x7fff_ffff : <usize>size;
}
