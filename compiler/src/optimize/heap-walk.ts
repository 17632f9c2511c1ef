/**
 * Finds the functions of a program in the memory of its engine: their bytecode, and what their closures hold.
 *
 * It believes nothing: lists must close, counts and addresses must lie inside the memory, or nothing is found.
 */
import { BYTECODE, CLASS, FIRST_OBJECT, HEADER, KIND, OBJECT, RUNTIME, VARIABLE } from "./layout.ts";

/** A function's bytecode where it stands in memory. */
export type FoundFunction = {
  readonly address: number;
  readonly code: Uint8Array;
  readonly codeAddress: number;
  readonly parameterCount: number;
  readonly localCount: number;
  readonly stackSize: number;
  readonly capturedCount: number;
  readonly closureCount: number;
  readonly isStrict: boolean;
  /** Neither a generator nor async. */
  readonly isPlain: boolean;
  readonly constants: number;
  readonly constantCount: number;
  readonly realm: number;
  /** What a captured variable holds in one of the function's closures; `undefined` if there is no closure yet. */
  captured(index: number): bigint | undefined;
  /** Where it stands. */
  capturedAt(index: number): number | undefined;
};

/** An image that can be read. */
export type Heap = { readonly view: DataView; readonly functions: readonly FoundFunction[]; bytecodeOf(value: bigint): number | undefined };

/**
 * Reads an image.
 *
 * @param memory The engine's memory when nothing runs.
 * @param runtime Address of its runtime.
 * @throws {RangeError} If it is not laid out as `layout.ts` says.
 */
export function walkHeap(memory: Uint8Array, runtime: number): Heap {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
  const head = runtime + RUNTIME.gcObjects;
  const closures = new Map<number, number>();
  const bytecodes: number[] = [];
  let previous = head;
  for (let at = view.getUint32(head, true), left = memory.length >> 3; at !== head; at = view.getUint32(at, true)) {
    if (view.getUint32(at + 4, true) !== previous || left-- === 0) throw new RangeError("the list of the engine's objects is broken");
    previous = at;
    const kind = view.getUint8(at + HEADER.kind) & 0x7f;
    if (kind === KIND.functionBytecode) bytecodes.push(at);
    if (kind === KIND.object && view.getUint16(at + OBJECT.classId, true) === CLASS.bytecodeFunction) closures.set(view.getUint32(at + OBJECT.bytecode, true), at);
  }
  const known = new Set(bytecodes);
  const functions = bytecodes.map((address): FoundFunction => {
    const u16 = (offset: number): number => view.getUint16(address + offset, true);
    const u32 = (offset: number): number => view.getUint32(address + offset, true);
    const codeAddress = u32(BYTECODE.code);
    if (codeAddress + u32(BYTECODE.codeBytes) > memory.length) throw new RangeError("a function of the engine is not laid out as expected");
    const flags = u16(BYTECODE.flags);
    const closureCount = u16(BYTECODE.closureCount);
    const capturedAt = (index: number): number | undefined => {
      const closure = closures.get(address);
      if (closure === undefined || index >= closureCount) return undefined;
      return view.getUint32(view.getUint32(view.getUint32(closure + OBJECT.closure, true) + index * 4, true) + VARIABLE.value, true);
    };
    return {
      address, codeAddress, closureCount,
      code: memory.subarray(codeAddress, codeAddress + u32(BYTECODE.codeBytes)),
      parameterCount: u16(BYTECODE.parameterCount),
      localCount: u16(BYTECODE.localCount),
      stackSize: u16(BYTECODE.stackSize),
      capturedCount: u16(BYTECODE.capturedCount),
      isStrict: (flags & 1) !== 0,
      isPlain: (flags & 0x60) === 0,
      constants: u32(BYTECODE.constants),
      constantCount: u32(BYTECODE.constantCount),
      realm: u32(BYTECODE.realm),
      captured: (index) => {
        const at = capturedAt(index);
        return at === undefined ? undefined : view.getBigInt64(at, true);
      },
      capturedAt,
    };
  });
  const bytecodeOf = (value: bigint): number | undefined => {
    if (BigInt.asIntN(64, value) >> 32n !== FIRST_OBJECT >> 32n) return undefined;
    const object = Number(BigInt.asUintN(32, value));
    if (view.getUint16(object + OBJECT.classId, true) !== CLASS.bytecodeFunction) return undefined;
    const bytecode = view.getUint32(object + OBJECT.bytecode, true);
    return known.has(bytecode) ? bytecode : undefined;
  };
  return { view, functions, bytecodeOf };
}
