/**
 * Walks the code of a plug-in once, checks every index in it, and puts in what makes limits hold: charges for fuel or
 * interruption, counts of nested calls, new function indices. It types nothing: that is the engine's business. It is
 * Wasm because a plug-in waits for it: plain JavaScript took ten times as long the first time.
 *
 * Fuel. Each path through a function is charged its exact cost, but late: what is known at a point and not charged yet
 * is `pending`, and a label has one `potential`, the pending that all its branches agree on. The first branch to a label
 * decides it and costs nothing; the others add the difference to a local, `used`:
 *
 *     … if ………… else ………… end …          pending 7     ┌─ then: pending 12 ─┐
 *                                         (if: cost 1)  └─ else: pending  9 ─┴─ end: pending 12, the else arm adds −3
 *
 * `used` and `pending` go to the global `countdown` where the function ends, before calls of imports and calls that may
 * recurse, and in loops whenever more than `SLICE` came together.
 *
 * Interruption alone charges estimates instead, in loops and before calls that may recurse, and needs no exits.
 *
 * Nothing runs long unseen. Functions are walked callees first (`call-order.ts`); a call whose callee is not walked yet,
 * or not known, may close a cycle, and the module looks before it. `weight` is the longest way since the last look, with
 * the calls on it. A function whose way is longer than `LIGHT` looks when it is entered, so its callers need not count
 * it: a tower of functions that call each other twice has neither loop nor cycle, and yet runs for ever. With fuel, a call
 * behind a way of more than `LONG` looks, too: what callers have in `pending` and `used` no callee sees, and a chain of
 * functions would add it up.
 *
 * Longer than 350 lines because it is one walk with one state: `pending`, `weight` and the control stack are read and
 * written by every kind of instruction. What can stand apart does: the order (`call-order.ts`), everything that is read
 * (`source.ts`) and everything that is written (`emitter.ts`).
 */
import { BODY_BYTES, LOCALS } from "../src/engine-limits";
import * as kind from "../src/immediates";
import * as no from "../src/refusal";
import { keepOrder, prefixedImmediates, setSkips, sortCalls } from "./call-order";
import * as out from "./emitter";
import {
  ACTIONS, END, FRAME, GOES_ON, HEIGHTS, IMMEDIATES, MAX_NESTING, RECORD, START, TYPE, WEIGHT, frames, functionCount, importCount,
  imports, memories64, memoryCount, order, records, tableCount, tables64, targets, typeCount,
} from "./layout";
import {
  here, readBlockType, readByte, readHeapType, readSigned, readU32, readValueType, refuse, seek, setSource, signatureOf, skipNumber,
  stop,
} from "./source";

export { lay } from "./layout";

// What is to be put in: bits of `flags`.
const FUEL: u32 = 1;
const INTERRUPT: u32 = 2;
const STACK: u32 = 4;
/** Refuse what allocates on the engine's heap, which no limit here counts. */
const REFUSE_HEAP: u32 = 8;
/** A memory is shared. */
const SHARED: u32 = 16;

/** Units in `used` past which a loop looks. */
const SLICE: i32 = 1024;
/** The longest way through a function that need not look by itself. */
const LIGHT: i32 = 1 << 14;
/** The longest way between two looks in one function. */
const MAX_WEIGHT: i32 = 1 << 20;
/** The same in functions that may recurse: as many frames as there are may each have such a way before them. */
const MAX_WEIGHT_RECURSIVE: i32 = 1 << 16;
// Without fuel, units are a guess at time. The longest way is hardly ever the one taken, so it counts for less:
/** the most for a way up to a call, */
const CALL_UNITS: i32 = 256;
/** the most for a round of a loop. */
const LOOP_UNITS: i32 = 63;
/** A run of so many instructions without any structure is executed as a whole, so it is charged as a whole, */
const RUN_UNITS: i32 = 1024;
/** and a way longer than this, whatever is on it, counts for as much; it is above what any callee adds. */
const LONG: i32 = 1 << 15;
/** Units for what costs an engine far more than an instruction. */
const COST_THROW: i32 = 256;
const COST_GROW: i32 = 256;
const COST_IMPORT: i32 = 16;
/** Four items of an array are one unit; sixteen bytes are one, as for functions that take a size (`../src/added.ts`). */
const ITEMS_SHIFT: u8 = 2;
const BYTES_SHIFT: u8 = 4;
const UNKNOWN_WEIGHT: i32 = -1;
/** More than any way that is counted, and small enough to be added to. */
const ENDLESS: i32 = 1 << 29;
/** Bulk instructions of a constant size below this are charged like any other. */
const SMALL_BULK: i64 = 0x1_0000;
/** The most operands of `array.new_fixed`. */
const FIXED_ITEMS: u32 = 10_000;
/**
 * The most locals and operands at all blocks and branches of a function together. Engines compile a function when it is
 * first called, where nothing can stop them, and at each label they go through all of them: V8 does 50 million a second.
 * The most that was seen in real modules is 0.75 million, in LLVM.
 */
const MAX_MERGED: u64 = 4_000_000;
/** What compiling a function takes beside that: as much in any case, */
const COMPILE_FUNCTION: u64 = 256;
/** and one for so many bytes of code. */
const COMPILE_BYTES_SHIFT: u8 = 2;
/**
 * What compiling takes may go unseen in so much of a plug-in: 0.1 s, more than most whole plug-ins take. Behind that it counts as
 * much as what runs: on the way of callers, and by a unit for 32, which costs no fuel, where a function looks.
 */
const UNSEEN_COMPILING: u64 = 5_000_000;
const COMPILE_UNIT_SHIFT: u8 = 5;
/** The most, behind that, of a function that does not look when it is entered: callers may not know whom they call. */
const LIGHT_COMPILING: i32 = 512;
/**
 * An instruction that needs a register looks for a value to put away among all operands, and so does each result of a call: 64
 * bytes of code, or eight results, take V8 as long for each operand as a block.
 */
const SEARCH_SHIFT: u8 = 6;
const RESULTS_SHIFT: u8 = 16 + 3;
/** A call, and what is done by one, puts all locals away that are in registers: as long for each local as 128 bytes of code. */
const SPILL_SHIFT: u8 = 7;
/** A look that is put in is a branch with a call in it: V8 takes four times as long for it as for a block. */
const LOOK_MERGES: u32 = 4;
/** The most sixteens of parameters and results that all blocks of a plug-in may have: validation takes time and memory for each. */
const MAX_WIDE: u32 = 200_000;
/** More operands than any engine takes; a call may leave a thousand. */
const MAX_HEIGHT: i32 = 1 << 28;
/** The most operands that an exception can leave where it is caught: parameters of a tag. */
const MAX_CAUGHT: i32 = 1_000;

// A frame of the control stack.
const KIND: usize = 0;
const POTENTIAL: usize = 4; // fuel: what all branches agree on, -1 while there was none
const LONGEST: usize = 8; // longest way of a branch to the label, -1 while there was none; loops: back to the header
const DEAD: usize = 12; // whether the code before it was unreachable
const AUX: usize = 16; // if: pending at the `if`; loop: where to patch its weight
const ENTRY_WEIGHT: usize = 20; // weight where it begins
const ORDINAL: usize = 24; // which block of its function it is
const CAUGHT: usize = 28; // 1: an exception may land here; plus 2 × the height of the operand stack where it begins
const HEIGHT: usize = 32; // height of the operand stack behind its end
const FUNCTION: u32 = 0;
const BLOCK: u32 = 1;
const LOOP: u32 = 2;
const IF: u32 = 3;
const ELSE: u32 = 4;
const TRY: u32 = 5;

// The module.
let hasFuel: bool = false;
let hasInterrupt: bool = false;
let hasStack: bool = false;
let isMetered: bool = false;
let refusesHeap: bool = false;
let hasSharedMemory: bool = false;
let globalCount: u32 = 0;
let tagCount: u32 = 0;
let elementCount: u32 = 0;
/** As announced before the code; none if nothing is, and then code may name none. */
let dataCount: u32 = 0;
/** What is added to the index of each defined function. */
let shift: u32 = 0;
/** Whether anything in the module can catch, so that frames may be left without their exits. */
let mayCatch: bool = false;
/** What compiling took of all functions up to this one. */
let compiled: u64 = 0;
/** Sixteens of parameters and results of all blocks. */
let wide: u32 = 0;
/** The most of either; modules of one plug-in share it. */
let unseen: u64 = 0;
let mostWide: u32 = 0;

// The function.
let record: usize = 0;
let locals: u32 = 0;
let callWeight: u32 = 1;
/** Behind the innermost frame of the control stack. */
let top: usize = 0;
/** Units on the way here that are neither in `used` nor in the countdown. */
let pending: i32 = 0;
/** Units of the longest way here since a look. */
let weight: i32 = 0;
let exitWeight: i32 = 0;
/** Nothing leads here. */
let isDead: bool = false;
/** `used` may be something else than 0. */
let isTouched: bool = false;
/** Loops around here. */
let loops: u32 = 0;
let hasLoops: bool = false;
/** It makes a call that may come back to it. */
let recurses: bool = false;
/** It looks when it is entered, so its callers need not count it. */
let isHeavy: bool = false;
let ordinal: u32 = 0;
/** Locals and operands at blocks and branches: at each an engine notes or merges where all of them are. */
let merged: u64 = 0;
/** The most operands that may be on the stack here; less than none where nothing leads. */
let height: i32 = 0;
/** The most anywhere. */
let highest: i32 = 0;
/** Where the number of the last `i32.const` stands. */
let constStart: usize = 0;
let constEnd: usize = 0;

// What is learned while a function is walked, so that it is walked again knowing it.
/** It catches: every label has potential 0. */
let catches: bool = false;
/** Its `br_table`s need labels of different potential: those, noted in `targets` by ordinal, get potential 0. */
let pinsTables: bool = false;
let again: bool = false;

/**
 * Writes all bodies, each with its size before it, and says at `RESULT` where they are. `lay` was called and what it
 * says was filled in.
 *
 * @param flags What is to be put in.
 * @param codeOffset Where the code stands in the file.
 * @param functionShift What is added to the index of each defined function.
 * @param countdown, stack, charge New indices of what is added to the module.
 * @param modules How many modules the plug-in has.
 */
export function meter(
  flags: u32, codeOffset: u32, globals: u32, tags: u32, elements: u32, dataSegments: u32, functionShift: u32,
  countdown: u32, stack: u32, charge: u32, modules: u32,
): void {
  hasFuel = (flags & FUEL) != 0;
  hasInterrupt = (flags & INTERRUPT) != 0;
  hasStack = (flags & STACK) != 0;
  refusesHeap = (flags & REFUSE_HEAP) != 0;
  hasSharedMemory = (flags & SHARED) != 0;
  isMetered = hasFuel || hasInterrupt;
  globalCount = globals;
  tagCount = tags;
  elementCount = elements;
  dataCount = dataSegments;
  unseen = UNSEEN_COMPILING / modules;
  mostWide = MAX_WIDE / modules;
  shift = functionShift;
  mayCatch = tags > 0;
  setSource(codeOffset);
  out.setAdded(countdown, stack, charge);
  setSkips();
  setActions();
  if (isMetered || hasStack) sortCalls();
  else keepOrder();
  // If something catches, calls in what was written before must be written otherwise.
  while (!meterAll()) {}
  out.finish();
}

/** What the hot loop looks at: like immediates, but plain instructions that end or move nothing are apart. */
function setActions(): void {
  memory.copy(ACTIONS, IMMEDIATES, 256);
  store<u8>(ACTIONS, kind.STRUCTURE, 0x00); // unreachable
  store<u8>(ACTIONS, kind.STRUCTURE, 0x01); // nop
  store<u8>(ACTIONS, kind.STRUCTURE, 0x0a); // throw_ref
  store<u8>(ACTIONS, kind.STRUCTURE, 0x0f); // return
}

/** @returns Whether nothing was learned on the way that makes what is written wrong. */
function meterAll(): bool {
  const couldCatch = mayCatch;
  out.reset();
  compiled = 0;
  wide = 0;
  for (let index: u32 = 0; index < functionCount; index++) store<i32>(records + RECORD * index, UNKNOWN_WEIGHT, WEIGHT);
  for (let place: u32 = 0; place < functionCount; place++) {
    meterBody(load<u32>(order + 4 * place));
    if (mayCatch != couldCatch) return false;
  }
  return true;
}

function meterBody(index: u32): void {
  record = records + RECORD * index;
  const start: usize = load<u32>(record, START);
  const end: usize = load<u32>(record, END);
  const params = signatureOf(load<u32>(record, TYPE)) & 0xffff;
  seek(start, end);
  locals = params;
  const groups = readCount(LOCALS, 2, no.LOCAL_GROUPS);
  const groupsStart = here;
  for (let left = groups; left > 0; left--) {
    const count = readU32();
    if (count > <u32>LOCALS || locals + count > <u32>LOCALS) refuse(no.LOCALS_TOO_MANY, groupsStart, LOCALS);
    locals += count;
    readValueType();
  }
  const groupsEnd = here;
  callWeight = 1 + (locals >> 6);
  catches = false;
  pinsTables = false;
  out.begin(groupsEnd, <u32>(groupsEnd - groupsStart), locals);
  do {
    again = false;
    out.rewind(groupsEnd);
    walk(groupsEnd, end, (locals - params) >> 4);
  } while (again);
  memory.fill(targets, 0, ordinal);
  const bytes = <u64>(end - start);
  merged += <u64>max(highest, 0) * bytes >> SEARCH_SHIFT;
  merged += <u64>locals * bytes >> SPILL_SHIFT;
  if (hasInterrupt && (merged > MAX_MERGED || wide > mostWide)) refuse(no.MERGES_UNLIMITABLE, start, 0);
  const takes = COMPILE_FUNCTION + (bytes >> COMPILE_BYTES_SHIFT) + min(merged, MAX_MERGED);
  compiled += takes;
  const compiling: i32 = compiled > unseen ? <i32>takes : 0;
  const way = exitWeight + (hasLoops ? SLICE : 0) + compiling;
  isHeavy = isHeavy || way > LIGHT || compiling > LIGHT_COMPILING;
  store<i32>(record, isHeavy ? 1 : way, WEIGHT);
  const entry = isMetered && isHeavy ? (hasFuel ? 0 : CALL_UNITS) + (compiling >> COMPILE_UNIT_SHIFT) : -1;
  const size = out.end(record, index + importCount + shift, entry, hasFuel, groups, groupsStart, groupsEnd);
  if (size > <u32>BODY_BYTES || locals + out.addedLocals() > <u32>LOCALS) refuse(no.BODY_TOO_LARGE, groupsStart, 0);
}

function walk(start: usize, end: usize, entryCost: i32): void {
  top = frames;
  pending = entryCost;
  weight = entryCost;
  exitWeight = 0;
  isDead = false;
  isTouched = false;
  loops = 0;
  hasLoops = false;
  recurses = false;
  isHeavy = false;
  store<u32>(record, 0, GOES_ON);
  ordinal = 0;
  merged = 0;
  height = 0;
  highest = 0;
  constEnd = 0;
  push(FUNCTION, signatureOf(load<u32>(record, TYPE)) & ~0xffff);
  if (catches && hasStack) out.saveStack();
  const count = locals;
  const hasMemory = memoryCount > 0;
  const guesses = hasInterrupt && !hasFuel;
  const longestRun: i32 = guesses ? RUN_UNITS : i32.MAX_VALUE;
  const longest: i32 = guesses ? LONG : i32.MAX_VALUE;
  let p = start;
  let plain: i32 = 0; // units since `pending` and `weight` were brought up to date
  while (p < end) {
    const at = p;
    const opcode = <u32>load<u8>(p++);
    const action = <u32>load<u8>(ACTIONS + opcode);
    height += <i32>load<u8>(HEIGHTS + opcode) - 128;
    if (height > highest) highest = height;
    if (action == kind.PLAIN) {
      plain++;
    } else if (action == kind.LOCAL) {
      let index = <u32>load<u8>(p++);
      if (index >= 0x80) {
        seek(at + 1, end);
        index = readU32();
        p = here;
      }
      if (index >= count) refuse(no.NO_SUCH_LOCAL, at, index);
      plain++;
    } else if (action == kind.CONST32) {
      while (load<u8>(p++) >= 0x80);
      if (p - at > 6) refuse(no.NUMBER_MALFORMED, at, 0);
      constStart = at + 1;
      constEnd = p;
      plain++;
    } else if (action == kind.MEMARG && hasMemory && load<u8>(p) < 0x40) {
      p++;
      while (load<u8>(p++) >= 0x80);
      if (p - at > 12) refuse(no.OFFSET_MALFORMED, at, 0);
      plain++;
    } else {
      pending += plain;
      weight += plain;
      plain = 0;
      seek(p, end);
      instruction(opcode, action, at);
      p = here;
      if (top == frames) break;
      if (weight > longest) lookInRun(p);
    }
    if (plain >= longestRun) {
      pending += plain;
      weight += plain;
      plain = 0;
      lookInRun(p);
    }
  }
  if (top != frames || p != end) refuse(no.BODY_MALFORMED, min(p, end), 0);
  out.copyTo(end);
}

/** In the middle of a long way, for the guesses at loops and calls count it for far too little. */
function lookInRun(at: usize): void {
  if (isDead) return;
  out.copyTo(at);
  out.flush(RUN_UNITS, false, true, false);
  merge(LOOK_MERGES);
  weight = 0;
}

/** One instruction that is neither plain arithmetic nor a local, a constant or a simple memory access. */
function instruction(opcode: u32, action: u32, at: usize): void {
  switch (action) {
    case kind.STRUCTURE: return structure(opcode, at);
    case kind.BLOCK: return block(opcode, at, readBlockType());
    case kind.TRY_TABLE: return tryTable(at, readBlockType());
    case kind.LABEL: return branch(opcode, at);
    case kind.LABELS: return branchTable(at);
    case kind.FUNCTION: return functionIndex(opcode, at);
    case kind.TYPE_TABLE: {
      const type = readIndex(typeCount, no.NO_SUCH_TYPE);
      readIndex(tableCount, no.NO_SUCH_TABLE);
      return indirectCall(at, opcode == 0x13, type);
    }
    case kind.TYPE: return indirectCall(at, opcode == 0x15, readIndex(typeCount, no.NO_SUCH_TYPE));
    case kind.GLOBAL: readIndex(globalCount, no.NO_SUCH_GLOBAL); return cost(1);
    case kind.TABLE: readIndex(tableCount, no.NO_SUCH_TABLE); return cost(1);
    case kind.MEMORY: readIndex(memoryCount, no.NO_SUCH_MEMORY); return cost(opcode == 0x40 ? COST_GROW : 1);
    case kind.MEMARG: readMemarg(at); return cost(1);
    case kind.CONST64: skipNumber(10, at); return cost(1);
    case kind.BYTES4: seek(here + 4, stop); return cost(1);
    case kind.BYTES8: seek(here + 8, stop); return cost(1);
    case kind.HEAP_TYPE: readHeapType(); return cost(1);
    case kind.VALUE_TYPES:
      for (let left = readCount(1_000, 1, no.SELECT_TYPES); left > 0; left--) readValueType();
      return cost(1);
    case kind.TAG:
      readIndex(tagCount, no.NO_SUCH_TAG);
      return opcode == 0x08 ? throws(at) : catchClause(at);
    default:
      if (opcode < 0xfb) refuse(no.OPCODE_UNKNOWN, at, opcode);
      prefixed(opcode, at);
  }
}

function structure(opcode: u32, at: usize): void {
  switch (opcode) {
    case 0x00: cost(1); isDead = true; return; // unreachable
    case 0x01: return; // nop
    case 0x05: return elseOf(at);
    case 0x0a: return throws(at); // throw_ref
    case 0x0b: return endOf(at);
    case 0x19: return catchClause(at); // catch_all
    default: // return
      cost(1);
      if (!isDead) exit(at, true);
      isDead = true;
  }
}

function prefixed(prefix: u32, at: usize): void {
  const opcode = readU32();
  cost(1);
  height += heightOfPrefixed(prefix, opcode);
  switch (prefixedImmediates(prefix, opcode)) {
    case kind.PLAIN: return;
    case kind.BYTE: return seek(here + 1, stop);
    case kind.BYTES16: return seek(here + 16, stop);
    case kind.MEMARG_LANE: readMemarg(at); return seek(here + 1, stop);
    case kind.MEMARG:
      if (prefix == 0xfe && (opcode == 1 || opcode == 2) && hasInterrupt && hasSharedMemory) refuse(no.WAIT_UNLIMITABLE, at, 0);
      return readMemarg(at);
    case kind.DATA_MEMORY: // memory.init
      readSegment(opcode);
      readIndex(memoryCount, no.NO_SUCH_MEMORY);
      return bulk(at, BYTES_SHIFT, false);
    case kind.MEMORIES: { // memory.copy
      const isTo64 = is64(memories64, readIndex(memoryCount, no.NO_SUCH_MEMORY));
      const isFrom64 = is64(memories64, readIndex(memoryCount, no.NO_SUCH_MEMORY));
      return bulk(at, BYTES_SHIFT, isTo64 && isFrom64);
    }
    case kind.MEMORY: return bulk(at, BYTES_SHIFT, is64(memories64, readIndex(memoryCount, no.NO_SUCH_MEMORY)));
    case kind.ELEMENT_TABLE: // table.init
      readSegment(opcode);
      readIndex(tableCount, no.NO_SUCH_TABLE);
      return bulk(at, 0, false);
    case kind.TABLES: { // table.copy
      const isTo64 = is64(tables64, readIndex(tableCount, no.NO_SUCH_TABLE));
      const isFrom64 = is64(tables64, readIndex(tableCount, no.NO_SUCH_TABLE));
      return bulk(at, 0, isTo64 && isFrom64);
    }
    case kind.TABLE: { // table.grow, table.size, table.fill
      const isTable64 = is64(tables64, readIndex(tableCount, no.NO_SUCH_TABLE));
      if (opcode == 15) cost(COST_GROW);
      if (opcode != 16) bulk(at, 0, isTable64);
      return;
    }
    case kind.DATA: case kind.ELEMENT: return readSegment(opcode); // data.drop, elem.drop
    case kind.TYPE: {
      readIndex(typeCount, no.NO_SUCH_TYPE);
      const isNewArray = opcode == 6 || opcode == 7;
      if (opcode < 2 || isNewArray) allocates(opcode, at);
      if (isNewArray || opcode == 16) bulk(at, ITEMS_SHIFT, false);
      return;
    }
    case kind.TYPE_NUMBER: {
      readIndex(typeCount, no.NO_SUCH_TYPE);
      const count = readU32();
      if (opcode != 8) return;
      allocates(opcode, at);
      if (count > FIXED_ITEMS) refuse(no.COUNT_TOO_LARGE + no.FIXED_ITEMS, at, count, FIXED_ITEMS);
      return cost(count >> ITEMS_SHIFT);
    }
    case kind.TYPES: // array.copy
      readIndex(typeCount, no.NO_SUCH_TYPE);
      readIndex(typeCount, no.NO_SUCH_TYPE);
      return bulk(at, ITEMS_SHIFT, false);
    case kind.TYPE_DATA: case kind.TYPE_ELEMENT:
      readIndex(typeCount, no.NO_SUCH_TYPE);
      readSegment(opcode);
      if (opcode < 11) allocates(opcode, at);
      return bulk(at, ITEMS_SHIFT, false);
    case kind.HEAP_TYPE: return readHeapType();
    case kind.CAST: {
      seek(here + 1, stop);
      const frame = label(readU32(), at);
      readHeapType();
      readHeapType();
      if (!isDead) join(frame, at, false);
      return;
    }
    default: refuse(no.PREFIXED_UNKNOWN, at, prefix, opcode);
  }
}

/** By how much an instruction with a prefix makes the operand stack higher, at most. */
function heightOfPrefixed(prefix: u32, opcode: u32): i32 {
  if (prefix == 0xfc) return opcode < 8 ? 0 : opcode == 16 ? 1 : opcode == 9 || opcode == 13 ? 0 : opcode == 15 ? -1 : -3;
  if (prefix == 0xfd) return heightOfVector(opcode);
  if (prefix == 0xfe) return opcode == 3 || opcode - 16 < 7 ? 0 : opcode == 0 || opcode - 30 < 42 ? -1 : -2;
  if (prefix == 0xfb) return opcode < 2 || opcode == 8 ? 1 : opcode == 5 ? -2 : opcode == 14 ? -3 : 0;
  return 0;
}

/** The same of vectors. Ranges of opcodes, by what is below zero being large. */
function heightOfVector(opcode: u32): i32 {
  if (opcode < 96) {
    if (opcode == 12) return 1; // v128.const
    if (opcode == 11 || opcode == 82 || opcode - 88 < 4) return -2; // stores, bitselect
    const isReplacing = opcode - 23 < 12 && (opcode == 23 || ((opcode & 1) == 0 && opcode != 24));
    return opcode - 13 < 2 || opcode - 35 < 42 || opcode - 78 < 4 || opcode - 84 < 4 || isReplacing ? -1 : 0;
  }
  if (opcode < 224) { // four groups of 32, for lanes of 1, 2, 4 and 8 bytes; some floating-point ones stand among the first
    const place = opcode & 31;
    return place - 5 < 2 || place - 11 < 9 || place - 22 < 4 || place == 27 || (place == 21 && opcode != 117) || (place > 25 && opcode > 127) ? -1 : 0;
  }
  if (opcode < 256) return opcode - 228 < 8 || opcode - 240 < 8 ? -1 : 0;
  return opcode - 257 < 4 ? 0 : opcode - 261 < 8 || opcode == 275 ? -2 : -1;
}

/** A block or branch: the engine goes through all that is here. */
function merge(times: u32): void {
  if (!isDead) merged += <u64>times * (locals + max(height, 0));
}

function cost(units: i32): void {
  pending += units;
  weight += units;
}

/** Charges an instruction by its size, which is the operand on top of the stack. */
function bulk(at: usize, unitShift: u8, hasSize64: bool): void {
  if (isDead || !isMetered) return;
  if (constEnd == at) {
    const next = here;
    seek(constStart, at);
    const size = readSigned(32);
    seek(next, stop);
    const units = <i32>size >> unitShift;
    if (size >= 0 && size < SMALL_BULK && weight + units < LIGHT) return cost(units);
  }
  out.copyTo(at);
  out.chargeOperand(unitShift, hasSize64);
  merge(LOOK_MERGES);
}

function allocates(opcode: u32, at: usize): void {
  if (refusesHeap) refuse(no.ALLOCATION_UNLIMITABLE, at, opcode);
}

// Control

function push(frameKind: u32, signature: u32): usize {
  const frame = top;
  if (frame == frames + FRAME * MAX_NESTING) refuse(no.NESTING_TOO_DEEP, here, MAX_NESTING);
  top += FRAME;
  const isPinned = frameKind == FUNCTION || catches || (pinsTables && load<u8>(targets + ordinal) != 0);
  store<u32>(frame, frameKind, KIND);
  store<i32>(frame, isPinned ? 0 : -1, POTENTIAL);
  store<i32>(frame, -1, LONGEST);
  store<u32>(frame, isDead ? 1 : 0, DEAD);
  store<i32>(frame, pending, AUX);
  store<i32>(frame, weight, ENTRY_WEIGHT);
  store<u32>(frame, ordinal, ORDINAL);
  store<u32>(frame, <u32>height << 1, CAUGHT);
  store<i32>(frame, height - <i32>(signature & 0xffff) + <i32>(signature >> 16), HEIGHT);
  ordinal++;
  merge(1);
  wide += (signature & 0xffff) + (signature >> 16) >> 4; // where nothing leads, too, for that is validated
  return frame;
}

function block(opcode: u32, at: usize, signature: u32): void {
  if (opcode == 0x06) learnsToCatch();
  if (opcode == 0x04) cost(1);
  if (opcode == 0x03) return loop(at, signature);
  push(opcode == 0x02 ? BLOCK : opcode == 0x04 ? IF : TRY, signature);
}

function loop(at: usize, signature: u32): void {
  const frame = push(LOOP, signature);
  if (isDead) return;
  hasLoops = true;
  loops++;
  if (hasFuel) {
    if (load<i32>(frame, POTENTIAL) == 0) adjust(at, 0);
    store<i32>(frame, pending, POTENTIAL);
  }
  out.copyTo(here);
  if (catches && hasStack) out.restoreStack();
  if (isMetered) store<u32>(frame, out.headOfLoop(SLICE, !hasFuel), AUX);
  merge(LOOK_MERGES);
  isTouched = true;
}

/** Makes `pending` what it shall be before the instruction at `at`; the difference goes to `used`. */
function adjust(at: usize, potential: i32): void {
  const difference = pending - potential;
  pending = potential;
  if (difference == 0) return;
  out.copyTo(at);
  out.addUsed(difference);
  isTouched = true;
}

/**
 * A way leads from before the instruction at `at` to the label of a frame.
 *
 * @param isLeaving Whether it is the only way on.
 */
function join(frame: usize, at: usize, isLeaving: bool): void {
  const frameKind = load<u32>(frame, KIND);
  if (frameKind == FUNCTION) return exit(at, isLeaving);
  let way = weight;
  if (frameKind == LOOP) {
    const entry = load<i32>(frame, ENTRY_WEIGHT);
    if (way >= entry) way -= entry; // otherwise a look in the loop began anew
  }
  if (way > load<i32>(frame, LONGEST)) store<i32>(frame, way, LONGEST);
  if (!hasFuel) return;
  const potential = load<i32>(frame, POTENTIAL);
  if (potential < 0) store<i32>(frame, pending, POTENTIAL);
  else adjust(at, potential);
}

/** The function may end here: what was used goes to the global. */
function exit(at: usize, isLeaving: bool): void {
  exitWeight = max(exitWeight, weight);
  if (hasFuel) flush(at, isLeaving);
}

/** Puts what was used into the global; a way that goes on looks too, for a loop would never see it in `used` again. */
function flush(at: usize, isLeaving: bool): void {
  out.copyTo(at);
  out.flush(hasFuel ? pending : min(weight, CALL_UNITS), hasFuel && (isTouched || loops > 0), !isLeaving, isLeaving);
  pending = 0;
  if (isLeaving) return;
  merge(LOOK_MERGES);
  weight = 0;
}

function elseOf(at: usize): void {
  const frame = top - FRAME;
  if (load<u32>(frame, KIND) != IF) refuse(no.ELSE_MALFORMED, at, 0);
  if (!isDead) join(frame, at, true);
  store<u32>(frame, ELSE, KIND);
  pending = load<i32>(frame, AUX);
  weight = load<i32>(frame, ENTRY_WEIGHT);
  height = load<i32>(frame, CAUGHT) >> 1;
  isDead = load<u32>(frame, DEAD) == 1;
}

function endOf(at: usize): void {
  const frame = top - FRAME;
  const frameKind = load<u32>(frame, KIND);
  const isLive = load<u32>(frame, DEAD) == 0;
  height = load<i32>(frame, HEIGHT);
  if (frameKind == FUNCTION) {
    if (!isDead) exit(at, true);
    top = frame;
    return;
  }
  if (frameKind == LOOP) {
    top = frame;
    if (!isLive) return;
    loops--;
    if (isMetered && !hasFuel) out.patch(load<u32>(frame, AUX), <u8>min(max(load<i32>(frame, LONGEST), 1), LOOP_UNITS));
    return;
  }
  if (frameKind == IF && isLive) endOfIf(frame, at);
  else if (!isDead && load<i32>(frame, LONGEST) >= 0) join(frame, at, true);
  const way = load<i32>(frame, LONGEST);
  if (way >= 0 && isLive) {
    weight = isDead ? way : max(way, weight);
    if (hasFuel) pending = load<i32>(frame, POTENTIAL);
    isDead = false;
  }
  top = frame;
  if ((load<u32>(frame, CAUGHT) & 1) != 0 && hasStack) {
    out.copyTo(here);
    out.restoreStack();
  }
}

/** The end of an `if` without `else`: the way past it joins here, if need be through an `else`. */
function endOfIf(frame: usize, at: usize): void {
  const before = load<i32>(frame, AUX);
  const isTarget = load<i32>(frame, LONGEST) >= 0;
  store<i32>(frame, max(load<i32>(frame, LONGEST), load<i32>(frame, ENTRY_WEIGHT)), LONGEST);
  if (!hasFuel) return;
  if (!isTarget) store<i32>(frame, before, POTENTIAL);
  const potential = load<i32>(frame, POTENTIAL);
  if (!isDead) adjust(at, potential);
  if (potential == before) return;
  out.copyTo(at);
  out.writeElse();
  pending = before;
  adjust(at, potential);
}

function label(index: u32, at: usize): usize {
  if (index >= <u32>(top - frames) / <u32>FRAME) refuse(no.NO_SUCH_LABEL, at, index);
  return top - FRAME - FRAME * index;
}

function branch(opcode: u32, at: usize): void {
  const index = readU32();
  if (opcode == 0x18) { // delegate
    if (load<u32>(top - FRAME, KIND) != TRY) refuse(no.DELEGATE_MALFORMED, at, 0);
    endOf(at);
    label(index, at);
    return;
  }
  const frame = label(index, at);
  merge(1);
  if (opcode == 0x09) return throws(at); // rethrow
  cost(1);
  if (!isDead) join(frame, at, opcode == 0x0c);
  if (opcode == 0x0c) isDead = true;
}

function branchTable(at: usize): void {
  const count = readCount(65_520, 1, no.LABELS) + 1;
  const labels = here;
  cost(1);
  let potential: i32 = -1;
  let isLeaving = false;
  for (let left = count; left > 0; left--) {
    const frame = label(readCheckedU32(), at);
    if (isDead) continue;
    const own = load<i32>(frame, POTENTIAL);
    if (hasFuel) store<u8>(targets + load<u32>(frame, ORDINAL), 1);
    if (load<u32>(frame, KIND) == FUNCTION) isLeaving = true;
    if (potential < 0) potential = own;
    else if (own >= 0 && own != potential && hasFuel) again = pinsTables = true;
  }
  const next = here;
  merge(min(count, <u32>(top - frames) / <u32>FRAME));
  if (isDead) return;
  if (isLeaving) exit(at, false);
  if (hasFuel) adjust(at, potential < 0 ? pending : potential);
  seek(labels, stop);
  for (let left = count; left > 0; left--) {
    const frame = label(readU32(), at);
    if (load<u32>(frame, KIND) != FUNCTION) join(frame, at, true);
  }
  seek(next, stop);
  isDead = true;
}

// Exceptions

/** The function catches: it is walked again with that in mind, and if that is news for the module, all are. */
function learnsToCatch(): void {
  if (!catches) catches = again = mayCatch = true;
}

function tryTable(at: usize, signature: u32): void {
  learnsToCatch();
  for (let left = readCount(10_000, 2, no.CATCH_CLAUSES); left > 0; left--) {
    const clause = readByte();
    if (clause > 3) refuse(no.CLAUSE_UNKNOWN, here - 1, clause);
    if (clause < 2) {
      const tag = readCheckedU32();
      if (tag >= tagCount) refuse(no.NO_SUCH_TAG, at, tag);
    }
    const frame = label(readCheckedU32(), at);
    merge(1);
    store<u32>(frame, load<u32>(frame, CAUGHT) | 1, CAUGHT);
    store<i32>(frame, max(load<i32>(frame, LONGEST), MAX_WEIGHT), LONGEST);
    if (load<u32>(frame, KIND) == FUNCTION) exitWeight = max(exitWeight, MAX_WEIGHT);
  }
  push(BLOCK, signature);
}

function throws(at: usize): void {
  cost(COST_THROW);
  if (isDead) return;
  if (hasFuel) flush(at, false);
  isDead = true;
}

/** `catch` or `catch_all`: the way before it joins at the end of its `try`; here exceptions land. */
function catchClause(at: usize): void {
  const frame = top - FRAME;
  if (load<u32>(frame, KIND) != TRY) refuse(no.CATCH_MALFORMED, at, 0);
  if (!isDead) join(frame, at, true);
  pending = 0;
  weight = MAX_WEIGHT;
  height = (load<i32>(frame, CAUGHT) >> 1) + MAX_CAUGHT;
  merge(1);
  isDead = load<u32>(frame, DEAD) == 1;
  if (isDead || !hasStack) return;
  out.copyTo(here);
  out.restoreStack();
}

// Calls

function functionIndex(opcode: u32, at: usize): void {
  const start = here;
  const index = readIndex(importCount + functionCount, no.NO_SUCH_FUNCTION);
  const isImport = index < importCount;
  const entry = isImport ? load<u32>(imports + 8 * index) : 0; // new index × 2, 1 if it is a leaf
  const callee: usize = isImport ? 0 : records + RECORD * (index - importCount);
  let isCounted = false;
  if (opcode == 0xd2) cost(1); // ref.func
  else {
    let way = UNKNOWN_WEIGHT;
    if (!isImport) way = load<i32>(callee, WEIGHT);
    else if (entry & 1) way = COST_IMPORT;
    const goesOn = way == UNKNOWN_WEIGHT || (!isImport && load<u32>(callee, GOES_ON) == 1);
    isCounted = beforeCall(at, opcode == 0x12, way, isImport ? COST_IMPORT : 1, goesOn);
    passOperands(isImport ? load<u32>(imports + 8 * index, 4) : load<u32>(callee, TYPE));
  }
  const mapped = isImport ? entry >> 1 : index + shift;
  if (mapped != index) out.replace(start, here, mapped);
  if (isCounted) afterCall();
}

function indirectCall(at: usize, isTail: bool, type: u32): void {
  passOperands(type);
  if (beforeCall(at, isTail, UNKNOWN_WEIGHT, 1, true)) afterCall();
}

/** A call takes its parameters from the operand stack and leaves its results there. */
function passOperands(type: u32): void {
  const signature = signatureOf(type);
  height = min(height + <i32>(signature >> 16) - <i32>(signature & 0xffff), MAX_HEIGHT);
  merge((signature >> RESULTS_SHIFT) + (catches ? 1 : 0));
}

/**
 * What stands before a call.
 *
 * @param way Longest way through the callee without a look, or `UNKNOWN_WEIGHT`.
 * @param goesOn Whether it may lead to a function that is not known, by itself or by tail calls.
 * @returns Whether the call is counted on the stack.
 */
function beforeCall(at: usize, isTail: bool, way: i32, units: i32, goesOn: bool): bool {
  cost(units);
  if (isDead) return false;
  if (isMetered) {
    const isLong = weight + way > (recurses ? MAX_WEIGHT_RECURSIVE : MAX_WEIGHT);
    isHeavy = isHeavy || isLong;
    if (isLong || way == UNKNOWN_WEIGHT || (hasFuel && weight > LONG)) flush(at, false);
    else if (hasFuel && (isTail || mayCatch)) flush(at, isTail);
  }
  if (way == UNKNOWN_WEIGHT) recurses = true;
  else weight = min(weight + way, ENDLESS);
  if (isTail) {
    exitWeight = max(exitWeight, weight);
    isDead = true;
    if (goesOn) store<u32>(record, 1, GOES_ON);
    return false;
  }
  if (!hasStack || (!goesOn && !mayCatch)) return false;
  out.copyTo(at);
  out.enterCall(callWeight);
  merge(LOOK_MERGES);
  return true;
}

function afterCall(): void {
  out.copyTo(here);
  out.restoreStack();
}

// Immediates

/** Reads how many items follow, each of at least so many bytes. */
function readCount(limit: u32, minBytes: u32, what: u32): u32 {
  const start = here;
  const count = readCheckedU32();
  const left = here > stop ? 0 : <u32>(stop - here);
  if (<u64>count * minBytes > <u64>left) refuse(no.COUNT_MALFORMED + what, start, count, left);
  if (count > limit) refuse(no.COUNT_TOO_LARGE + what, start, count, limit);
  return count;
}

/** Reads an unsigned number, of this function even if it has one byte. */
function readCheckedU32(): u32 {
  if (here >= stop) refuse(no.BYTE_MISSING, here, 0);
  return readU32();
}

function readIndex(count: u32, why: u32): u32 {
  const start = here;
  const index = readU32();
  if (index >= count) refuse(why, start, index);
  return index;
}

/** Of data after `memory.init`, `data.drop`, `array.new_data`, `array.init_data`; of elements after their like. */
function readSegment(opcode: u32): void {
  readIndex(opcode == 8 || opcode == 9 || opcode == 18 ? dataCount : elementCount, no.NO_SUCH_SEGMENT);
}

function readMemarg(at: usize): void {
  const align = readU32();
  const memory = align & 0x40 ? readU32() : 0;
  if (memory >= memoryCount) refuse(no.NO_SUCH_MEMORY, at, memory);
  skipNumber(10, at);
}

function is64(flags: usize, index: u32): bool {
  return load<u8>(flags + index) != 0;
}
