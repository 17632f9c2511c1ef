/**
 * A cursor over the code of a module: LEB128 numbers and types. As in `../src/reader.ts`, every number that is counted by
 * or indexed with is checked; what is only skipped is checked to end where it must.
 * Source: https://webassembly.github.io/spec/core/binary/values.html
 */
import { code, typeCount, types } from "./layout";
import { BYTE_MISSING, HEAP_TYPE_UNKNOWN, NO_SUCH_TYPE, NUMBER_MALFORMED, NUMBER_TOO_LONG, VALUE_TYPE_UNKNOWN } from "../src/refusal";

/** Address of the next byte. */
export let here: usize = 0;
/** Address of the first byte behind the function. */
export let stop: usize = 0;
let firstOffset: u32 = 0;
const ONE_RESULT: u32 = 1 << 16;

// @ts-ignore: decorator
@external("host", "refuse")
declare function throwRefusal(why: u32, offset: u32, value: u32, more: u32): void;

/** Where the code stands in the file. */
export function setSource(codeOffset: u32): void {
  firstOffset = codeOffset;
}

/**
 * Ends the walk with an error; does not return.
 *
 * @param why One of `../src/refusal.ts`.
 * @param at Address that it is about; an address before the code counts as the begin of the file.
 */
export function refuse(why: u32, at: usize, value: u32, more: u32 = 0): void {
  throwRefusal(why, at < code ? 0 : <u32>(at - code) + firstOffset, value, more);
  unreachable();
}

export function seek(start: usize, end: usize): void {
  here = start;
  stop = end;
}

/** Reads one byte of this function. */
export function readByte(): u32 {
  if (here >= stop) refuse(BYTE_MISSING, here, 0);
  return load<u8>(here++);
}

/** Reads an unsigned number of up to 32 bits. */
export function readU32(): u32 {
  const first = <u32>load<u8>(here);
  if (first >= 0x80) return readLongU32();
  here++;
  return first;
}

function readLongU32(): u32 {
  const start = here;
  let value: u32 = 0;
  for (let shift: u32 = 0; shift < 35; shift += 7) {
    const byte = readByte();
    if (shift == 28 && byte > 0x0f) break;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  refuse(NUMBER_TOO_LONG, start, 32);
  return 0;
}

/** Reads a signed number of up to `bits` bits, at most 64. */
export function readSigned(bits: u32): i64 {
  const start = here;
  let value: i64 = 0;
  for (let shift: u32 = 0; shift < bits; shift += 7) {
    const byte = readByte();
    value |= <i64>(byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    const unused = 64 - min<u32>(64, shift + 7);
    value = (value << unused) >> unused;
    if (bits < 64 && (value << (64 - bits)) >> (64 - bits) != value) break;
    return value;
  }
  refuse(NUMBER_TOO_LONG, start, bits);
  return 0;
}

/** Moves past a number of up to so many bytes. */
export function skipNumber(maxBytes: u32, at: usize): void {
  const start = here;
  while (load<u8>(here++) >= 0x80);
  if (here - start > maxBytes) refuse(NUMBER_MALFORMED, at, 0);
}

/** Reads a heap type; a negative number is an abstract one. */
export function readHeapType(): i64 {
  const start = here;
  const heap = readSigned(33);
  if (heap >= <i64>typeCount) refuse(NO_SUCH_TYPE, start, <u32>heap);
  if (heap < 0 && (heap < -0x17 || heap > -0x0c)) refuse(HEAP_TYPE_UNKNOWN, start, <u32>(-heap));
  return heap;
}

/** Reads a value type. */
export function readValueType(): void {
  const start = here;
  const byte = readByte();
  if (byte == 0x63 || byte == 0x64) readHeapType();
  else if (!((byte >= 0x7b && byte <= 0x7f) || (byte >= 0x69 && byte <= 0x74))) refuse(VALUE_TYPE_UNKNOWN, start, byte);
}

/** Parameters of a function type, and above 16 bits its results. */
export function signatureOf(type: u32): u32 {
  return load<u32>(types + 4 * type);
}

/**
 * Reads what a block takes and gives; that such a number type exists is checked by the engine.
 *
 * @returns As `signatureOf`.
 */
export function readBlockType(): u32 {
  const first = <u32>load<u8>(here);
  if (first == 0x40 || (first >= 0x65 && first < 0x80)) {
    here++;
    return first == 0x40 ? 0 : ONE_RESULT;
  }
  if (first == 0x63 || first == 0x64) {
    readValueType();
    return ONE_RESULT;
  }
  const type = readHeapType();
  return type < 0 ? ONE_RESULT : signatureOf(<u32>type);
}
