/**
 * Where things lie in the memory of the walk. `lay` sets the borders for one module; the host fills in what it is told.
 *
 *   0            256       512     768       1024           3072     4096
 *   | immediates | actions | skips | heights | prefixed × 4 | result | types | imports | records | order | path |
 *
 *   | 64-bit tables | memories |
 *
 *   | frames | targets | unlikely | code, zeros behind | out ... grows
 *
 *   immediates   a byte per opcode: the letter that `../src/immediates.ts` explains           written by the host, once
 *   prefixed     the same after 0xfb, 0xfc, 0xfd, 0xfe: 512 bytes each                        written by the host, once
 *   heights      a byte per opcode: 128 + the values by which it makes the operand stack higher  by the host, once
 *   types        two u16 per type: parameters and results of a function                       written by the host
 *   imports      two u32 per imported function: new index × 2, 1 if it is a leaf; its type    written by the host
 *   records      32 bytes per defined function, below                                         the first 12 by the host
 *   64-bit       a byte per table and per memory: 1 if it is addressed with i64               written by the host
 *   code         from the first body to the end of the last                                   written by the host
 *
 * A longer module moves borders and never anything else, so every module that can be laid out is walked in memory that
 * is there; only `out` grows on the way, and only through `grow`.
 */
import { refuse } from "./source";
import { NO_ROOM } from "../src/refusal";

export const IMMEDIATES: usize = 0;
export const ACTIONS: usize = 256;
export const SKIPS: usize = 512;
export const HEIGHTS: usize = 768;
export const PREFIXED: usize = 1024;
/** Opcodes that each of the four tables of prefixed ones has. */
export const PREFIXED_SIZE: u32 = 512;
/** Five u32: where the bodies begin, where they end and the hints begin, where those end, how many functions have hints. */
export const RESULT: usize = 3072;
const INPUT: usize = 4096;

// A record of a defined function. What the order needs is not needed any more when the function is walked.
export const RECORD: usize = 32;
/** Where its body begins and ends. */
export const START: usize = 0;
export const END: usize = 4;
/** Its type. */
export const TYPE: usize = 8;
/** Longest way through it that ends without a look; `UNKNOWN_WEIGHT` before it is walked. */
export const WEIGHT: usize = 12;
/** 1: it may go on, by a tail call, to a function that is not known. Order: 1 once it is seen. */
export const GOES_ON: usize = 16;
/** Where its new body begins in `out`. Order: its first call. */
export const BODY: usize = 20;
/** Where that ends and its hints begin. Order: behind its last call. */
export const HINTS: usize = 24;
/** Where those end. Order: the call to follow next. */
export const HINTS_END: usize = 28;

/** The most blocks inside each other. */
export const MAX_NESTING: u32 = 1_000_000;
/** A frame of the control stack: nine i32. */
export const FRAME: usize = 36;
const PADDING: u32 = 64;

export let types: usize = 0;
export let imports: usize = 0;
export let records: usize = 0;
export let order: usize = 0;
export let path: usize = 0;
export let tables64: usize = 0;
export let memories64: usize = 0;
export let frames: usize = 0;
/** A byte per block of a function: whether a `br_table` names it. */
export let targets: usize = 0;
/** u32 each: where the `if`s of a function stand that are hardly ever taken. */
export let unlikely: usize = 0;
export let code: usize = 0;
export let out: usize = 0;

export let typeCount: u32 = 0;
export let importCount: u32 = 0;
export let functionCount: u32 = 0;
export let tableCount: u32 = 0;
export let memoryCount: u32 = 0;

/**
 * Sets the borders and makes room up to `out`.
 *
 * @param longest Bytes of the longest body.
 * @returns Where the code has to be put; what else the host writes begins at 4096 in the order of the drawing.
 */
export function lay(
  typesLength: u32, importsLength: u32, functionsLength: u32, tablesLength: u32, memoriesLength: u32, codeLength: u32, longest: u32,
): usize {
  typeCount = typesLength;
  importCount = importsLength;
  functionCount = functionsLength;
  tableCount = tablesLength;
  memoryCount = memoriesLength;
  types = INPUT;
  imports = types + 4 * typesLength;
  records = imports + 8 * importsLength;
  order = records + RECORD * functionsLength;
  path = order + 4 * functionsLength;
  tables64 = path + 4 * functionsLength;
  memories64 = tables64 + tablesLength;
  const blocks = longest / 2 + 2; // a block takes two bytes
  frames = (memories64 + memoriesLength + 7) & ~7;
  targets = frames + FRAME * (min(blocks, MAX_NESTING) + 1);
  unlikely = (targets + blocks + 7) & ~7;
  code = unlikely + 4 * (longest + 16);
  const end = <u64>code + codeLength + PADDING;
  if (end > 0xffff_0000) refuse(NO_ROOM, 0, 0);
  out = <usize>end;
  grow(out);
  memory.fill(targets, 0, blocks);
  memory.fill(code + codeLength, 0, PADDING);
  return code;
}

/** Makes the memory reach up to an address. */
export function grow(end: u64): void {
  const missing = <i32>((end + 0xffff) >> 16) - memory.size();
  // A half more, so that growing stays rare; if that is too much, what is needed.
  if (missing > 0 && memory.grow(missing + memory.size() / 2) < 0 && memory.grow(missing) < 0) refuse(NO_ROOM, 0, 0);
}
