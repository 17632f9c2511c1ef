/** Reads functions of the engine, for those who change it: `build.mjs`, `hook.mjs`, `interpreter.mjs`. */
import { I32, I64, Reader, signatureOf, walkExpression } from "@tenon/wasm";

/** Opcodes of WebAssembly that the engine is searched for. */
export const OP = { brTable: 0x0e, call: 0x10, drop: 0x1a, get: 0x20, set: 0x21, tee: 0x22, load: 0x28, loadByte: 0x2d, storeShort: 0x3b, const: 0x41, and: 0x71, shl: 0x74, sub: 0x6b };
const CALL = [I32, I64, I64, I64, I32, I32, I32];

/**
 * @param module The engine, read.
 * @param name What a function is exported as.
 * @returns Its index.
 */
export function exported(module, name) {
  const found = module.exports.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`The engine exports no ${name}`);
  return found.index;
}

/**
 * @param module The engine, read.
 * @param index A function.
 * @returns Its instructions, each with its opcode, its bytes' `start` and `end`, and its immediates where others ask for them: of
 *   calls, branches by table, variables, constants (i32) and accesses to memory (alignment, offset). None for an import.
 */
export function instructionsOf(module, index) {
  if (index < module.imported.function) return [];
  const { end } = module.code[index - module.imported.function];
  const reader = new Reader(module.bytes, localsOf(module, index).end, end);
  reader.typeLimit = module.types.length;
  const found = [];
  walkExpression(reader, { opcode: (opcode, at) => void found.push({ opcode, start: at, end, immediates: [] }) });
  for (const [i, instruction] of found.entries()) {
    instruction.end = found[i + 1]?.start ?? end;
    readImmediates(instruction, new Reader(module.bytes, instruction.start + 1, instruction.end));
  }
  return found;
}

function readImmediates({ opcode, immediates }, reader) {
  if (opcode === OP.const) immediates.push(reader.s32());
  else if (opcode === OP.brTable) for (let left = reader.u32() + 1; left > 0; left--) immediates.push(reader.u32());
  else if (opcode === OP.call || (opcode >= OP.get && opcode <= OP.tee)) immediates.push(reader.u32());
  else if (opcode >= OP.load && opcode <= 0x3e) immediates.push(reader.u32(), reader.u32());
}

/**
 * @param module The engine, read.
 * @param index A function of its own.
 * @returns The declarations of its variables: where the first `start`s and the last `end`s, how many there are, and of how many
 *   variables, parameters not counted.
 */
export function localsOf(module, index) {
  const range = module.code[index - module.imported.function];
  const reader = new Reader(module.bytes, range.start, range.end);
  reader.typeLimit = module.types.length;
  const groups = reader.u32();
  const start = reader.offset;
  let count = 0;
  for (let left = groups; left > 0; left--) {
    count += reader.u32();
    reader.valueType();
  }
  return { start, end: reader.offset, groups, count };
}

/**
 * @param module The engine, read.
 * @param index A function.
 * @returns The functions it calls, once for each call.
 */
export function calleesOf(module, index) {
  return instructionsOf(module, index).filter(({ opcode }) => opcode === OP.call).map(({ immediates }) => immediates[0]);
}

/**
 * @param module The engine, read.
 * @returns Index of the interpreter, which every JavaScript call passes: JS_CallInternal.
 */
export function interpreterOf(module) {
  const fitting = new Set(calleesOf(module, exported(module, "JS_Call")).filter((index) => signatureOf(module, index).params.join() === CALL.join()));
  if (fitting.size !== 1) throw new Error(`Cannot find the engine's interpreter: JS_Call has ${fitting.size} callees that fit, and should have one`);
  return [...fitting][0];
}
