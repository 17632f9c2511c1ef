/**
 * Compiles functions of a built program to WebAssembly, as far as that is worth it, and puts them beside the engine.
 *
 *   engine's call of a JavaScript function ── bytecode has a hook? ──► entry(context, callee, this, count, arguments)
 *                                        └── no ──► interpreter              └──► body(callee, this, parameters …)
 *
 * A hook is the function's slot in the table, written into two bytes of its bytecode that the engine leaves alone. The engine
 * that looks for hooks is a variant of its own (compiler/build.mjs). Addresses are constants, because a snapshot keeps them.
 */
import { encodeModule, link, SECTION, Writer } from "@tenon/wasm";
import { Code } from "./code.ts";
import type { EngineIndices, Program } from "./function-writer.ts";
import { walkHeap, type FoundFunction, type Heap } from "./heap-walk.ts";
import { BYTECODE, FIRST_REFERENCE, HEADER, UNDEFINED } from "./layout.ts";
import { decode } from "./decode.ts";
import { examine, translate, type Candidate } from "./translate.ts";

/** A program as it will start: memory, and what compiled code must know of it. */
export type ProgramImage = { readonly memory: Uint8Array; readonly runtime: number; readonly lengthAtom: number; readonly globalObject: bigint };

/** What was made of it. */
export type Optimized = {
  /** The engine with the compiled functions beside it. */
  readonly plugin: Uint8Array;
  /** How many functions were compiled, and how many there are. */
  readonly compiled: number;
  readonly functions: number;
};

/** What the engine's variant exports for compiled functions, with their types: i is 32 bits, j 64, d a double. */
const FUNCTIONS: readonly (readonly [keyof EngineIndices, name: string, params: string, result: string])[] = [
  ["call", "JS_CallInternal", "ijjjiii", "j"], ["free", "JS_FreeValue", "ij", ""], ["getProperty", "JS_GetProperty", "iji", "j"], ["setProperty", "JS_SetProperty", "ijij", "i"],
  ["hasProperty", "JS_HasProperty", "iji", "i"], ["getElement", "JS_GetPropertyValue", "ijj", "j"], ["setElement", "JS_SetPropertyValue", "ijjji", "i"],
  ["isStrictEqual", "JS_IsStrictEqual", "ijj", "i"], ["toBool", "JS_ToBool", "ij", "i"], ["construct", "JS_CallConstructor2", "ijjii", "j"],
  ["overflow", "overflow", "", "j"], ["modulo", "fmod", "dd", "d"],
];
const GLOBALS: readonly (readonly [keyof EngineIndices, name: string])[] = [["stackPointer", "__stack_pointer"], ["stackLimit", "bridge:stackLimit"]];
const VALUE_TYPES: Readonly<Record<string, number>> = { i: 0x7f, j: 0x7e, d: 0x7c };
const ENTRY = ["ijjii", "j"] as const;
const MAX_HOOK = 0xffff;

/**
 * Compiles what is worth it.
 *
 * @param plugin The engine's variant that looks for hooks.
 * @param image The program; its memory is changed to name what was compiled.
 * @returns The engine with the compiled code, to be given the image.
 */
export function optimize(plugin: Uint8Array, image: ProgramImage): Optimized {
  const heap = walkHeap(image.memory, image.runtime);
  // They are padding to the engine, so anything may stand there. No function is added later: this engine has no parser.
  for (const { address } of heap.functions) heap.view.setUint16(address + BYTECODE.hook, 0, true);
  let candidates = heap.functions.map(examine).filter((each): each is Candidate => each !== undefined);
  // A function that turns out not to fit is left out, and the others are written again without it.
  for (;;) {
    if (candidates.length === 0) return { plugin, compiled: 0, functions: heap.functions.length };
    const { bodies, failed, pinned } = translateAll(candidates, heap, image);
    if (failed.size > 0) {
      candidates = candidates.filter((each) => !failed.has(each));
      continue;
    }
    const { bytes, slots } = link([{ name: "engine", bytes: plugin }, { name: "compiled", bytes: moduleOf(candidates, bodies) }], {
      exportAs: (input, name) => (input === "engine" ? name : undefined),
      resolve: (importer, module) => (importer === "compiled" ? "engine" : `${module}:outside`),
      tableFunctions: candidates.map((_, index) => ["compiled", `entry${index}`] as const),
    });
    for (const [index, { found }] of candidates.entries()) {
      if ((slots[index] as number) > MAX_HOOK) throw new RangeError(`there are more than ${MAX_HOOK} functions in the table`);
      heap.view.setUint16(found.address + BYTECODE.hook, slots[index] as number, true);
    }
    for (const value of pinned) {
      const references = Number(BigInt.asUintN(32, value)) + HEADER.references;
      heap.view.setInt32(references, heap.view.getInt32(references, true) + 1, true);
    }
    return { plugin: bytes, compiled: candidates.length, functions: heap.functions.length };
  }
}

function translateAll(candidates: readonly Candidate[], heap: Heap, image: ProgramImage): { bodies: Uint8Array[]; failed: Set<Candidate>; pinned: Set<bigint> } {
  const targets = new Map(candidates.map(({ found }, index) => [found.address, { index: FUNCTIONS.length + index, parameterCount: found.parameterCount }]));
  const assigned = assignedVariables(heap);
  const pinned = new Set<bigint>();
  const program: Program = {
    runtime: image.runtime,
    lengthAtom: image.lengthAtom,
    globalObject: image.globalObject,
    engine: Object.fromEntries([...FUNCTIONS.map(([key], index) => [key, index]), ...GLOBALS.map(([key], index) => [key, index])]) as EngineIndices,
    compiled: (value) => targets.get(heap.bytecodeOf(value) ?? 0),
    pin: (value) => void pinned.add(value),
    read: (address) => heap.view.getBigInt64(address, true),
    isAssigned: (found, index) => assigned.has(found.capturedAt(index) ?? 0),
  };
  const failed = new Set<Candidate>();
  const bodies = candidates.map((candidate) => {
    try {
      return translate(candidate, program);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      failed.add(candidate);
      return new Uint8Array();
    }
  });
  return { bodies, failed, pinned };
}

/** Addresses of captured variables that some function may still assign; a module's own code has run for good. */
function assignedVariables({ functions }: Heap): ReadonlySet<number> {
  const found = new Set<number>();
  for (const each of functions) {
    const instructions = decode(each.code) ?? [];
    if (!each.isPlain && instructions[0]?.name === "push_this") continue;
    for (const { name, operand } of instructions) {
      const address = /^(put|set)_var_ref(_check)?$/.test(name) ? each.capturedAt(operand) : undefined;
      if (address !== undefined) found.add(address);
    }
  }
  return found;
}

/** The module of all bodies, and of an entry for each. */
function moduleOf(candidates: readonly Candidate[], bodies: readonly Uint8Array[]): Uint8Array {
  const types: string[] = [];
  const typeOf = (params: string, result: string): number => {
    const key = `${params}>${result}`;
    if (!types.includes(key)) types.push(key);
    return types.indexOf(key);
  };
  const imports = new Writer().u32(FUNCTIONS.length + GLOBALS.length + 1).string("engine").string("memory").all(2, 0, 0);
  for (const [, name, params, result] of FUNCTIONS) imports.string("engine").string(name).byte(0).u32(typeOf(params, result));
  for (const [, name] of GLOBALS) imports.string("engine").string(name).all(3, 0x7f, 1);
  const functions = new Writer().u32(candidates.length * 2);
  for (const { found } of candidates) functions.u32(typeOf(`jj${"j".repeat(found.parameterCount)}`, "j"));
  for (let index = 0; index < candidates.length; index++) functions.u32(typeOf(...ENTRY));
  const exports = new Writer().u32(candidates.length);
  const code = new Writer(65_536).u32(candidates.length * 2);
  for (const body of bodies) code.u32(body.length).raw(body);
  for (const [index, { found }] of candidates.entries()) {
    exports.string(`entry${index}`).byte(0).u32(FUNCTIONS.length + candidates.length + index);
    const entry = entryOf(found, FUNCTIONS.length + index);
    code.u32(entry.length).raw(entry);
  }
  const typeSection = new Writer().u32(types.length);
  for (const key of types) {
    const [params = "", result = ""] = key.split(">");
    typeSection.byte(0x60).u32(params.length).all(...[...params].map((type) => VALUE_TYPES[type] as number));
    typeSection.u32(result.length).all(...[...result].map((type) => VALUE_TYPES[type] as number));
  }
  return encodeModule([
    { id: SECTION.type, parts: [typeSection.view()] }, { id: SECTION.import, parts: [imports.view()] }, { id: SECTION.function, parts: [functions.view()] },
    { id: SECTION.export, parts: [exports.view()] }, { id: SECTION.code, parts: [code.view()] },
  ]);
}

/** From the engine's call to a body: arguments are counted, missing ones are undefined. */
function entryOf({ parameterCount }: FoundFunction, body: number): Uint8Array {
  const [callee, self, count, values, value] = [1, 2, 3, 4, 5];
  const code = new Code();
  code.writer.all(1, 1, 0x7e);
  code.get(callee).get(self);
  for (let index = 0; index < parameterCount; index++) {
    code.get(count).i32(index).op("i32.gt_s").open("if", "i64");
    code.get(values).memory("i64.load", index * 8).tee(value).i64(FIRST_REFERENCE).op("i64.ge_u").open("if");
    const address = (): Code => code.get(value).op("i32.wrap_i64").i32(-HEADER.references).op("i32.sub");
    address();
    address().memory("i32.load").i32(1).op("i32.add").memory("i32.store").op("end");
    code.get(value).op("else").i64(UNDEFINED).op("end");
  }
  code.call(body).writer.byte(0x0b);
  return code.writer.view();
}
