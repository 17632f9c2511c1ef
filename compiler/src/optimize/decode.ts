/**
 * From a function's bytecode to instructions in one form: the engine's short forms are written out, jumps have absolute
 * targets.
 */
import { OPCODES } from "./opcodes.ts";

/** An instruction: its name without what makes it short, and its operand. */
export type Instruction = {
  readonly name: string;
  /** Offset in the bytecode of it, and behind it. */
  readonly at: number;
  readonly next: number;
  /** A constant, an index, a count or a target; 0 where it has none. */
  readonly operand: number;
};

const JUMPS = new Set(["if_false", "if_true", "goto", "catch", "gosub"]);
const SHORT_JUMPS: Readonly<Record<string, number>> = { if_false8: 1, if_true8: 1, goto8: 1, goto16: 2 };
/** `get_loc0` and the like. */
const INDEXED = /^((?:get|put|set)_(?:loc|arg|var_ref)|call|push_)([0-7])$/;
const WITH_BYTE = /^((?:get|put|set)_loc|push_const|fclosure)8$/;

/**
 * Decodes a function.
 *
 * @returns Its instructions by offset, ascending; `undefined` if these are not the opcodes it is made of.
 */
export function decode(code: Uint8Array): Instruction[] | undefined {
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  const instructions: Instruction[] = [];
  const starts = new Set<number>();
  const targets: number[] = [];
  for (let at = 0; at < code.length; ) {
    const opcode = OPCODES[code[at] as number];
    const next = at + (opcode?.bytes ?? Infinity);
    if (opcode === undefined || opcode.name === "invalid" || next > code.length) return undefined;
    starts.add(at);
    const { name, operand } = operandOf(opcode.name, view, at, opcode.bytes);
    if (JUMPS.has(name)) targets.push(operand);
    if (name === "get_loc0_loc1") instructions.push({ name: "get_loc", at, next, operand: 0 }, { name: "get_loc", at, next, operand: 1 });
    else instructions.push({ name, at, next, operand });
    at = next;
  }
  return targets.every((target) => starts.has(target)) ? instructions : undefined;
}

function operandOf(name: string, view: DataView, at: number, bytes: number): { name: string; operand: number } {
  const jump = SHORT_JUMPS[name];
  if (jump !== undefined) return { name: name.replace(/8|16$/, ""), operand: at + 1 + (jump === 1 ? view.getInt8(at + 1) : view.getInt16(at + 1, true)) };
  if (JUMPS.has(name)) return { name, operand: at + 1 + view.getInt32(at + 1, true) };
  const indexed = INDEXED.exec(name);
  if (indexed !== null) return { name: indexed[1] === "push_" ? "push_i32" : (indexed[1] as string), operand: Number(indexed[2]) };
  const short = WITH_BYTE.exec(name);
  if (short !== null) return { name: short[1] as string, operand: view.getUint8(at + 1) };
  switch (name) {
    case "push_minus1": return { name: "push_i32", operand: -1 };
    case "push_i8": return { name: "push_i32", operand: view.getInt8(at + 1) };
    case "push_i16": return { name: "push_i32", operand: view.getInt16(at + 1, true) };
    case "push_i32": return { name, operand: view.getInt32(at + 1, true) };
    default: return { name, operand: bytes === 2 ? view.getUint8(at + 1) : bytes === 3 ? view.getUint16(at + 1, true) : bytes >= 5 ? view.getUint32(at + 1, true) : 0 };
  }
}
