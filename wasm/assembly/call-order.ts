/**
 * The order in which functions are metered: callees before their callers, as far as there are no cycles. A call that
 * goes against the order closes a cycle, and every cycle has one; so these, and calls whose target is not known, are
 * the only ones at which a module must look whether it may go on.
 *
 * This is a first, fast pass over the code that looks for `call` and `return_call` alone. It stops at what it does not
 * understand: the second pass refuses it. It never reads further than the zeros behind the code: a number ends there.
 */
import * as kind from "../src/immediates";
import {
  BODY, END, GOES_ON, HINTS, HINTS_END, IMMEDIATES, PREFIXED, PREFIXED_SIZE, RECORD, SKIPS, START, functionCount, grow, importCount, order,
  out, path, records,
} from "./layout";

// What to skip after an opcode: so many bytes; from LEBS on so many numbers; a call; or what `skipRare` knows.
const LEBS: u32 = 16;
const CALL: u32 = 24;
const RARE: u32 = 25;

const FIRST: usize = BODY;
const LAST: usize = HINTS;
const NEXT: usize = HINTS_END;
const SEEN: usize = GOES_ON;

/** Fills in, for each opcode, what has to be skipped behind it. */
export function setSkips(): void {
  for (let opcode: u32 = 0; opcode < 256; opcode++) store<u8>(SKIPS + opcode, skipOf(load<u8>(IMMEDIATES + opcode)));
  store<u8>(SKIPS + 0x10, CALL);
  store<u8>(SKIPS + 0x12, CALL);
}

/** The order of the file. */
export function keepOrder(): void {
  for (let index: u32 = 0; index < functionCount; index++) store<u32>(order + 4 * index, index);
}

/** Sorts the defined functions by a depth-first walk of the calls between them. */
export function sortCalls(): void {
  findCalls();
  let sorted = order;
  for (let root: u32 = 0; root < functionCount; root++) {
    if (load<u32>(records + RECORD * root, SEEN)) continue;
    store<u32>(records + RECORD * root, 1, SEEN);
    store<u32>(path, root);
    for (let top = path; top >= path; ) {
      const caller = records + RECORD * load<u32>(top);
      const at = load<u32>(caller, NEXT);
      if (at == load<u32>(caller, LAST)) {
        store<u32>(sorted, load<u32>(top));
        sorted += 4;
        top -= 4;
        continue;
      }
      store<u32>(caller, at + 4, NEXT);
      const callee = load<u32>(at);
      const record = records + RECORD * callee;
      if (load<u32>(record, SEEN)) continue;
      store<u32>(record, 1, SEEN);
      top += 4;
      store<u32>(top, callee);
    }
  }
}

/** Lists the functions that each function calls directly, in what will be `out`. */
function findCalls(): void {
  let target = out;
  let room = <usize>memory.size() << 16;
  for (let index: u32 = 0; index < functionCount; index++) {
    const record = records + RECORD * index;
    const end: usize = load<u32>(record, END);
    let p = startOfCode(load<u32>(record, START), end);
    store<u32>(record, 0, SEEN);
    store<u32>(record, target, FIRST);
    store<u32>(record, target, NEXT);
    while (p < end) {
      const opcode = <u32>load<u8>(p++);
      const skip = <u32>load<u8>(SKIPS + opcode);
      if (skip < LEBS) p += skip;
      else if (skip < CALL) {
        for (let left = skip - LEBS; left > 0; left--) while (load<u8>(p++) >= 0x80);
      } else if (skip == CALL) {
        p = number(p, end);
        const callee = value - importCount;
        if (callee >= functionCount) continue;
        if (target + 4 > room) {
          grow(target + 4);
          room = <usize>memory.size() << 16;
        }
        store<u32>(target, callee);
        target += 4;
      } else p = skipRare(p, end, opcode);
    }
    store<u32>(record, target, LAST);
  }
}

/** The last number that was read. */
let value: u32 = 0;

/** Reads an unsigned number and returns the address behind it. */
function number(start: usize, end: usize): usize {
  let p = start;
  value = 0;
  for (let shift: u32 = 0; shift < 35; shift += 7) {
    if (p >= end) break;
    const byte = <u32>load<u8>(p++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return p;
}

function valueType(start: usize, end: usize): usize {
  const type = load<u8>(start);
  return number(type == 0x63 || type == 0x64 ? start + 1 : start, end);
}

function startOfCode(start: usize, end: usize): usize {
  let p = number(start, end);
  for (let groups = value; groups > 0; groups--) {
    if (p >= end) break;
    p = valueType(number(p, end), end);
  }
  return p;
}

function skipOf(immediates: u32): u32 {
  switch (immediates) {
    case kind.PLAIN: case kind.STRUCTURE: return 0;
    case kind.BYTE: return 1;
    case kind.BYTES4: return 4;
    case kind.BYTES8: return 8;
    case kind.LABEL: case kind.FUNCTION: case kind.TYPE: case kind.LOCAL: case kind.GLOBAL: case kind.TABLE: case kind.MEMORY:
    case kind.CONST32: case kind.CONST64: case kind.HEAP_TYPE: case kind.TAG: case kind.DATA: case kind.ELEMENT:
      return LEBS + 1;
    case kind.TYPE_TABLE: case kind.TABLES: case kind.MEMORIES: case kind.TYPE_NUMBER: case kind.TYPE_DATA:
    case kind.TYPE_ELEMENT: case kind.TYPES: case kind.DATA_MEMORY: case kind.ELEMENT_TABLE:
      return LEBS + 2;
    default: return RARE; // also unknown
  }
}

/** The immediates of an opcode with a prefix; `UNKNOWN` for what no engine ships. */
export function prefixedImmediates(prefix: u32, opcode: u32): u32 {
  if (prefix == 0xff || opcode >= PREFIXED_SIZE) return kind.UNKNOWN;
  return load<u8>(PREFIXED + (prefix - 0xfb) * PREFIXED_SIZE + opcode);
}

/** Skips the immediates of an instruction that is none of the common ones. */
function skipRare(start: usize, end: usize, opcode: u32): usize {
  let p = start;
  let immediates = <u32>load<u8>(IMMEDIATES + opcode);
  if (opcode >= 0xfb) {
    p = number(p, end);
    immediates = prefixedImmediates(opcode, value);
  }
  switch (immediates) {
    case kind.BLOCK: return valueType(p, end);
    case kind.LABELS:
      p = number(p, end);
      for (let left = value; ; left--) {
        if (p >= end) break;
        p = number(p, end);
        if (left == 0) break;
      }
      return p;
    case kind.MEMARG: case kind.MEMARG_LANE:
      p = number(p, end);
      if (value & 0x40) p = number(p, end);
      while (load<u8>(p++) >= 0x80); // may have 64 bits
      return immediates == kind.MEMARG ? p : p + 1;
    case kind.BYTES16: return p + 16;
    case kind.VALUE_TYPES:
      p = number(p, end);
      for (let left = value; left > 0; left--) {
        if (p >= end) break;
        p = valueType(p, end);
      }
      return p;
    case kind.TRY_TABLE:
      p = number(valueType(p, end), end);
      for (let left = value; left > 0; left--) {
        if (p >= end) break;
        if (load<u8>(p++) < 2) p = number(p, end);
        p = number(p, end);
      }
      return p;
    case kind.CAST:
      p = number(p + 1, end);
      return number(number(p, end), end);
    default: break;
  }
  const skip = skipOf(immediates);
  if (skip < LEBS) return p + skip;
  if (skip >= CALL) return end; // unknown: nothing more is understood here
  for (let left = skip - LEBS; left > 0; left--) p = number(p, end);
  return p;
}
