/**
 * One function under construction: its locals, its operand stack, how it counts references, and how it hands itself over to
 * the interpreter.
 *
 *   body    (callee, this, parameters …) → value           owns its parameters, borrows the rest
 *   locals  parameters | locals | operand stack            all as the engine boxes them
 *
 * Handing over: whatever compiled code does not do itself, it leaves to the engine in the middle of the function. It writes
 * its values where the interpreter expects those of a function that was suspended, and has it resumed at the very instruction;
 * what comes back is the function's result. An exception is handed over the same way, so that the interpreter unwinds,
 * catches, and writes the stack trace.
 */
import { Code } from "./code.ts";
import type { FoundFunction } from "./heap-walk.ts";
import { EXCEPTION, FIRST_REFERENCE, FRAME, HEADER, RUNTIME, STATE, UNDEFINED } from "./layout.ts";
import { OTHER, REFERENCE, type Entry, type State } from "./value.ts";

/** What compiled functions use of the engine, as indices in the module that they are written for. */
export type EngineIndices = {
  readonly call: number; readonly free: number; readonly getProperty: number; readonly setProperty: number; readonly hasProperty: number;
  readonly getElement: number; readonly setElement: number; readonly isStrictEqual: number; readonly toBool: number; readonly construct: number;
  readonly overflow: number; readonly modulo: number;
  readonly stackPointer: number; readonly stackLimit: number;
};

/** What compiled functions know of the program they belong to. */
export type Program = {
  readonly runtime: number;
  readonly engine: EngineIndices;
  readonly lengthAtom: number;
  /** Reads a value of the image. */
  readonly read: (address: number) => bigint;
  readonly globalObject: bigint;
  /** The compiled function that a function object of the image has, by its value. */
  readonly compiled: (value: bigint) => { readonly index: number; readonly parameterCount: number } | undefined;
  /** Marks an object of the image as used by address. */
  readonly pin: (value: bigint) => void;
  /** Whether a captured variable may be assigned by the program, as far as its code tells. */
  readonly isAssigned: (found: FoundFunction, index: number) => boolean;
};

const RESUME = 4;
/** Operands that compiled code has for a moment, and the interpreter has not. */
const SPARE_SLOTS = 2;

/** Writes one function. */
export class FunctionWriter {
  code: Code = new Code();
  state: State;
  readonly found: FoundFunction;
  readonly program: Program;
  readonly hasCalls: boolean;
  /** Locals of fixed use: boxed, doubles, 32 bits. */
  readonly boxed: readonly [number, number, number];
  readonly double: readonly [number, number];
  readonly base: number;
  readonly closure: number;
  readonly condition: number;
  readonly scratch: number;
  readonly #position: number;
  readonly #height: number;
  readonly #throwing: number;
  readonly #frameBytes: number;

  constructor(found: FoundFunction, program: Program, hasCalls: boolean) {
    this.found = found;
    this.program = program;
    this.hasCalls = hasCalls;
    const first = this.slot(found.stackSize + SPARE_SLOTS);
    this.boxed = [first, first + 1, first + 2];
    this.double = [first + 3, first + 4];
    const [base, closure, condition, scratch, position, height, throwing] = Array.from({ length: 7 }, (_, i) => first + 5 + i) as [number, number, number, number, number, number, number];
    this.base = base;
    this.closure = closure;
    this.condition = condition;
    this.scratch = scratch;
    this.#position = position;
    this.#height = height;
    this.#throwing = throwing;
    const { parameterCount, localCount, stackSize, capturedCount } = found;
    this.#frameBytes = (STATE.bytes + (parameterCount + localCount + stackSize) * 8 + capturedCount * 4 + 15) & ~15;
    this.state = { parameters: Array.from({ length: parameterCount }, () => 31), locals: Array.from({ length: localCount }, () => OTHER), stack: [] };
  }

  parameter(index: number): number {
    return 2 + index;
  }
  local(index: number): number {
    return 2 + this.found.parameterCount + index;
  }
  slot(index: number): number {
    return 2 + this.found.parameterCount + this.found.localCount + index;
  }
  /** Offset from the base of where the interpreter has an operand. */
  slotOffset(index: number): number {
    return STATE.bytes + (this.found.parameterCount + this.found.localCount + index) * 8;
  }

  /** The whole body, locals and all; `inner` writes what is between entry and hand-over. */
  finish(inner: (code: Code) => void): Uint8Array {
    const { code } = this;
    const { localCount, stackSize } = this.found;
    code.writer.u32(3).u32(localCount + stackSize + SPARE_SLOTS + 3).byte(0x7e).u32(2).byte(0x7c).u32(7).byte(0x7f);
    this.#enter();
    code.open("block");
    inner(code);
    code.op("unreachable", "end");
    this.#resume();
    code.writer.byte(0x0b);
    return code.writer.view().slice();
  }

  // The operand stack.

  push(entry: Entry): void {
    this.state.stack.push(entry);
  }
  /** Takes the topmost entry off; its local stays valid until the next push is written. */
  pop(): Entry & { readonly local: number } {
    const entry = this.state.stack.pop();
    if (entry === undefined) throw new RangeError("the operand stack is empty");
    return { ...entry, local: this.slot(this.state.stack.length) };
  }
  peek(below = 0): Entry & { readonly local: number } {
    const index = this.state.stack.length - 1 - below;
    const entry = this.state.stack[index];
    if (entry === undefined) throw new RangeError("the operand stack is empty");
    return { ...entry, local: this.slot(index) };
  }
  /** Puts an entry's value on WebAssembly's stack. */
  load({ constant, local }: { readonly constant?: bigint; readonly local: number }): Code {
    return constant === undefined ? this.code.get(local) : this.code.i64(constant);
  }
  /** Makes what is on WebAssembly's stack the topmost entry. */
  store(kinds: number): void {
    this.code.set(this.slot(this.state.stack.length));
    this.push({ kinds });
  }
  /** Puts constants into their locals, counted, so that all entries are where ways meet. */
  settle(): void {
    this.settleFrom(0);
  }
  /** The same for the entries from a height on. */
  settleFrom(first: number): void {
    const { stack } = this.state;
    for (const [index, entry] of stack.entries()) {
      if (index < first) continue;
      this.#settleEntry(index, entry);
      stack[index] = { kinds: entry.kinds };
    }
  }
  #settleEntry(index: number, { constant, isPinned, isCondition }: Entry): void {
    const { code } = this;
    if (isCondition) code.get(this.condition).op("i64.extend_i32_u").i64(1n << 32n).op("i64.or").set(this.slot(index));
    if (constant === undefined) return;
    if (isPinned) this.#count(Number(BigInt.asUintN(32, constant)));
    code.i64(constant).set(this.slot(index));
  }
  #count(address: number): void {
    this.code.i32(address + HEADER.references).i32(address + HEADER.references).memory("i32.load").i32(1).op("i32.add").memory("i32.store");
  }

  // References.

  /** Counts one more reference to the value in a local, if it is one. */
  duplicate(local: number, kinds: number): void {
    if ((kinds & REFERENCE) === 0) return;
    const { code, scratch } = this;
    this.isReference(local).open("if");
    code.get(local).op("i32.wrap_i64").i32(-HEADER.references).op("i32.sub").tee(scratch);
    code.get(scratch).memory("i32.load").i32(1).op("i32.add").memory("i32.store").op("end");
  }
  isReference(local: number): Code {
    return this.code.get(local).i64(FIRST_REFERENCE).op("i64.ge_u");
  }
  /** Gives the reference in a local back. */
  release(local: number, kinds: number): void {
    if ((kinds & REFERENCE) === 0) return;
    this.isReference(local).open("if");
    this.code.i32(this.found.realm).get(local).call(this.program.engine.free).op("end");
  }
  releaseEntry({ kinds, constant, local }: Entry & { readonly local: number }): void {
    if (constant === undefined) this.release(local, kinds);
  }

  // Leaving.

  /** Hands over to the interpreter at an instruction, with the operand stack as it is. */
  leave(position: number): void {
    const { code } = this;
    const { stack } = this.state;
    for (const [index, entry] of stack.entries()) this.#settleEntry(index, entry);
    code.i32(this.found.codeAddress + position).set(this.#position).i32(stack.length).set(this.#height).branch(code.depth - 1);
  }
  /** Hands over if the 32 bits on WebAssembly's stack are not 0. */
  leaveIf(position: number): void {
    this.code.open("if");
    this.leave(position);
    this.code.op("end");
  }
  /** Hands over an exception if that is what the 32 bits on WebAssembly's stack say, behind an instruction. */
  throwIf(next: number): void {
    this.code.open("if").i32(1).set(this.#throwing);
    this.leave(next);
    this.code.op("end");
  }
  isException(local: number): Code {
    return this.code.get(local).i64(EXCEPTION).op("i64.eq");
  }
  /** Says where the function is, for stack traces of what it calls. */
  mark(next: number): void {
    this.code.get(this.base).i32(this.found.codeAddress + next).memory("i32.store", STATE.frame + FRAME.position);
  }
  /** Ends the function with the value in a local, which the caller then owns. */
  leaveWith(local: number): void {
    const { code } = this;
    const { stack, locals, parameters } = this.state;
    for (const [index, entry] of stack.entries()) this.releaseEntry({ ...entry, local: this.slot(index) });
    for (const [index, kinds] of locals.entries()) this.release(this.local(index), kinds);
    for (const [index, kinds] of parameters.entries()) this.release(this.parameter(index), kinds);
    if (this.hasCalls) {
      this.#unlink();
      code.get(this.base).i32(this.#frameBytes).op("i32.add").globalSet(this.program.engine.stackPointer);
    }
    code.get(local).op("return");
  }

  #enter(): void {
    const { code, base, program, found } = this;
    const { engine, runtime } = program;
    code.globalGet(engine.stackPointer).i32(this.#frameBytes).op("i32.sub").tee(base).globalGet(engine.stackLimit).op("i32.lt_u").open("if");
    for (let index = 0; index < found.parameterCount; index++) this.release(this.parameter(index), REFERENCE);
    code.call(engine.overflow).op("return", "end");
    for (let index = 0; index < found.localCount; index++) code.i64(UNDEFINED).set(this.local(index));
    if (found.closureCount > 0) code.get(0).op("i32.wrap_i64").memory("i32.load", 28).set(this.closure);
    if (!this.hasCalls) return;
    code.get(base).globalSet(engine.stackPointer);
    code.get(base).i32(runtime).memory("i32.load", RUNTIME.currentFrame).memory("i32.store", STATE.frame + FRAME.previous);
    this.#describe();
    code.i32(runtime).get(base).i32(STATE.frame).op("i32.add").memory("i32.store", RUNTIME.currentFrame);
  }
  /** What a frame says of its function. */
  #describe(): void {
    const { code, base, found } = this;
    const at = (offset: number): number => STATE.frame + offset;
    code.get(base).get(0).memory("i64.store", at(FRAME.callee));
    code.get(base).i32(0).memory("i32.store", at(FRAME.position));
    code.get(base).i32(found.parameterCount << 16).memory("i32.store", at(FRAME.capturedCount));
    code.get(base).i32(1).memory("i32.store16", at(FRAME.isStrict));
    code.get(base).i32(0).memory("i32.store", at(FRAME.owner));
  }
  #unlink(): void {
    this.code.i32(this.program.runtime).get(this.base).memory("i32.load", STATE.frame + FRAME.previous).memory("i32.store", RUNTIME.currentFrame);
  }

  /** The interpreter goes on: at `position`, with `height` operands, after an exception if `throwing`. */
  #resume(): void {
    const { code, base, found, program } = this;
    const { parameterCount, localCount, stackSize, capturedCount } = found;
    const at = (offset: number): number => STATE.frame + offset;
    if (this.hasCalls) this.#unlink();
    else code.get(base).globalSet(program.engine.stackPointer);
    this.#describe();
    const address = (offset: number): Code => code.get(base).i32(offset).op("i32.add");
    const put = (field: number, value: () => Code): void => void (code.get(base), value().memory("i32.store", field));
    code.get(base).get(1).memory("i64.store", STATE.self);
    put(STATE.argumentCount, () => code.i32(parameterCount));
    put(STATE.isThrowing, () => code.get(this.#throwing));
    put(at(FRAME.arguments), () => address(STATE.bytes));
    put(at(FRAME.locals), () => address(STATE.bytes + parameterCount * 8));
    put(at(FRAME.captured), () => address(this.slotOffset(stackSize)));
    put(at(FRAME.position), () => code.get(this.#position));
    code.get(base).i32(capturedCount).memory("i32.store16", at(FRAME.capturedCount));
    put(at(FRAME.stack), () => address(this.slotOffset(0)).get(this.#height).i32(3).op("i32.shl", "i32.add"));
    for (let index = 0; index < parameterCount + localCount + stackSize; index++) code.get(base).get(2 + index).memory("i64.store", STATE.bytes + index * 8);
    for (let index = 0; index < capturedCount; index++) code.get(base).i32(0).memory("i32.store", this.slotOffset(stackSize) + index * 4);
    code.i32(found.realm).get(base).op("i64.extend_i32_u").get(1).i64(UNDEFINED).i32(parameterCount);
    address(STATE.bytes).i32(RESUME).call(program.engine.call);
    code.get(base).i32(this.#frameBytes).op("i32.add").globalSet(program.engine.stackPointer);
  }
}
