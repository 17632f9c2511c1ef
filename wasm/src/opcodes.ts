/**
 * What follows each opcode: one letter per opcode says which immediates it has. Nothing else about instructions is
 * known here. A letter that is `-` is an opcode no engine ships: such a module is refused, never guessed at.
 *
 * Source: https://webassembly.github.io/spec/core/binary/instructions.html, the threads, exception-handling (also the
 * older one with `try`) and relaxed-SIMD proposals.
 */

/** Kinds of immediates. The numbers are the letters of the tables below. */
export const UNKNOWN = 0x2d; // -
/** No immediates. */
export const PLAIN = 0x2e; // .
/** `block`, `loop`, `if`, `try`: a block type. */
export const BLOCK = 0x42; // B
/** `try_table`: a block type and catch clauses. */
export const TRY_TABLE = 0x79; // y
/** `else`, `end`, `catch_all`: structure without immediates. */
export const STRUCTURE = 0x73; // s
/** A label. */
export const LABEL = 0x6c; // l
/** `br_table`: labels. */
export const LABELS = 0x4c; // L
/** A function index. */
export const FUNCTION = 0x66; // f
/** A type and a table index. */
export const TYPE_TABLE = 0x69; // i
/** A type index. */
export const TYPE = 0x74; // t
/** A local index. */
export const LOCAL = 0x76; // v
/** A global index. */
export const GLOBAL = 0x67; // g
/** A table index. */
export const TABLE = 0x54; // T
/** Two table indices. */
export const TABLES = 0x55; // U
/** Alignment, perhaps a memory index, offset. */
export const MEMARG = 0x6d; // m
/** The same and a lane. */
export const MEMARG_LANE = 0x6e; // n
/** A memory index. */
export const MEMORY = 0x4d; // M
/** Two memory indices. */
export const MEMORIES = 0x4e; // N
/** A number of up to five bytes: `i32.const`. */
export const CONST32 = 0x33; // 3
/** A number of up to ten bytes: `i64.const`. */
export const CONST64 = 0x36; // 6
/** Four bytes. */
export const BYTES4 = 0x34; // 4
/** Eight bytes. */
export const BYTES8 = 0x38; // 8
/** Sixteen bytes. */
export const BYTES16 = 0x78; // x
/** One byte. */
export const BYTE = 0x31; // 1
/** A heap type. */
export const HEAP_TYPE = 0x68; // h
/** Value types of `select`. */
export const VALUE_TYPES = 0x56; // V
/** A tag index. */
export const TAG = 0x65; // e
/** A type index and a number. */
export const TYPE_NUMBER = 0x75; // u
/** A type and a data index. */
export const TYPE_DATA = 0x44; // D
/** A type and an element index. */
export const TYPE_ELEMENT = 0x45; // E
/** Two type indices. */
export const TYPES = 0x57; // W
/** A data and a memory index. */
export const DATA_MEMORY = 0x70; // p
/** A data index. */
export const DATA = 0x64; // d
/** An element and a table index. */
export const ELEMENT_TABLE = 0x71; // q
/** An element index. */
export const ELEMENT = 0x72; // r
/** `br_on_cast`: flags, a label and two heap types. */
export const CAST = 0x63; // c

// Sixteen opcodes a line, from 0x00 on.
const PLAIN_LINE = ".".repeat(16);
const UNKNOWN_LINE = "-".repeat(16);
const MEMARG_LINE = "m".repeat(16);
const ONE_BYTE: string =
  "..BBBsBeel.sllL." +
  "fifitt--ls..V--y" +
  "vvvggTT-mmmmmmmm" +
  "mmmmmmmmmmmmmmmM" +
  "M3648..........." +
  PLAIN_LINE.repeat(7) +
  ".....-----------" +
  "h.f..ll---------" +
  UNKNOWN_LINE.repeat(2);
/** After 0xfb: garbage-collected structures and arrays. */
const GC = "ttuuuuttuDEtttt." + "tWDEhhhhcc.....";
/** After 0xfc: saturating conversions, bulk operations. */
const BULK = "........pdNMqrUT" + "TT";
/** After 0xfd: vectors. */
const VECTOR: string =
  "mmmmmmmmmmmmxx.." +
  ".....11111111111" +
  "111............." +
  PLAIN_LINE.repeat(2) +
  "....nnnnnnnnmm.." +
  PLAIN_LINE.repeat(3) +
  "..........-....." +
  "..-..--........-" +
  "-.---......-...." +
  "..-..--........-" +
  "-.---..........." +
  "..-...........-." +
  PLAIN_LINE.repeat(2) +
  "....";
/** After 0xfe: atomics. */
const ATOMIC: string = "mmm1------------" + MEMARG_LINE.repeat(3) + "m".repeat(15);

/** Immediates of opcodes without a prefix, indexed by opcode. */
export const IMMEDIATES: Uint8Array = bytesOf(ONE_BYTE);

const PREFIXED: readonly Uint8Array[] = [GC, BULK, VECTOR, ATOMIC].map(bytesOf);

/** The lowest opcode that is a prefix: 0xfb to 0xfe are. */
export const FIRST_PREFIX = 0xfb;

/**
 * The immediates of an opcode with a prefix.
 *
 * @param prefix 0xfb to 0xfe, or 0xff, which is unknown.
 * @param opcode The number after the prefix.
 * @returns One of the letters above; `UNKNOWN` for what no engine ships.
 */
export function prefixedImmediates(prefix: number, opcode: number): number {
  return PREFIXED[prefix - FIRST_PREFIX]?.[opcode] ?? UNKNOWN;
}

function bytesOf(letters: string): Uint8Array {
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}
