/**
 * From a function's instructions to the body of a WebAssembly function.
 *
 * The kinds of all values at the beginning of each block are found first, by writing blocks into nothing until they no longer
 * change; then the blocks are written in their nesting. An instruction that is not known here hands over to the interpreter.
 */
import { placeOf, writeForget, writeGet, writeGetCaptured, writeGetElement, writeGetField, writeGetGlobal, writeGetLength, writePut, writePutCaptured, writePutElement, writePutField, writeToKey } from "./access.ts";
import { writeBits, writeLocalStep, writeLocalSum, writeNegation, writeNot, writePlus, writeQuotient, writeRemainder, writeStep, writeSum } from "./arithmetic.ts";
import { writeCall, writeConstruct } from "./calls.ts";
import { Code } from "./code.ts";
import { settleCondition, writeEquality, writeIs, writeLogicalNot, writeOrder, writeTruth } from "./comparison.ts";
import { decode, type Instruction } from "./decode.ts";
import { analyse, blocksOf, writeStructure, type Block, type Flow } from "./flow.ts";
import { FunctionWriter, type Program } from "./function-writer.ts";
import type { FoundFunction } from "./heap-walk.ts";
import { FALSE, NULL, UNDEFINED } from "./layout.ts";
import { ANY, BOOL, copyState, FLOAT, INT, joinStates, OTHER, REFERENCE, type State } from "./value.ts";

/** A function that can be compiled. */
export type Candidate = { readonly found: FoundFunction; readonly blocks: ReadonlyMap<number, Block>; readonly flow: Flow; readonly hasCalls: boolean };

/** Functions larger than this stay with the interpreter: what is gained is in small ones. */
const MAX_CODE_BYTES = 4096;
const MAX_OPERANDS = 512;

/** What makes a frame more than its values: such functions are the interpreter's from their first instruction. */
const FRAME_BOUND = new Set(["special_object", "rest", "eval", "apply_eval", "initial_yield", "import", "make_loc_ref", "make_arg_ref", "make_var_ref_ref", "make_var_ref", "with_get_var", "with_put_var", "with_delete_var", "with_make_ref", "with_get_ref", "with_get_ref_undef"]);
const ENDS = new Set(["return", "return_undef", "tail_call", "tail_call_method"]);
/** Instructions that call the engine, so that the function needs a frame. */
const CALLS = new Set(["call", "call_method", "tail_call", "tail_call_method", "call_constructor", "get_field", "get_field2", "put_field", "get_array_el", "get_array_el2", "put_array_el", "get_length", "get_var"]);
const WORK = new Set(["add", "sub", "mul", "div", "mod", "and", "or", "xor", "shl", "sar", "shr", "not", "neg", "inc", "dec", "post_inc", "post_dec", "inc_loc", "dec_loc", "add_loc", "lt", "lte", "gt", "gte"]);
const KNOWN = new Set([
  ...ENDS, ...CALLS, ...WORK, "push_i32", "push_const", "undefined", "null", "push_this", "push_false", "push_true", "drop", "nip", "dup", "dup1", "dup2", "insert2", "insert3", "perm3", "swap",
  "rot3l", "rot3r", "get_loc", "put_loc", "set_loc", "get_arg", "put_arg", "set_arg", "get_var_ref", "put_var_ref", "set_var_ref", "set_loc_uninitialized", "get_loc_check", "put_loc_check",
  "put_loc_check_init", "get_var_ref_check", "put_var_ref_check", "put_var_ref_check_init", "if_false", "if_true", "goto", "plus", "lnot", "eq", "neq", "strict_eq", "strict_neq",
  "is_undefined", "is_null", "is_undefined_or_null", "nop", "to_propkey", "to_propkey2",
]);

/**
 * Decides whether a function is worth compiling, and can be.
 *
 * @returns What `translate` needs, or `undefined` if it stays with the interpreter.
 */
export function examine(found: FoundFunction): Candidate | undefined {
  const { code, isStrict, isPlain, parameterCount, localCount, stackSize } = found;
  if (!isStrict || !isPlain || code.length > MAX_CODE_BYTES || parameterCount + localCount + stackSize > MAX_OPERANDS) return undefined;
  const instructions = decode(code);
  if (instructions === undefined || instructions.some(({ name }) => FRAME_BOUND.has(name))) return undefined;
  const blocks = blocksOf(instructions, ({ name }) => ENDS.has(name) || !KNOWN.has(name));
  const flow = analyse(blocks, 0);
  if (flow === undefined) return undefined;
  const all = [...blocks.values()].flatMap((block) => block.instructions);
  const [first] = flow.order;
  const leavesAtOnce = blocks.get(first as number)?.instructions.some(({ name }) => !KNOWN.has(name)) === true;
  const isWorthIt = flow.headers.size > 0 || all.some(({ name }) => WORK.has(name));
  if (leavesAtOnce || !isWorthIt) return undefined;
  return { found, blocks, flow, hasCalls: all.some(({ name }) => CALLS.has(name)) };
}

/**
 * Compiles a function.
 *
 * @returns The body, its locals included.
 * @throws {RangeError} If its stack does not come out as the engine's own compiler makes it.
 */
export function translate({ found, blocks, flow, hasCalls }: Candidate, program: Program): Uint8Array {
  const f = new FunctionWriter(found, program, hasCalls);
  const known = new Map<number, State>([[0, f.state]]);
  const code = f.code;
  const writeBlock = (start: number): void => {
    f.state = copyState(known.get(start) as State);
    const { instructions, next } = blocks.get(start) as Block;
    for (const instruction of instructions) write(f, instruction);
    if (next.length === 0) return;
    const hasBranch = next.length === 2;
    if (!hasBranch) {
      settleCondition(f);
      f.settle();
    }
  };
  const waiting = [0];
  f.code = new Code();
  for (let start = waiting.shift(); start !== undefined; start = waiting.shift()) {
    f.code.writer.length = 0;
    f.code.depth = 1;
    writeBlock(start);
    for (const next of (blocks.get(start) as Block).next) {
      const joined = joinStates(known.get(next), f.state);
      if (joined === undefined) continue;
      known.set(next, joined);
      if (!waiting.includes(next)) waiting.push(next);
    }
  }
  f.code = code;
  return f.finish(() => {
    writeStructure(blocks, flow, {
      open: (kind) => void code.open(kind),
      close: () => void code.op("end"),
      body: writeBlock,
      openIf: () => void code.open("if"),
      otherwise: () => void code.op("else"),
      branch: (depth) => void code.branch(depth),
    });
  });
}

function write(f: FunctionWriter, { name, at, next, operand }: Instruction): void {
  if (name !== "if_true" && name !== "if_false" && name !== "lnot") settleCondition(f);
  switch (name) {
    case "push_i32": return f.push({ kinds: INT, constant: BigInt.asUintN(32, BigInt(operand)) });
    case "push_const": return writeConstant(f, operand);
    case "undefined": return f.push({ kinds: OTHER, constant: UNDEFINED });
    case "null": return f.push({ kinds: OTHER, constant: NULL });
    case "push_false": return f.push({ kinds: BOOL, constant: FALSE });
    case "push_true": return f.push({ kinds: BOOL, constant: FALSE | 1n });
    case "push_this":
      f.duplicate(1, ANY);
      f.code.get(1);
      return f.store(ANY);
    case "drop": return f.releaseEntry(f.pop());
    case "nop": case "goto": return;
    case "dup": return arrange(f, 1, [0, 0]);
    case "dup1": return arrange(f, 2, [0, 0, 1]);
    case "dup2": return arrange(f, 2, [0, 1, 0, 1]);
    case "nip": return arrange(f, 2, [1]);
    case "insert2": return arrange(f, 2, [1, 0, 1]);
    case "insert3": return arrange(f, 3, [2, 0, 1, 2]);
    case "perm3": return arrange(f, 3, [1, 0, 2]);
    case "swap": return arrange(f, 2, [1, 0]);
    case "rot3l": return arrange(f, 3, [1, 2, 0]);
    case "rot3r": return arrange(f, 3, [2, 0, 1]);
    case "get_loc": return writeGet(f, placeOf(f, "loc", operand), at, false);
    case "get_loc_check": return writeGet(f, placeOf(f, "loc", operand), at, true);
    case "get_arg": return writeGet(f, placeOf(f, "arg", operand), at, false);
    case "put_loc": return writePut(f, placeOf(f, "loc", operand), at, false);
    case "set_loc": return writePut(f, placeOf(f, "loc", operand), at, true);
    case "put_loc_check": return writePut(f, placeOf(f, "loc", operand), at, false, "initialised");
    case "put_loc_check_init": return writePut(f, placeOf(f, "loc", operand), at, false, "uninitialised");
    case "put_arg": return writePut(f, placeOf(f, "arg", operand), at, false);
    case "set_arg": return writePut(f, placeOf(f, "arg", operand), at, true);
    case "set_loc_uninitialized": return writeForget(f, placeOf(f, "loc", operand));
    case "get_var_ref": return writeGetCaptured(f, operand, at, false);
    case "get_var_ref_check": return writeGetCaptured(f, operand, at, true);
    case "put_var_ref": return writePutCaptured(f, operand, at, false);
    case "set_var_ref": return writePutCaptured(f, operand, at, true);
    case "put_var_ref_check": return writePutCaptured(f, operand, at, false, "initialised");
    case "put_var_ref_check_init": return writePutCaptured(f, operand, at, false, "uninitialised");
    case "get_var": return writeGetGlobal(f, operand, at, next);
    case "get_field": return writeGetField(f, operand, next, false);
    case "get_field2": return writeGetField(f, operand, next, true);
    case "put_field": return writePutField(f, operand, next);
    case "get_length": return writeGetLength(f, next);
    case "get_array_el": return writeGetElement(f, next, false);
    case "get_array_el2": return writeGetElement(f, next, true);
    case "put_array_el": return writePutElement(f, next);
    case "to_propkey": return writeToKey(f, at, false);
    case "to_propkey2": return writeToKey(f, at, true);
    case "add": case "sub": case "mul": return writeSum(f, name, at);
    case "div": return writeQuotient(f, at);
    case "mod": return writeRemainder(f, at);
    case "and": case "or": case "xor": case "shl": case "sar": case "shr": return writeBits(f, name, at);
    case "not": return writeNot(f, at);
    case "neg": return writeNegation(f, at);
    case "plus": return writePlus(f, at);
    case "inc": return writeStep(f, 1, at, false);
    case "dec": return writeStep(f, -1, at, false);
    case "post_inc": return writeStep(f, 1, at, true);
    case "post_dec": return writeStep(f, -1, at, true);
    case "inc_loc": return writeLocalStep(f, operand, 1, at);
    case "dec_loc": return writeLocalStep(f, operand, -1, at);
    case "add_loc": return writeLocalSum(f, operand, at);
    case "lt": case "lte": case "gt": case "gte": return writeOrder(f, name, at);
    case "eq": case "neq": case "strict_eq": case "strict_neq": return writeEquality(f, name, at);
    case "lnot": return writeLogicalNot(f);
    case "is_undefined": return writeIs(f, [UNDEFINED]);
    case "is_null": return writeIs(f, [NULL]);
    case "is_undefined_or_null": return writeIs(f, [UNDEFINED, NULL]);
    case "if_true": case "if_false": return writeBranch(f, name === "if_true");
    case "call": return writeCall(f, operand, next, false);
    case "call_method": return writeCall(f, operand, next, true);
    case "call_constructor": return writeConstruct(f, operand, next);
    case "tail_call": case "tail_call_method":
      writeCall(f, operand, next, name === "tail_call_method");
      return writeReturn(f);
    case "return": return writeReturn(f);
    case "return_undef":
      f.push({ kinds: OTHER, constant: UNDEFINED });
      return writeReturn(f);
    default: return f.leave(at);
  }
}

/** Numbers of the constant pool are known; the rest is there to be counted. */
function writeConstant(f: FunctionWriter, index: number): void {
  const { constants, constantCount } = f.found;
  if (index >= constantCount) throw new RangeError(`there is no constant ${index}`);
  const value = f.program.read(constants + index * 8);
  const tag = BigInt.asUintN(64, value) >> 32n;
  if (tag === 0n) return f.push({ kinds: INT, constant: value });
  if (BigInt.asUintN(64, value + (9n << 32n)) >= 17n << 32n) return f.push({ kinds: FLOAT, constant: value });
  f.code.i32(constants).memory("i64.load", index * 8);
  f.store(REFERENCE | OTHER);
  f.duplicate(f.peek().local, REFERENCE);
}

/** Leaves the condition on WebAssembly's stack, with everything else in its place. */
function writeBranch(f: FunctionWriter, isTaken: boolean): void {
  const { code, condition } = f;
  writeTruth(f);
  if (!isTaken) code.op("i32.eqz");
  code.set(condition);
  f.settle();
  code.get(condition);
}

function writeReturn(f: FunctionWriter): void {
  f.settle();
  const { code, boxed: [, , result] } = f;
  code.get(f.pop().local).set(result);
  f.leaveWith(result);
}

/** Replaces the topmost entries by these of them, counted from the deepest; each may stand several times, or not at all. */
function arrange(f: FunctionWriter, count: number, wanted: readonly number[]): void {
  f.settle();
  const { code, state: { stack } } = f;
  const first = stack.length - count;
  const kinds = stack.slice(first).map((entry) => entry.kinds);
  for (let index = 0; index < count; index++) {
    const uses = wanted.filter((each) => each === index).length;
    if (uses === 0) f.release(f.slot(first + index), kinds[index] as number);
    for (let extra = 1; extra < uses; extra++) f.duplicate(f.slot(first + index), kinds[index] as number);
  }
  for (const index of wanted) code.get(f.slot(first + index));
  stack.length = first;
  for (const index of wanted) stack.push({ kinds: kinds[index] as number });
  for (let index = wanted.length - 1; index >= 0; index--) code.set(f.slot(first + index));
}
