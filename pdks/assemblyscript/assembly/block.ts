/**
 * Blocks: what the plug-in and the host hand each other. Copies in both directions, eight bytes at a time and four times a
 * turn, because the loop itself costs as much as one call. Host functions take and give the handles made here.
 */
import * as abi from "./abi";

/**
 * Copies bytes into a new block.
 *
 * @returns Its handle; 0 for no bytes. Traps when the host has no room for more, since what asks for a block would mean
 *   something else without one.
 */
export function share(bytes: Uint8Array): u64 {
  return shareRange(bytes.dataStart, bytes.byteLength);
}

/** Copies text into a new block, as UTF-8; see `share`. */
export function shareText(text: string): u64 {
  return shareBuffer(String.UTF8.encode(text));
}

/** For this package: copies a buffer into a new block; see `share`. */
export function shareBuffer(bytes: ArrayBuffer): u64 {
  return shareRange(changetype<usize>(bytes), bytes.byteLength);
}

/** Copies a block; no bytes for 0 and for what is no block. The block stays. */
export function read(handle: u64): Uint8Array {
  return Uint8Array.wrap(readBuffer(handle));
}

/** The same as text; what is no UTF-8 becomes U+FFFD. */
export function readText(handle: u64): string {
  return String.UTF8.decode(readBuffer(handle));
}

/** Copies a block and frees it: for what a host function gave. */
export function receive(handle: u64): Uint8Array {
  const bytes = read(handle);
  abi.free(handle);
  return bytes;
}

/** The same as text. */
export function receiveText(handle: u64): string {
  const text = readText(handle);
  abi.free(handle);
  return text;
}

function readBuffer(handle: u64): ArrayBuffer {
  const size = handle == 0 ? 0 : <i32>abi.length(handle);
  const buffer = new ArrayBuffer(size);
  const to = changetype<usize>(buffer);
  let i = size & ~31;
  if (i > 0) loadTurns(to, handle, i);
  for (; size - i >= 8; i += 8) store<u64>(to + i, abi.load_u64(handle + i));
  for (; i < size; i++) store<u8>(to + i, abi.load_u8(handle + i));
  return buffer;
}

function shareRange(from: usize, size: i32): u64 {
  const handle = abi.alloc(size);
  if (handle == 0) {
    if (size > 0) unreachable();
    return 0;
  }
  let i = size & ~31;
  if (i > 0) storeTurns(handle, from, i);
  for (; size - i >= 8; i += 8) abi.store_u64(handle + i, load<u64>(from + i));
  for (; i < size; i++) abi.store_u8(handle + i, load<u8>(from + i));
  return handle;
}

/*
 * Loops are functions of their own, called by reference so that the compiler leaves them so: an engine that puts the host's
 * functions in place of calls goes by how often each call was made when it compiles, and in one function with the code for
 * short input, a loop that short input never enters would stay slow for good.
 */

const loadTurns = (to: usize, from: u64, size: i32): void => {
  for (let i = 0; i < size; i += 32) {
    const at = from + i;
    store<u64>(to + i, abi.load_u64(at));
    store<u64>(to + i, abi.load_u64(at + 8), 8);
    store<u64>(to + i, abi.load_u64(at + 16), 16);
    store<u64>(to + i, abi.load_u64(at + 24), 24);
  }
};

const storeTurns = (to: u64, from: usize, size: i32): void => {
  for (let i = 0; i < size; i += 32) {
    const at = to + i;
    abi.store_u64(at, load<u64>(from + i));
    abi.store_u64(at + 8, load<u64>(from + i, 8));
    abi.store_u64(at + 16, load<u64>(from + i, 16));
    abi.store_u64(at + 24, load<u64>(from + i, 24));
  }
};
