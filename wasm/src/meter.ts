/**
 * Hands the code of a module to the walk and takes the metered code back. The walk itself is Wasm, written in
 * `../assembly/walk.ts`, and its memory is drawn in `../assembly/layout.ts`; this file fills that memory in.
 */
import { BODY_BYTES } from "./engine-limits.ts";
import { WalkRefusal, WasmError } from "./error.ts";
import { decodeInlined } from "./inlined.ts";
import type { Module } from "./module.ts";
import { HEIGHT_CHANGES, IMMEDIATES, PREFIXED, UNKNOWN } from "./opcodes.ts";
import { WALK } from "./walk-wasm.ts";

/** What is to be put in. */
export interface Metering {
  readonly fuel: boolean;
  readonly interrupt: boolean;
  readonly stack: boolean;
  /** Refuse what allocates on the engine's heap, which no limit here counts. */
  readonly refuseHeap: boolean;
  /** Modules of the plug-in, of which each may have so much less. */
  readonly modules: number;
  /** Imported functions that end soon and never call back: the kernel's. */
  readonly isLeaf: (importIndex: number) => boolean;
  /** New index of each imported function. */
  readonly importMap: readonly number[];
  /** What is added to the index of each defined function. */
  readonly shift: number;
  readonly added: Added;
}

/** Indices of what is added to the module, in its new index spaces. */
export interface Added {
  /** Mutable i32 global: units left until `charge` must look. */
  readonly countdown: number;
  /** Mutable i32 global: calls that may still be nested. */
  readonly stack: number;
  /** Function i32 → (): takes so many units off the countdown, and stops or goes on when none is left. */
  readonly charge: number;
}

/** What `meterCode` gives; the pieces are views, good until it is called again. */
export interface MeteredCode {
  /** Bodies in order of index, each with its size before it. */
  readonly bodies: Uint8Array;
  /** Branch hints of the functions that have some, in order of index. */
  readonly hints: Uint8Array;
  /** How many functions have hints. */
  readonly hinted: number;
}

/** What the walk exports. */
type Walk = {
  readonly memory: WebAssembly.Memory;
  readonly lay: (types: number, imports: number, functions: number, tables: number, memories: number, codeBytes: number, longest: number) => number;
  readonly meter: (
    flags: number, codeOffset: number, globals: number, tags: number, elements: number, dataSegments: number, shift: number,
    countdown: number, stack: number, charge: number, modules: number,
  ) => void;
};

// Addresses in its memory.
const HEIGHTS = 768;
const PREFIXED_IMMEDIATES = 1024;
const PREFIXED_SIZE = 512;
const RESULT = 3072;
const INPUT = 4096;
/** u32s of a record. */
const RECORD = 8;

/** The most memory that is kept for the next module; that of a larger one is given back. */
const KEPT_BYTES = 16 << 20;

let compiled: WebAssembly.Module | undefined;
let kept: Walk | undefined;

/**
 * Meters all functions of a module.
 *
 * @throws {WalkRefusal} For what is malformed, unknown or cannot be limited.
 * @throws {WasmError} `too-large` if a body is.
 */
export function meterCode(module: Module, metering: Metering): MeteredCode {
  const { fuel, interrupt, stack, refuseHeap, modules, shift, added } = metering;
  const { bytes, code, types, tables, memories, globals, tags, elements, dataCount, imported } = module;
  const codeOffset = code[0]?.start ?? 0;
  const codeEnd = code.at(-1)?.end ?? 0;
  let longest = 0;
  for (const { start, end } of code) {
    if (end - start > longest) longest = end - start;
    if (longest > BODY_BYTES) throw new WasmError("too-large", "function body", start, `${BODY_BYTES} bytes are the most that engines accept`);
  }
  const walk = kept ?? createWalk();
  kept = undefined; // what ends badly leaves anything
  const codeStart = walk.lay(types.length, imported.function, code.length, tables.length, memories.length, codeEnd - codeOffset, longest) >>> 0;
  const memory = new Uint8Array(walk.memory.buffer);
  fillIn(new Uint32Array(walk.memory.buffer, INPUT), module, metering, codeStart - codeOffset);
  const flags = INPUT + 4 * (types.length + 2 * imported.function + (RECORD + 2) * code.length);
  for (const [index, { is64 }] of [...tables, ...memories].entries()) memory[flags + index] = is64 ? 1 : 0;
  memory.set(bytes.subarray(codeOffset, codeEnd), codeStart);
  walk.meter(
    (fuel ? 1 : 0) | (interrupt ? 2 : 0) | (stack ? 4 : 0) | (refuseHeap ? 8 : 0) | (memories.some(({ shared }) => shared) ? 16 : 0),
    codeOffset, globals.length, tags.length, elements.length, dataCount ?? 0, shift, added.countdown, added.stack, added.charge, modules,
  );
  const { buffer } = walk.memory;
  const [bodiesStart, hintsStart, hintsEnd, hinted] = new Uint32Array(buffer, RESULT, 4) as unknown as [number, number, number, number];
  if (buffer.byteLength <= KEPT_BYTES) kept = walk;
  const view = (start: number, end: number): Uint8Array => new Uint8Array(buffer, start, end - start);
  return { bodies: view(bodiesStart, hintsStart), hints: view(hintsStart, hintsEnd), hinted };
}

/** Writes what the walk has to know of imports and functions. */
function fillIn(words: Uint32Array, { code, functions, types, imported }: Module, { importMap, isLeaf }: Metering, distance: number): void {
  let at = 0;
  for (const { signature } of types) words[at++] = signature === undefined ? 0 : signature.params.length | (signature.results.length << 16);
  for (let index = 0; index < imported.function; index++) {
    words[at++] = (importMap[index] as number) * 2 + (isLeaf(index) ? 1 : 0);
    words[at++] = functions[index] as number;
  }
  for (let index = 0; index < code.length; index++, at += RECORD) {
    const { start, end } = code[index] as { start: number; end: number };
    words[at] = start + distance;
    words[at + 1] = end + distance;
    words[at + 2] = functions[imported.function + index] as number;
  }
}

function createWalk(): Walk {
  compiled ??= new WebAssembly.Module(decodeInlined(WALK));
  const walk = new WebAssembly.Instance(compiled, { host: { refuse } }).exports as Walk;
  const memory = new Uint8Array(walk.memory.buffer);
  memory.set(IMMEDIATES);
  memory.set(HEIGHT_CHANGES, HEIGHTS);
  for (const [prefix, table] of PREFIXED.entries()) {
    memory.fill(UNKNOWN, PREFIXED_IMMEDIATES + prefix * PREFIXED_SIZE, PREFIXED_IMMEDIATES + (prefix + 1) * PREFIXED_SIZE);
    memory.set(table, PREFIXED_IMMEDIATES + prefix * PREFIXED_SIZE);
  }
  return walk;
}

/** The walk calls this where it cannot go on; offset and values come as i32. */
function refuse(why: number, offset: number, first: number, second: number): never {
  throw new WalkRefusal(why, offset >>> 0, first >>> 0, second >>> 0);
}
