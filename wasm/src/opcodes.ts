/**
 * What follows each opcode: one letter per opcode says which immediates it has. Nothing else about instructions is
 * known here. A letter that is `-` is an opcode no engine ships: such a module is refused, never guessed at.
 *
 * Source: https://webassembly.github.io/spec/core/binary/instructions.html, the threads, exception-handling (also the
 * older one with `try`) and relaxed-SIMD proposals.
 */

import { UNKNOWN } from "./immediates.ts";

export * from "./immediates.ts";

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

/** Immediates of the opcodes after 0xfb, 0xfc, 0xfd and 0xfe, indexed by opcode. */
export const PREFIXED: readonly Uint8Array[] = [GC, BULK, VECTOR, ATOMIC].map(bytesOf);

/**
 * By how much each opcode without a prefix makes the operand stack higher: `+` by one value, `-` and `<` lower it by one
 * and two. What a type decides (calls, blocks) is left out; what no engine ships is `=`.
 */
const HEIGHTS: string =
  "====-========--=" +
  "=-==-=====-<<===" +
  "+-=+-=<=========" +
  "======<<<<<<<<<+" +
  "=++++=----------" +
  "=---------------" +
  "-------===------" +
  "---------===----" +
  "-----------=====" +
  "==-------=======" +
  "-------=========" +
  "=".repeat(32) +
  "+=+-==-=========" +
  "=".repeat(32);

/** The same as numbers, 128 for none, indexed by opcode. */
export const HEIGHT_CHANGES: Uint8Array = Uint8Array.from(HEIGHTS, (sign) => 128 + "<-=+".indexOf(sign) - 2);

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
