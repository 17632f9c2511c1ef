/**
 * The order in which functions are metered: callees before their callers, as far as there are no cycles. A call that
 * goes against the order closes a cycle, and every cycle has one; so these, and calls whose target is not known, are
 * the only ones at which a module must look whether it may go on.
 *
 * This is a first, fast pass over the code that looks for `call` and `return_call` alone. It stops at what it does not
 * understand: the second pass refuses it.
 */
import type { Module } from "./module.ts";
import * as op from "./opcodes.ts";

/**
 * Sorts the defined functions by a depth-first walk of the calls between them.
 *
 * @returns Positions in `module.code`, each once.
 */
export function callOrder(module: Module): Uint32Array {
  const count = module.code.length;
  const { first, targets } = callsOf(module);
  const order = new Uint32Array(count);
  const isSeen = new Uint8Array(count);
  const next = first.slice(0, count); // per function: the call to follow next
  const path = new Uint32Array(count);
  let sorted = 0;
  for (let root = 0; root < count; root++) {
    if (isSeen[root] === 1) continue;
    isSeen[root] = 1;
    path[0] = root;
    for (let depth = 1; depth > 0; ) {
      const caller = path[depth - 1] as number;
      const at = next[caller] as number;
      if (at === first[caller + 1]) {
        order[sorted++] = caller;
        depth--;
        continue;
      }
      next[caller] = at + 1;
      const callee = targets[at] as number;
      if (isSeen[callee] === 1) continue;
      isSeen[callee] = 1;
      path[depth++] = callee;
    }
  }
  return order;
}

/** The functions that each function calls directly: those of `i` are `targets[first[i]]` to `targets[first[i + 1] - 1]`. */
function callsOf(module: Module): { first: Uint32Array; targets: Uint32Array } {
  const { bytes, code } = module;
  const imported = module.imported.function;
  const count = code.length;
  const first = new Uint32Array(count + 1);
  let targets = new Uint32Array(Math.max(1024, count * 8));
  let length = 0;
  const skipped = SKIPPED;
  for (let index = 0; index < count; index++) {
    const { start, end } = code[index] as { start: number; end: number };
    let p = startOfCode(bytes, start, end);
    while (p < end) {
      const opcode = bytes[p++] as number;
      const skip = skipped[opcode] as number;
      if (skip < LEBS) p += skip;
      else if (skip < CALL) {
        for (let left = skip - LEBS; left > 0; left--) while ((bytes[p++] as number) >= 0x80);
      } else if (skip === CALL) {
        let target = bytes[p++] as number;
        if (target >= 0x80) {
          target &= 0x7f;
          for (let shift = 7; shift < 35; shift += 7) {
            const byte = bytes[p++] as number;
            target |= (byte & 0x7f) << shift;
            if (byte < 0x80) break;
          }
        }
        target -= imported;
        if (target < 0 || target >= count) continue;
        if (length === targets.length) {
          const grown = new Uint32Array(length * 2);
          grown.set(targets);
          targets = grown;
        }
        targets[length++] = target;
      } else p = skipRare(bytes, p, end, opcode);
    }
    first[index + 1] = length;
  }
  return { first, targets };
}

function startOfCode(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  let groups = 0;
  for (let shift = 0; p < end; shift += 7) {
    const byte = bytes[p++] as number;
    groups |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  for (; groups > 0 && p < end; groups--) {
    while ((bytes[p++] as number) >= 0x80);
    const type = bytes[p++];
    if (type === 0x63 || type === 0x64) while ((bytes[p++] as number) >= 0x80);
  }
  return p;
}

// What to skip after an opcode: so many bytes; from LEBS on so many numbers; a call; or what `skipRare` knows.
const LEBS = 16;
const CALL = 24;
const RARE = 25;
const SKIPPED: Uint8Array = op.IMMEDIATES.map((kind, opcode) => {
  if (opcode === 0x10 || opcode === 0x12) return CALL;
  return skipOf(kind);
});

function skipOf(kind: number): number {
  switch (kind) {
    case op.PLAIN: case op.STRUCTURE: return 0;
    case op.BYTE: return 1;
    case op.BYTES4: return 4;
    case op.BYTES8: return 8;
    case op.LABEL: case op.FUNCTION: case op.TYPE: case op.LOCAL: case op.GLOBAL: case op.TABLE: case op.MEMORY:
    case op.CONST32: case op.CONST64: case op.HEAP_TYPE: case op.TAG: case op.DATA: case op.ELEMENT:
      return LEBS + 1;
    case op.TYPE_TABLE: case op.TABLES: case op.MEMORIES: case op.TYPE_NUMBER: case op.TYPE_DATA: case op.TYPE_ELEMENT:
    case op.TYPES: case op.DATA_MEMORY: case op.ELEMENT_TABLE:
      return LEBS + 2;
    default: return RARE; // also unknown
  }
}

/** Skips the immediates of an instruction that is none of the common ones. */
function skipRare(bytes: Uint8Array, start: number, end: number, opcode: number): number {
  let p = start;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; p < end; shift += 7) {
      const byte = bytes[p++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value >>> 0;
  };
  const valueType = (): void => {
    const type = bytes[p] as number;
    if (type === 0x63 || type === 0x64) p++;
    number();
  };
  let kind = op.IMMEDIATES[opcode] as number;
  if (opcode >= op.FIRST_PREFIX) kind = op.prefixedImmediates(opcode, number());
  switch (kind) {
    case op.BLOCK: valueType(); return p;
    case op.LABELS:
      for (let left = number() + 1; left > 0; left--) {
        if (p >= end) break;
        number();
      }
      return p;
    case op.MEMARG: case op.MEMARG_LANE:
      if (number() & 0x40) number();
      number();
      return kind === op.MEMARG ? p : p + 1;
    case op.BYTES16: return p + 16;
    case op.VALUE_TYPES:
      for (let left = number(); left > 0; left--) {
        if (p >= end) break;
        valueType();
      }
      return p;
    case op.TRY_TABLE:
      valueType();
      for (let left = number(); left > 0; left--) {
        if (p >= end) break;
        if ((bytes[p++] as number) < 2) number();
        number();
      }
      return p;
    case op.CAST:
      p++;
      for (let left = 3; left > 0; left--) number();
      return p;
    default: break;
  }
  const skip = skipOf(kind);
  if (skip < LEBS) return p + skip;
  if (skip >= CALL) return end; // unknown: nothing more is understood here
  for (let left = skip - LEBS; left > 0; left--) number();
  return p;
}
