/**
 * One instance of the JavaScript engine at build time: evaluates, compiles to bytecode, and hands
 * out its memory. It talks to QuickJS-NG through the engine's exported C interface.
 *
 * Its world is fixed, so that the same source gives the same bytes: the clock stands at 1970, the
 * random numbers come from a fixed seed, and anything of the plug-in ABI is out of reach (the
 * runtime says so with a stack before it comes to that).
 * Source: https://github.com/quickjs-ng/quickjs/blob/master/quickjs.h
 */
import { CompileError } from "./error.ts";
import { OPERATIONS } from "./operations.ts";

/** The engine, compiled once, and what the build noted about it. */
export type EngineModule = {
  module: WebAssembly.Module;
  /** Slots of the function table where the linker put the bridge's functions. */
  nativeSlot: number;
  rejectedSlot: number;
};

/** Memory and mutable globals when nothing runs. */
export type EngineImage = {
  memory: Uint8Array;
  globals: ReadonlyMap<string, number | bigint>;
  stackPointer: number;
  /** Where the header of the heap's first block is. */
  heapStart: number;
  /** Where the runtime is. */
  runtime: number;
  /** The engine's number for the name "length". */
  lengthAtom: number;
  /** The global object, as a value. */
  globalObject: bigint;
};

/** What top-level code used that is not the same in every instance. */
export type Observed = { clockReads: number; randomReads: number };

type Exports = Record<string, (...values: (number | bigint)[]) => number | bigint> & {
  memory: WebAssembly.Memory;
  __stack_pointer: WebAssembly.Global;
};

const FILE_NAME = "plugin.js";
const EVAL_MODULE_COMPILE_ONLY = 0x21;
const WRITE_BYTECODE_WITHOUT_SOURCE = 0x11;
const READ_BYTECODE = 1;
/** The runtime is the first block on the heap; its header stands before it. */
const BLOCK_HEADER_BYTES = 8;
const GENERIC_MAGIC = 1;
const WRITABLE_AND_CONFIGURABLE = 3;
const ALL_INTRINSICS = -1;
const INTRINSIC_EVAL = 1 << 1;
const EXCEPTION = 6n;
const UNDEFINED = 3n << 32n;
const REJECTED = 2;
const PENDING = 0;
/** How many random bytes the bridge has in stock: none in a snapshot, or all instances would share them. */
const RANDOM_LEFT = "bridge:poolLeft";
const STACK_LIMIT = "bridge:stackLimit";
/** The engine's stack is its first MiB and grows down. */
const STACK_TOP = 1_048_576;
/** While the plug-in is built there is room: its parser needs more than a call. */
const BUILD_STACK_BYTES = 262_144;
const OVERFLOW_TEXT = "Maximum call stack size exceeded";

/** A JavaScript engine that lives as long as one build. */
export class Engine {
  readonly #exports: Exports;
  readonly #context: number;
  readonly #runtime: number;
  readonly #source: EngineModule;
  readonly observed: Observed = { clockReads: 0, randomReads: 0 };
  #seed = 0x9e3779b9;
  #handler = UNDEFINED;

  /**
   * Starts an engine.
   *
   * @param source The engine's module.
   * @param hasEval Whether `eval` and `Function` are to work in it.
   */
  constructor(source: EngineModule, hasEval: boolean) {
    this.#source = source;
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    for (const { module, name } of WebAssembly.Module.imports(source.module))
      (imports[module] ??= {})[name] = () => { throw new CompileError([{ message: `Cannot use "${module}" "${name}": the plug-in is being built` }]); };
    const view = (): DataView => new DataView(this.#exports.memory.buffer);
    Object.assign((imports["wasi_snapshot_preview1"] ??= {}), {
      clock_time_get: (_clock: number, _precision: bigint, out: number) => {
        this.observed.clockReads++;
        view().setBigUint64(out, 0n, true);
        return 0;
      },
      random_get: (buffer: number, length: number) => {
        this.observed.randomReads++;
        for (let i = 0; i < length; i++) view().setUint8(buffer + i, this.#nextByte());
        return 0;
      },
    });
    this.#exports = new WebAssembly.Instance(source.module, imports).exports as unknown as Exports;
    (this.#exports[STACK_LIMIT] as unknown as WebAssembly.Global).value = STACK_TOP - BUILD_STACK_BYTES;
    this.#call("_initialize");
    this.#call("qjs_init2", hasEval ? ALL_INTRINSICS : ALL_INTRINSICS & ~INTRINSIC_EVAL);
    this.#context = this.#call("qjs_get_context_ptr");
    this.#runtime = this.#call("qjs_get_runtime_ptr");
    // What the engine asks for itself does not count.
    this.observed.clockReads = this.observed.randomReads = 0;
  }

  /**
   * Compiles a module to bytecode, without its source text.
   *
   * @param source JavaScript as bundled.
   * @throws {CompileError} When the engine refuses the code.
   */
  compile(source: string): Uint8Array {
    const [text, length] = this.#write(source);
    const [fileName] = this.#write(FILE_NAME);
    const compiled = this.#value("JS_Eval", this.#context, text, length, fileName, EVAL_MODULE_COMPILE_ONLY);
    this.#throwIfException(compiled);
    const lengthOut = this.#call("malloc", 4);
    const pointer = this.#call("JS_WriteObject", this.#context, lengthOut, compiled, WRITE_BYTECODE_WITHOUT_SOURCE);
    if (pointer === 0) throw this.#exception();
    const size = new DataView(this.#exports.memory.buffer).getUint32(lengthOut, true);
    return new Uint8Array(this.#exports.memory.buffer).slice(pointer, pointer + size);
  }

  /** Gives the program its way to the bridge, as the global `__tenon`. */
  offerBridge(): void {
    const object = this.#value("JS_NewObject", this.#context);
    for (const [magic, name] of OPERATIONS.entries()) {
      const [text] = this.#write(name);
      const callable = this.#value("JS_NewCFunction2", this.#context, this.#source.nativeSlot, text, 3, GENERIC_MAGIC, magic);
      this.#call("JS_SetPropertyStr", this.#context, object, text, callable);
      this.#call("free", text);
    }
    this.#setGlobal("__tenon", object);
    this.#replaceRandom();
    this.#call("JS_SetHostPromiseRejectionTracker", this.#runtime, this.#source.rejectedSlot, 0);
  }

  /**
   * Loads a module's bytecode and evaluates it, with everything it awaits.
   *
   * @param bytecode From `compile`.
   * @throws {CompileError} When it throws, or waits for something that never comes.
   */
  evaluate(bytecode: Uint8Array): void {
    const pointer = this.#call("malloc", bytecode.length);
    new Uint8Array(this.#exports.memory.buffer).set(bytecode, pointer);
    const loaded = this.#value("JS_ReadObject", this.#context, pointer, bytecode.length, READ_BYTECODE);
    this.#throwIfException(loaded);
    this.#call("free", pointer);
    if (this.#call("JS_ResolveModule", this.#context, loaded) < 0) throw this.#exception();
    const promise = this.#value("JS_EvalFunction", this.#context, loaded);
    this.#throwIfException(promise);
    const contextOut = this.#call("malloc", 4);
    while (this.#call("JS_IsJobPending", this.#runtime) !== 0)
      if (this.#call("JS_ExecutePendingJob", this.#runtime, contextOut) < 0) throw this.#exception();
    this.#call("free", contextOut);
    const state = this.#call("JS_PromiseState", this.#context, promise);
    if (state === REJECTED) throw this.#error(this.#value("JS_PromiseResult", this.#context, promise));
    if (state === PENDING) throw new CompileError([{ message: "Cannot finish the plug-in's top level: it awaits something that never settles while the plug-in is built" }]);
    this.#call("JS_FreeValue", this.#context, promise);
  }

  /**
   * Connects the runtime's handler to the bridge.
   *
   * @throws {CompileError} When the program never called `serve`.
   */
  attach(): void {
    const handler = this.#takeGlobal("__tenonHandler");
    if (handler === UNDEFINED) throw new CompileError([{ message: "Cannot find the plug-in's runtime: the bundle does not register its exports" }]);
    this.#handler = handler;
    const [overflowText] = this.#write(OVERFLOW_TEXT);
    this.#call("attach", this.#context, this.#runtime, handler, overflowText);
  }

  /**
   * Asks the runtime's handler.
   *
   * @param what A number the runtime knows.
   * @param text The first value, if any.
   * @returns The handler's answer.
   */
  ask(what: number, text = ""): number {
    const argv = this.#call("malloc", 16);
    const [pointer, length] = this.#write(text);
    const value = this.#value("JS_NewStringLen", this.#context, pointer, length);
    this.#call("free", pointer);
    const view = new DataView(this.#exports.memory.buffer);
    view.setBigInt64(argv, BigInt(what >>> 0), true);
    view.setBigInt64(argv + 8, value, true);
    const answer = this.#value("JS_Call", this.#context, this.#handler, UNDEFINED, 2, argv);
    this.#throwIfException(answer);
    this.#call("JS_FreeValue", this.#context, value);
    this.#call("free", argv);
    return Number(BigInt.asIntN(32, answer));
  }

  /**
   * Collects garbage and hands out memory and globals; the engine must not be used any more.
   *
   * @param stackBytes How much of the engine's stack calls may use before they throw a RangeError.
   */
  freeze(stackBytes: number): EngineImage {
    const [text] = this.#write("length");
    const lengthAtom = this.#call("JS_NewAtom", this.#context, text);
    this.#call("free", text);
    const globalObject = this.#value("JS_GetGlobalObject", this.#context);
    this.#call("JS_FreeValue", this.#context, globalObject);
    this.#call("JS_RunGC", this.#runtime);
    const globals = new Map<string, number | bigint>();
    for (const { name, kind } of WebAssembly.Module.exports(this.#source.module))
      if (kind === "global") globals.set(name, (this.#exports[name] as unknown as WebAssembly.Global).value as number | bigint);
    globals.set(RANDOM_LEFT, 0).set(STACK_LIMIT, STACK_TOP - stackBytes);
    return {
      memory: new Uint8Array(this.#exports.memory.buffer), globals, lengthAtom, globalObject, runtime: this.#runtime,
      stackPointer: this.#exports.__stack_pointer.value as number, heapStart: this.#runtime - BLOCK_HEADER_BYTES,
    };
  }

  #call(name: string, ...values: (number | bigint)[]): number {
    return this.#exports[name]!(...values) as number;
  }

  #value(name: string, ...values: (number | bigint)[]): bigint {
    return this.#exports[name]!(...values) as bigint;
  }

  #write(text: string): [pointer: number, length: number] {
    const bytes = new TextEncoder().encode(text);
    const pointer = this.#call("malloc", bytes.length + 1);
    const memory = new Uint8Array(this.#exports.memory.buffer);
    memory.set(bytes, pointer);
    memory[pointer + bytes.length] = 0;
    return [pointer, bytes.length];
  }

  #read(value: bigint): string {
    const lengthOut = this.#call("malloc", 4);
    const pointer = this.#call("JS_ToCStringLen2", this.#context, lengthOut, value, 0);
    if (pointer === 0) return "";
    const length = new DataView(this.#exports.memory.buffer).getUint32(lengthOut, true);
    return new TextDecoder().decode(new Uint8Array(this.#exports.memory.buffer, pointer, length));
  }

  #property(object: bigint, name: string): bigint {
    return this.#value("JS_GetPropertyStr", this.#context, object, this.#write(name)[0]);
  }

  /** The engine's own Math.random keeps its state in memory, so every instance would give the same numbers. */
  #replaceRandom(): void {
    const global = this.#value("JS_GetGlobalObject", this.#context);
    const math = this.#property(global, "Math");
    const [name] = this.#write("random");
    const random = this.#value("JS_NewCFunction2", this.#context, this.#source.nativeSlot, name, 0, GENERIC_MAGIC, OPERATIONS.indexOf("random"));
    this.#call("JS_DefinePropertyValueStr", this.#context, math, name, random, WRITABLE_AND_CONFIGURABLE);
    for (const value of [math, global]) this.#call("JS_FreeValue", this.#context, value);
  }

  #setGlobal(name: string, value: bigint): void {
    const global = this.#value("JS_GetGlobalObject", this.#context);
    const [text] = this.#write(name);
    this.#call("JS_SetPropertyStr", this.#context, global, text, value);
    this.#call("free", text);
    this.#call("JS_FreeValue", this.#context, global);
  }

  #takeGlobal(name: string): bigint {
    const global = this.#value("JS_GetGlobalObject", this.#context);
    const [text] = this.#write(name);
    const value = this.#value("JS_GetPropertyStr", this.#context, global, text);
    const atom = this.#call("JS_NewAtom", this.#context, text);
    this.#call("JS_DeleteProperty", this.#context, global, atom, 0);
    this.#call("JS_FreeAtom", this.#context, atom);
    this.#call("free", text);
    this.#call("JS_FreeValue", this.#context, global);
    return value;
  }

  #throwIfException(value: bigint): void {
    if (BigInt.asIntN(32, value >> 32n) === EXCEPTION) throw this.#exception();
  }

  #exception(): CompileError {
    return this.#error(this.#value("JS_GetException", this.#context));
  }

  #error(error: bigint): CompileError {
    const stack = this.#property(error, "stack");
    return new CompileError([{ message: this.#read(error), stack: stack === UNDEFINED ? "" : this.#read(stack) }]);
  }

  /** xorshift32: what top-level code sees as random is the same in every build. */
  #nextByte(): number {
    this.#seed ^= this.#seed << 13;
    this.#seed ^= this.#seed >>> 17;
    this.#seed ^= this.#seed << 5;
    return this.#seed & 0xff;
  }
}
