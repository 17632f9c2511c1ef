/**
 * Writes rewritten function bodies: runs of untouched bytes are copied as they are, and in between stand the few
 * instruction sequences that metering adds. Every sequence leaves the operand stack as it found it.
 *
 * The globals and the function that sequences use are appended to the module; the locals are appended to those of the
 * function: `used`, `scratch`, `saved` (i32) and `scratch64` (i64), declared only as far as needed.
 *
 *   out   | header | prologue | code | hints |  ...     header and prologue are written last, from the code backwards
 */
import { code, grow, order, out, records, unlikely, functionCount, BODY, HINTS, HINTS_END, RECORD, RESULT } from "./layout";

/** Offsets of the added locals behind those of the function. */
const USED: u32 = 0;
const SCRATCH: u32 = 1;
const SAVED: u32 = 2;
const SCRATCH64: u32 = 3;

const LOCAL_GET: u8 = 0x20;
const LOCAL_SET: u8 = 0x21;
const LOCAL_TEE: u8 = 0x22;
const GLOBAL_GET: u8 = 0x23;
const GLOBAL_SET: u8 = 0x24;
const I32_CONST: u8 = 0x41;
const I32_ADD: u8 = 0x6a;
const I32_SUB: u8 = 0x6b;
const I32_AND: u8 = 0x71;
const I32_SHR_U: u8 = 0x76;
const I32_LT_S: u8 = 0x48;
const I32_GT_S: u8 = 0x4a;
const I64_CONST: u8 = 0x42;
const I64_SHR_U: u8 = 0x88;
const I64_ADD: u8 = 0x7c;
const I32_WRAP_I64: u8 = 0xa7;
const I64_EXTEND_I32_S: u8 = 0xac;
const IF: u8 = 0x04;
const ELSE: u8 = 0x05;
const END: u8 = 0x0b;
const CALL: u8 = 0x10;
const UNREACHABLE: u8 = 0x00;
const VOID: u8 = 0x40;

/** More than any sequence takes. */
const SEQUENCE: u32 = 128;

/** Mutable i32 global: units left until `charge` must look. */
let countdown: u32 = 0;
/** Mutable i32 global: calls that may still be nested. */
let stack: u32 = 0;
/** Function i32 → (): takes so many units off the countdown, and stops or goes on when none is left. */
let charge: u32 = 0;

/** Where the next byte goes. */
let to: usize = 0;
/** Where the memory ends. */
let room: usize = 0;
/** Where the code of this function begins. */
let codeStart: usize = 0;
/** Index of the first added local. */
let firstLocal: u32 = 0;
/** How many of the added locals are in use: up to and with the highest. */
let needed: u32 = 0;
/** Behind the last of `unlikely`. */
let lastUnlikely: usize = 0;
/** How many functions have hints. */
let hinted: u32 = 0;
/** Address in the source up to which bytes are written or left out. */
export let copied: usize = 0;

/** Says what sequences use. */
export function setAdded(countdownGlobal: u32, stackGlobal: u32, chargeFunction: u32): void {
  countdown = countdownGlobal;
  stack = stackGlobal;
  charge = chargeFunction;
}

/** Throws away all that is written. */
export function reset(): void {
  to = out;
  room = <usize>memory.size() << 16;
  hinted = 0;
}

/**
 * Begins a body.
 *
 * @param start Address of its first instruction in the source.
 * @param groups Bytes that its groups of locals take.
 * @param locals Number of its parameters and locals.
 */
export function begin(start: usize, groups: u32, locals: u32): void {
  copied = start;
  firstLocal = locals;
  needed = 0;
  lastUnlikely = unlikely;
  reserve(groups + 2 * SEQUENCE);
  to += groups + SEQUENCE;
  codeStart = to;
}

/** Throws away the code of the body that was begun. */
export function rewind(start: usize): void {
  copied = start;
  needed = 0;
  lastUnlikely = unlikely;
  to = codeStart;
}

/** How many locals the body got so far. */
export function addedLocals(): u32 {
  return needed;
}

/**
 * Ends a body.
 *
 * @param record Record of the function, where it is noted what stands where.
 * @param index Its new index, for the hints.
 * @param entry Units to charge and look at when it is called, or -1.
 * @param isFree Whether they are given back as fuel: they bring the look nearer and cost nothing.
 * @param groups How many groups of locals it has, and their bytes in the source.
 * @returns Bytes of the body.
 */
export function end(record: usize, index: u32, entry: i32, isFree: bool, groups: u32, groupsStart: usize, groupsEnd: usize): u32 {
  const codeEnd = to;
  if (entry >= 0) {
    if (isFree && entry > 0) {
      // The global of fuel stands behind that of the countdown.
      global(GLOBAL_GET, countdown + 1);
      constant(entry);
      two(I64_EXTEND_I32_S, I64_ADD);
      global(GLOBAL_SET, countdown + 1);
    }
    flush(entry, false, true, false);
  }
  const prologue = <u32>(to - codeEnd);
  to = codeEnd;
  const added: u32 = needed == 0 ? 0 : needed <= SCRATCH64 ? 1 : 2;
  const locals = lengthOfU32(groups + added) + <u32>(groupsEnd - groupsStart) + 2 * added;
  const size = locals + prologue + <u32>(codeEnd - codeStart);
  const start = codeStart - prologue - locals - lengthOfU32(size);
  memory.copy(codeStart - prologue, codeEnd, prologue);
  to = start;
  u32At(size);
  u32At(groups + added);
  memory.copy(to, groupsStart, groupsEnd - groupsStart);
  to += groupsEnd - groupsStart;
  if (added > 0) two(<u8>min(needed, SCRATCH64), 0x7f);
  if (added > 1) two(1, 0x7e);
  to = codeEnd;
  store<u32>(record, start, BODY);
  store<u32>(record, codeEnd, HINTS);
  writeHints(index, codeEnd, locals, prologue);
  store<u32>(record, to, HINTS_END);
  return size;
}

/** A function index, then for each unlikely branch its offset in the body, 1 and 0. */
function writeHints(index: u32, codeEnd: usize, locals: u32, prologue: u32): void {
  const count = <u32>(lastUnlikely - unlikely) >> 2;
  if (count == 0) return;
  hinted++;
  reserve(SEQUENCE);
  u32At(index);
  u32At(count);
  const last = lastUnlikely - 4;
  const isInPrologue = <usize>load<u32>(last) >= codeEnd;
  if (isInPrologue) hint(load<u32>(last) - <u32>codeEnd + locals);
  const behind = isInPrologue ? last : lastUnlikely;
  const shift = locals + prologue - <u32>codeStart;
  for (let at = unlikely; at != behind; at += 4) {
    if (to + 16 > room) reserve(SEQUENCE);
    hint(load<u32>(at) + shift);
  }
}

function hint(offset: u32): void {
  u32At(offset);
  two(1, 0);
}

/** Puts all bodies and behind them all hints into the order of the functions, and says where. */
export function finish(): void {
  const start = to;
  reserve(<u32>(to - out)); // no more than stands there
  for (let field = BODY; field <= HINTS; field += HINTS - BODY) {
    store<u32>(RESULT + (field - BODY), to);
    for (let index: u32 = 0; index < functionCount; index++) {
      const record = records + RECORD * index + field;
      const length = load<u32>(record, 4) - load<u32>(record);
      memory.copy(to, load<u32>(record), length);
      to += length;
    }
  }
  store<u32>(RESULT, to, 8);
  store<u32>(RESULT, hinted, 12);
}

/** Copies the source up to an address that is not copied yet. */
export function copyTo(address: usize): void {
  const size = address - copied;
  reserve(<u32>size + SEQUENCE); // room for the sequence that follows
  if (size > 32) memory.copy(to, copied, size);
  else for (let at: usize = 0; at < size; at += 8) store<u64>(to + at, load<u64>(copied + at));
  to += size;
  copied = address;
}

/** Leaves bytes of the source out, and writes a number in their place. */
export function replace(start: usize, end: usize, value: u32): void {
  copyTo(start);
  u32At(value);
  copied = end;
}

/** An `else` that was not there. */
export function writeElse(): void {
  one(ELSE);
}

/** `used += amount` */
export function addUsed(amount: i32): void {
  local(LOCAL_GET, USED);
  constant(amount);
  one(I32_ADD);
  local(LOCAL_SET, USED);
}

/**
 * `countdown -= amount + used; used = 0`, and with `check` a look whether it went below zero.
 *
 * @param amount Units known here.
 * @param withUsed Whether `used` may be anything but 0.
 * @param check Whether to call `charge` when nothing is left.
 * @param leaving Whether the function ends here, so that `used` is not needed any more.
 */
export function flush(amount: i32, withUsed: bool, check: bool, leaving: bool): void {
  reserve(SEQUENCE);
  if (amount != 0 || withUsed) {
    global(GLOBAL_GET, countdown);
    if (withUsed) {
      local(LOCAL_GET, USED);
      one(I32_SUB);
    }
    if (amount != 0) {
      constant(amount);
      one(I32_SUB);
    }
    global(GLOBAL_SET, countdown);
    if (withUsed && !leaving) setUsedToZero();
  }
  if (check) chargeIfNegative();
}

/**
 * At the head of a loop: looks once `used` is above `slice`.
 *
 * @param adds Whether to add to `used` before: an amount that `patch` sets.
 * @returns Where the amount stands.
 */
export function headOfLoop(slice: i32, adds: bool): usize {
  local(LOCAL_GET, USED);
  let at: usize = 0;
  if (adds) {
    one(I32_CONST);
    at = to;
    two(0, I32_ADD);
    local(LOCAL_TEE, USED);
  }
  constant(slice);
  one(I32_GT_S);
  unlikelyIf();
  local(LOCAL_GET, USED);
  callCharge();
  setUsedToZero();
  one(END);
  return at;
}

/** Sets the amount that `headOfLoop` left open: 0 to 63. */
export function patch(at: usize, amount: u8): void {
  store<u8>(at, amount);
}

/**
 * Takes the size operand of a bulk instruction off the countdown and looks. The operand stays on the stack.
 *
 * @param shift One unit per 2^shift of the operand.
 * @param is64 Whether the operand is an `i64`; it counts up to 2^30 units, which no real size reaches.
 */
export function chargeOperand(shift: u8, is64: bool): void {
  const operand = is64 ? SCRATCH64 : SCRATCH;
  local(LOCAL_TEE, operand);
  global(GLOBAL_GET, countdown);
  local(LOCAL_GET, operand);
  if (is64) {
    two(I64_CONST, shift);
    two(I64_SHR_U, I32_WRAP_I64);
  } else {
    two(I32_CONST, shift);
    one(I32_SHR_U);
  }
  constant(0x3fff_ffff);
  two(I32_AND, I32_SUB);
  global(GLOBAL_SET, countdown);
  chargeIfNegative();
}

/** Before a call that may recurse: takes `weight` off the stack and traps below zero. */
export function enterCall(weight: u32): void {
  global(GLOBAL_GET, stack);
  local(LOCAL_TEE, SAVED);
  constant(weight);
  one(I32_SUB);
  global(GLOBAL_SET, stack);
  global(GLOBAL_GET, stack);
  two(I32_CONST, 0);
  one(I32_LT_S);
  unlikelyIf();
  two(UNREACHABLE, END);
}

/** After such a call, and where an exception is caught: the stack is what it was in this frame. */
export function restoreStack(): void {
  reserve(SEQUENCE);
  local(LOCAL_GET, SAVED);
  global(GLOBAL_SET, stack);
}

/** At the entry of a function that catches: keeps what the stack is in this frame. */
export function saveStack(): void {
  global(GLOBAL_GET, stack);
  local(LOCAL_SET, SAVED);
}

function chargeIfNegative(): void {
  global(GLOBAL_GET, countdown);
  two(I32_CONST, 0);
  one(I32_LT_S);
  unlikelyIf();
  two(I32_CONST, 0);
  callCharge();
  one(END);
}

function unlikelyIf(): void {
  store<u32>(lastUnlikely, to);
  lastUnlikely += 4;
  two(IF, VOID);
}

function callCharge(): void {
  one(CALL);
  u32At(charge);
}

function setUsedToZero(): void {
  two(I32_CONST, 0);
  local(LOCAL_SET, USED);
}

function local(opcode: u8, offset: u32): void {
  if (offset >= needed) needed = offset + 1;
  one(opcode);
  u32At(firstLocal + offset);
}

function global(opcode: u8, index: u32): void {
  one(opcode);
  u32At(index);
}

function constant(value: i32): void {
  one(I32_CONST);
  let rest = value;
  for (; rest < -64 || rest > 63; rest >>= 7) one(<u8>((rest & 0x7f) | 0x80));
  one(<u8>(rest & 0x7f));
}

function u32At(value: u32): void {
  let rest = value;
  for (; rest >= 0x80; rest >>= 7) one(<u8>((rest & 0x7f) | 0x80));
  one(<u8>rest);
}

// @ts-ignore: decorator
@inline
function one(byte: u8): void {
  store<u8>(to++, byte);
}

// @ts-ignore: decorator
@inline
function two(first: u8, second: u8): void {
  store<u8>(to, first);
  store<u8>(to, second, 1);
  to += 2;
}

function lengthOfU32(value: u32): u32 {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}

function reserve(extra: u32): void {
  if (<u64>to + extra <= room) return;
  grow(<u64>to + extra);
  room = <usize>memory.size() << 16;
}
