/**
 * Walks the code of a plug-in once, checks every index in it, and puts in what makes limits hold: charges for fuel or
 * interruption, counts of nested calls, new function indices. It types nothing: that is the engine's business.
 *
 * Fuel. Each path through a function is charged its exact cost, but late: what is known at a point and not charged yet
 * is `pending`, and a label has one `potential`, the pending that all its branches agree on. The first branch to a label
 * decides it and costs nothing; the others add the difference to a local, `used`:
 *
 *     … if ………… else ………… end …          pending 7     ┌─ then: pending 12 ─┐
 *                                         (if: cost 1)  └─ else: pending  9 ─┴─ end: pending 12, the else arm adds −3
 *
 * `used` and `pending` go to the global `countdown` where the function ends, before calls of imports and calls that may
 * recurse, and in loops whenever more than `SLICE` came together.
 *
 * Interruption alone charges estimates instead, in loops and before calls that may recurse, and needs no exits.
 *
 * Nothing runs long unseen. Functions are walked callees first (`call-order.ts`); a call whose callee is not walked yet,
 * or not known, may close a cycle, and the module looks before it. `weight` is the longest way since the last look, with
 * the calls on it. A function whose way is longer than `LIGHT` looks when it is entered, so its callers need not count
 * it: a tower of functions that call each other twice has neither loop nor cycle, and yet runs for ever.
 *
 * Longer than 350 lines because it is one walk with one state: `pending`, `weight` and the control stack are read and
 * written by every kind of instruction, and passing them between files would put an object into the hottest loop there is.
 * What can stand apart does: the order (`call-order.ts`) and everything that is written (`emitter.ts`).
 */
import { BYTES_SHIFT } from "./added.ts";
import { callOrder } from "./call-order.ts";
import { BODY_BYTES, LOCALS } from "./engine-limits.ts";
import { Emitter, type Added } from "./emitter.ts";
import { WasmError } from "./error.ts";
import { unknownOpcode } from "./instruction.ts";
import type { Module, Range } from "./module.ts";
import * as op from "./opcodes.ts";
import { Reader } from "./reader.ts";
import { lengthOfU32 } from "./writer.ts";

/** What is to be put in. */
export interface Metering {
  readonly fuel: boolean;
  readonly interrupt: boolean;
  readonly stack: boolean;
  /** Refuse what allocates on the engine's heap, which no limit here counts. */
  readonly refuseHeap: boolean;
  /** Imported functions that end soon and never call back: the kernel's. */
  readonly isLeaf: (importIndex: number) => boolean;
  /** New index of each imported function. */
  readonly importMap: readonly number[];
  /** What is added to the index of each defined function. */
  readonly shift: number;
  readonly added: Added;
}

/** What `Meter` writes; the pieces are views. */
export interface MeteredCode {
  /** Bodies in order of index, each with its size before it. */
  readonly bodies: readonly Uint8Array[];
  /** Branch hints of the functions that have some, in order of index. */
  readonly hints: readonly Uint8Array[];
  /** How many functions have hints. */
  readonly hinted: number;
}

/** Units in `used` past which a loop looks. */
const SLICE = 1024;
/** The longest way through a function that need not look by itself. */
const LIGHT = 1 << 14;
/** The longest way between two looks in one function. */
const MAX_WEIGHT = 1 << 20;
/** The same in functions that may recurse: as many frames as there are may each have such a way before them. */
const MAX_WEIGHT_RECURSIVE = 1 << 16;
// Without fuel, units are a guess at time. The longest way is hardly ever the one taken, so it counts for less:
/** the most for a way up to a call, */
const CALL_UNITS = 256;
/** the most for a round of a loop. */
const LOOP_UNITS = 63;
/** A run of so many instructions without any structure is executed as a whole, so it is charged as a whole, */
const RUN_UNITS = 1024;
/** and a way longer than this, whatever is on it, counts for as much; it is above what any callee adds. */
const LONG = 1 << 15;
/** Units for what costs an engine far more than an instruction. */
const COST_THROW = 256;
const COST_GROW = 256;
const COST_IMPORT = 16;
/** Four items of an array are one unit. */
const ITEMS_SHIFT = 2;
const UNKNOWN_WEIGHT = -1;
/**
 * The most locals times blocks and branches of a function. Engines compile a function when it is first called, where
 * nothing can stop them, and at each label they go through all locals: V8 does 50 million a second. The most that was
 * seen in real modules is 0.7 million, in LLVM.
 */
const MAX_MERGED_LOCALS = 20_000_000;
/** The most of which compiling goes unseen; above, every call of the function is charged one unit for 16. */
const SOON_MERGED_LOCALS = 1_000_000;
const NO_BYTES = new Uint8Array();
const MAX_NESTING = 1_000_000;

// A frame of the control stack.
const FRAME = 8;
const KIND = 0;
const POTENTIAL = 1; // fuel: what all branches agree on, -1 while there was none
const WEIGHT = 2; // longest way of a branch to the label, -1 while there was none; loops: back to the header
const DEAD = 3; // whether the code before it was unreachable
const AUX = 4; // if: pending at the `if`; loop: where to patch its weight
const ENTRY_WEIGHT = 5; // weight where it begins
const ORDINAL = 6; // which block of its function it is
const CAUGHT = 7; // whether an exception may land here
const FUNCTION = 0;
const BLOCK = 1;
const LOOP = 2;
const IF = 3;
const ELSE = 4;
const TRY = 5;

/** What the hot loop looks at: like `IMMEDIATES`, but plain instructions that end or move nothing are apart. */
const ACTIONS: Uint8Array = op.IMMEDIATES.slice();
for (const opcode of [0x00, 0x01, 0x0a, 0x0f]) ACTIONS[opcode] = op.STRUCTURE; // unreachable, nop, throw_ref, return

/** Walks functions in order and writes them. */
export class Meter {
  readonly #module: Module;
  readonly #metering: Metering;
  readonly #out: Emitter;
  readonly #source: Uint8Array;
  readonly #cursor: Reader;
  readonly #metered: boolean;
  readonly #fuel: boolean;
  readonly #imported: number;
  /** Longest way through each defined function that ends without a look. */
  readonly #weights: Float64Array;
  /** Defined functions that may go on, by a tail call, to one that is not known: for the stack they are not known either. */
  readonly #goesOn: Uint8Array;
  /** Where the body of each defined function begins and ends in what is written. */
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #hintStarts: Uint32Array;
  readonly #hintEnds: Uint32Array;
  readonly #hasSharedMemory: boolean;
  /** Whether anything in the module can catch, so that frames may be left without their exits. */
  #mayCatch: boolean;

  #frames: Int32Array = new Int32Array(64 * FRAME);
  #depth = 0;
  #offset = 0;
  #end = 0;
  #function = 0;
  #locals = 0;
  #callWeight = 1;
  /** Units on the way here that are neither in `used` nor in the countdown. */
  #pending = 0;
  /** Units of the longest way here since a look. */
  #weight = 0;
  #exitWeight = 0;
  /** Nothing leads here. */
  #dead = false;
  /** `used` may be something else than 0. */
  #touched = false;
  /** Loops around here. */
  #loops = 0;
  #hasLoops = false;
  /** It makes a call that may come back to it. */
  #recurses = false;
  /** It looks when it is entered, so its callers need not count it. */
  #isHeavy = false;
  #ordinal = 0;
  /** Blocks and branches: at each an engine notes or merges where all locals are. */
  #merges = 0;
  /** Units charged whenever it is called because it takes long to compile. */
  #compileUnits = 0;
  /** Where the number of the last `i32.const` stands. */
  #constStart = 0;
  #constEnd = -1;

  // What is learned while a function is walked, so that it is walked again knowing it.
  /** It catches: every label has potential 0. */
  #catches = false;
  /** Ordinals of the blocks that its `br_table`s name. */
  readonly #tableTargets: Set<number> = new Set();
  /** Its `br_table`s need labels of different potential: those get potential 0. */
  #pinsTables = false;
  #again = false;

  constructor(module: Module, metering: Metering) {
    this.#module = module;
    this.#metering = metering;
    this.#source = module.bytes;
    this.#cursor = new Reader(module.bytes);
    this.#cursor.typeLimit = module.types.length;
    this.#fuel = metering.fuel;
    this.#metered = metering.fuel || metering.interrupt;
    this.#imported = module.imported.function;
    this.#weights = new Float64Array(module.code.length);
    this.#goesOn = new Uint8Array(module.code.length);
    this.#starts = new Uint32Array(module.code.length);
    this.#ends = new Uint32Array(module.code.length);
    this.#hintStarts = new Uint32Array(module.code.length);
    this.#hintEnds = new Uint32Array(module.code.length);
    this.#hasSharedMemory = module.memories.some(({ shared }) => shared);
    this.#mayCatch = module.tags.length > 0;
    const size = (module.code.at(-1)?.end ?? 0) - (module.code[0]?.start ?? 0);
    this.#out = new Emitter(module.bytes, metering.added, size + (size >> 1) + 1024);
  }

  /**
   * Writes all bodies, each with its size before it.
   *
   * @throws {WasmError} For what is malformed, unknown or cannot be limited.
   */
  run(): MeteredCode {
    const { code } = this.#module;
    const order = this.#metered || this.#metering.stack ? callOrder(this.#module) : [...code.keys()]; // walked twice if something catches
    for (;;) {
      const couldCatch = this.#mayCatch;
      this.#out.reset();
      this.#weights.fill(UNKNOWN_WEIGHT);
      for (const index of order) {
        this.#starts[index] = this.#out.length;
        this.#hintStarts[index] = this.#out.hints.length;
        this.#body(index, code[index] as Range);
        this.#ends[index] = this.#out.length;
        this.#hintEnds[index] = this.#out.hints.length;
        if (this.#mayCatch !== couldCatch) break;
      }
      if (this.#mayCatch === couldCatch) {
        const { bytes, hints, hinted } = this.#out;
        const [starts, ends] = [this.#hintStarts, this.#hintEnds];
        return { bodies: inOrder(bytes, this.#starts, this.#ends), hints: inOrder(hints.bytes, starts, ends), hinted };
      }
      // Something catches, so calls in what was written must be written otherwise.
    }
  }

  #body(index: number, range: Range): void {
    const reader = this.#at(range.start, range.end);
    this.#function = index;
    const signature = this.#module.types[this.#module.functions[this.#imported + index] as number]?.signature;
    const params = signature?.params.length ?? 0;
    let locals = params;
    const groups = reader.count("locals", LOCALS, 2);
    const groupsStart = reader.offset;
    for (let left = groups; left > 0; left--) {
      locals += reader.u32();
      if (locals > LOCALS) throw new WasmError("too-large", "locals", groupsStart, `${LOCALS} are the most that engines accept`);
      reader.valueType();
    }
    const groupsEnd = reader.offset;
    this.#locals = locals;
    this.#callWeight = 1 + (locals >> 6);
    this.#catches = false;
    this.#pinsTables = false;
    if (this.#tableTargets.size > 0) this.#tableTargets.clear();
    const out = this.#out;
    const bodyStart = out.length;
    do {
      this.#again = false;
      out.length = bodyStart;
      out.begin(groupsEnd, locals);
      this.#walk(groupsEnd, range.end, (locals - params) >> 4);
    } while (this.#again);
    if (this.#metering.interrupt && locals * this.#merges > MAX_MERGED_LOCALS)
      throw new WasmError("unlimitable", "function", range.start, `${locals} locals and ${this.#merges} blocks and branches take the engine too long to compile in the middle of a call`);
    const merged = locals * this.#merges;
    this.#compileUnits = merged > SOON_MERGED_LOCALS ? Math.min(Math.floor(merged / 16), 1 << 20) : 0;
    const weight = this.#exitWeight + (this.#hasLoops ? SLICE : 0);
    this.#isHeavy ||= weight > LIGHT || this.#compileUnits > 0;
    this.#weights[index] = this.#isHeavy ? 1 : weight;
    this.#close(bodyStart, groups, groupsStart, groupsEnd);
  }

  /** Puts the size and the locals before the code of a body. */
  #close(bodyStart: number, groups: number, groupsStart: number, groupsEnd: number): void {
    const out = this.#out;
    const codeEnd = out.length;
    if (this.#metered && this.#isHeavy) out.flush((this.#fuel ? 0 : CALL_UNITS) + this.#compileUnits, false, true, false);
    const prologue = out.length === codeEnd ? NO_BYTES : out.bytes.slice(codeEnd, out.length);
    const added = out.localGroups();
    const codeLength = codeEnd - bodyStart;
    const count = groups + added.count;
    const locals = lengthOfU32(count) + (groupsEnd - groupsStart) + added.groups.length;
    const inner = locals + prologue.length;
    const size = inner + codeLength;
    out.end(this.#function + this.#imported + this.#metering.shift, locals, prologue.length);
    if (size > BODY_BYTES || this.#locals + out.addedLocals > LOCALS)
      throw new WasmError("too-large", "function body", groupsStart, "with metering it is larger than engines accept");
    const header = lengthOfU32(size) + inner;
    out.reserve(header);
    out.bytes.copyWithin(bodyStart + header, bodyStart, codeEnd);
    out.length = bodyStart;
    out.u32(size).u32(count).raw(this.#source, groupsStart, groupsEnd).all(...added.groups).raw(prologue);
    out.length += codeLength;
  }

  #walk(start: number, end: number, entryCost: number): void {
    this.#depth = 0;
    this.#pending = entryCost;
    this.#weight = entryCost;
    this.#exitWeight = 0;
    this.#dead = false;
    this.#touched = false;
    this.#loops = 0;
    this.#hasLoops = false;
    this.#recurses = false;
    this.#isHeavy = false;
    this.#goesOn[this.#function] = 0;
    this.#ordinal = 0;
    this.#merges = 0;
    this.#constEnd = -1;
    this.#end = end;
    this.#push(FUNCTION);
    if (this.#catches && this.#metering.stack) this.#out.saveStack();
    const source = this.#source;
    const locals = this.#locals;
    const actions = ACTIONS;
    const hasMemory = this.#module.memories.length > 0;
    let p = start;
    const guesses = this.#metering.interrupt && !this.#fuel;
    const longestRun = guesses ? RUN_UNITS : Infinity;
    const longest = guesses ? LONG : Infinity;
    let plain = 0; // units since `pending` and `weight` were brought up to date
    while (p < end) {
      const at = p;
      const opcode = source[p++] as number;
      const action = actions[opcode] as number;
      if (action === op.PLAIN) {
        plain++;
      } else if (action === op.LOCAL) {
        let index = source[p++] as number;
        if (index >= 0x80) {
          this.#offset = p - 1;
          index = this.#u32();
          p = this.#offset;
        }
        if (index >= locals) throw noSuch("local", index, at);
        plain++;
      } else if (action === op.CONST32) {
        while ((source[p++] as number) >= 0x80);
        if (p - at > 6) throw malformed("number", at);
        this.#constStart = at + 1;
        this.#constEnd = p;
        plain++;
      } else if (action === op.MEMARG && hasMemory && (source[p] as number) < 0x40) {
        p++;
        while ((source[p++] as number) >= 0x80);
        if (p - at > 12) throw malformed("offset", at);
        plain++;
      } else {
        this.#pending += plain;
        this.#weight += plain;
        plain = 0;
        this.#offset = p;
        this.#instruction(opcode, action, at);
        p = this.#offset;
        if (this.#depth === 0) break;
        if (this.#weight > longest) this.#lookInRun(p);
      }
      if (plain >= longestRun) {
        this.#pending += plain;
        this.#weight += plain;
        plain = 0;
        this.#lookInRun(p);
      }
    }
    if (this.#depth !== 0 || p !== end) throw malformed("function body", p);
    this.#out.copyTo(end);
  }

  /** In the middle of a long way, for the guesses at loops and calls count it for far too little. */
  #lookInRun(at: number): void {
    if (this.#dead) return;
    this.#out.copyTo(at);
    this.#out.flush(RUN_UNITS, false, true, false);
    this.#weight = 0;
  }

  /** One instruction that is neither plain arithmetic nor a local, a constant or a simple memory access. */
  #instruction(opcode: number, action: number, at: number): void {
    const { types, tables, globals, memories } = this.#module;
    switch (action) {
      case op.STRUCTURE: return this.#structure(opcode, at);
      case op.BLOCK: this.#blockType(); return this.#block(opcode, at);
      case op.TRY_TABLE: this.#blockType(); return this.#tryTable(at);
      case op.LABEL: return this.#branch(opcode, at);
      case op.LABELS: return this.#branchTable(at);
      case op.FUNCTION: return this.#functionIndex(opcode, at);
      case op.TYPE_TABLE:
        this.#index("type", types.length);
        this.#index("table", tables.length);
        return this.#indirectCall(at, opcode === 0x13);
      case op.TYPE:
        this.#index("type", types.length);
        return this.#indirectCall(at, opcode === 0x15);
      case op.GLOBAL: this.#index("global", globals.length); return this.#cost(1);
      case op.TABLE: this.#index("table", tables.length); return this.#cost(1);
      case op.MEMORY: this.#index("memory", memories.length); return this.#cost(opcode === 0x40 ? COST_GROW : 1);
      case op.MEMARG: this.#memarg(at); return this.#cost(1);
      case op.CONST64: this.#skipNumber(10, at); return this.#cost(1);
      case op.BYTES4: this.#offset += 4; return this.#cost(1);
      case op.BYTES8: this.#offset += 8; return this.#cost(1);
      case op.HEAP_TYPE: this.#heapType(); return this.#cost(1);
      case op.VALUE_TYPES: {
        const reader = this.#at(this.#offset, this.#end);
        for (let left = reader.count("types of select", 1_000); left > 0; left--) reader.valueType();
        this.#offset = reader.offset;
        return this.#cost(1);
      }
      case op.TAG:
        this.#index("tag", this.#module.tags.length);
        return opcode === 0x08 ? this.#throw(at) : this.#catch(at);
      default:
        if (opcode < op.FIRST_PREFIX) throw unknownOpcode(at, opcode);
        return this.#prefixed(opcode, at);
    }
  }

  #structure(opcode: number, at: number): void {
    switch (opcode) {
      case 0x00: this.#cost(1); this.#dead = true; return; // unreachable
      case 0x01: return; // nop
      case 0x05: return this.#else(at);
      case 0x0a: return this.#throw(at); // throw_ref
      case 0x0b: return this.#endOf(at);
      case 0x19: return this.#catch(at); // catch_all
      default: // return
        this.#cost(1);
        if (!this.#dead) this.#exit(at, true);
        this.#dead = true;
    }
  }

  #prefixed(prefix: number, at: number): void {
    const { types, tables, memories } = this.#module;
    const opcode = this.#u32();
    this.#cost(1);
    switch (op.prefixedImmediates(prefix, opcode)) {
      case op.PLAIN: return;
      case op.BYTE: this.#offset += 1; return;
      case op.BYTES16: this.#offset += 16; return;
      case op.MEMARG_LANE: this.#memarg(at); this.#offset += 1; return;
      case op.MEMARG:
        if (prefix === 0xfe && (opcode === 1 || opcode === 2) && this.#metering.interrupt && this.#hasSharedMemory)
          throw new WasmError("unlimitable", "memory.atomic.wait", at, "it may wait for ever and cannot be interrupted");
        return this.#memarg(at);
      case op.DATA_MEMORY: // memory.init
        this.#u32();
        this.#index("memory", memories.length);
        return this.#bulk(at, BYTES_SHIFT, false);
      case op.MEMORIES: { // memory.copy
        const isTo64 = memories[this.#index("memory", memories.length)]?.is64 === true;
        const isFrom64 = memories[this.#index("memory", memories.length)]?.is64 === true;
        return this.#bulk(at, BYTES_SHIFT, isTo64 && isFrom64);
      }
      case op.MEMORY: return this.#bulk(at, BYTES_SHIFT, memories[this.#index("memory", memories.length)]?.is64 === true);
      case op.ELEMENT_TABLE: // table.init
        this.#u32();
        this.#index("table", tables.length);
        return this.#bulk(at, 0, false);
      case op.TABLES: { // table.copy
        const isTo64 = tables[this.#index("table", tables.length)]?.is64 === true;
        const isFrom64 = tables[this.#index("table", tables.length)]?.is64 === true;
        return this.#bulk(at, 0, isTo64 && isFrom64);
      }
      case op.TABLE: { // table.grow, table.size, table.fill
        const is64 = tables[this.#index("table", tables.length)]?.is64 === true;
        if (opcode === 15) this.#cost(COST_GROW);
        return opcode === 16 ? undefined : this.#bulk(at, 0, is64);
      }
      case op.DATA: case op.ELEMENT: this.#u32(); return; // data.drop, elem.drop
      case op.TYPE:
        this.#index("type", types.length);
        if (opcode < 2) this.#allocates("struct.new", at);
        if (opcode === 6 || opcode === 7) this.#allocates("array.new", at);
        return opcode === 6 || opcode === 7 || opcode === 16 ? this.#bulk(at, ITEMS_SHIFT, false) : undefined;
      case op.TYPE_NUMBER: {
        this.#index("type", types.length);
        const count = this.#u32();
        if (opcode !== 8) return;
        this.#allocates("array.new_fixed", at);
        return this.#cost(count >>> ITEMS_SHIFT);
      }
      case op.TYPES: // array.copy
        this.#index("type", types.length);
        this.#index("type", types.length);
        return this.#bulk(at, ITEMS_SHIFT, false);
      case op.TYPE_DATA: case op.TYPE_ELEMENT:
        this.#index("type", types.length);
        this.#u32();
        if (opcode < 11) this.#allocates("array.new", at);
        return this.#bulk(at, ITEMS_SHIFT, false);
      case op.HEAP_TYPE: return this.#heapType();
      case op.CAST: {
        this.#offset += 1;
        const base = this.#label(this.#u32(), at);
        this.#heapType();
        this.#heapType();
        return this.#dead ? undefined : this.#join(base, at, false);
      }
      default: throw unknownOpcode(at, prefix, opcode);
    }
  }

  #cost(units: number): void {
    this.#pending += units;
    this.#weight += units;
  }

  /** Charges an instruction by its size, which is the operand on top of the stack. */
  #bulk(at: number, shift: number, is64: boolean): void {
    if (this.#dead || !this.#metered) return;
    if (this.#constEnd === at) {
      const size = this.#at(this.#constStart, at).s32();
      if (size >= 0 && size < 0x1_0000) return this.#cost(size >>> shift);
    }
    this.#out.copyTo(at);
    this.#out.chargeOperand(shift, is64);
  }

  #allocates(construct: string, at: number): void {
    if (this.#metering.refuseHeap)
      throw new WasmError("unlimitable", construct, at, "it takes memory of the engine, which a limit of pages does not count");
  }

  // Control

  #push(kind: number): number {
    if (this.#depth >= MAX_NESTING) throw new WasmError("too-large", "nesting", this.#offset, `${MAX_NESTING} blocks are the most`);
    const base = this.#depth++ * FRAME;
    if (base + FRAME > this.#frames.length) {
      const grown = new Int32Array(this.#frames.length * 2);
      grown.set(this.#frames);
      this.#frames = grown;
    }
    const frames = this.#frames;
    const ordinal = this.#ordinal++;
    this.#merges++;
    const isPinned = kind === FUNCTION || this.#catches || (this.#pinsTables && this.#tableTargets.has(ordinal));
    frames[base + KIND] = kind;
    frames[base + POTENTIAL] = isPinned ? 0 : -1;
    frames[base + WEIGHT] = -1;
    frames[base + DEAD] = this.#dead ? 1 : 0;
    frames[base + AUX] = this.#pending;
    frames[base + ENTRY_WEIGHT] = this.#weight;
    frames[base + ORDINAL] = ordinal;
    frames[base + CAUGHT] = 0;
    return base;
  }

  #block(opcode: number, at: number): void {
    if (opcode === 0x06) this.#learnsToCatch();
    if (opcode === 0x04) this.#cost(1);
    if (opcode === 0x03) return this.#loop(at);
    this.#push(opcode === 0x02 ? BLOCK : opcode === 0x04 ? IF : TRY);
  }

  #loop(at: number): void {
    const out = this.#out;
    const base = this.#push(LOOP);
    if (this.#dead) return;
    this.#hasLoops = true;
    this.#loops++;
    if (this.#fuel) {
      if (this.#frames[base + POTENTIAL] === 0) this.#adjust(at, 0);
      this.#frames[base + POTENTIAL] = this.#pending;
    }
    out.copyTo(this.#offset);
    if (this.#catches && this.#metering.stack) out.restoreStack();
    if (this.#metered) this.#frames[base + AUX] = out.headOfLoop(SLICE, !this.#fuel);
    this.#touched = true;
  }

  /** Makes `pending` what it shall be before the instruction at `at`; the difference goes to `used`. */
  #adjust(at: number, potential: number): void {
    const difference = this.#pending - potential;
    this.#pending = potential;
    if (difference === 0) return;
    this.#out.copyTo(at);
    this.#out.addUsed(difference);
    this.#touched = true;
  }

  /**
   * A way leads from before the instruction at `at` to the label of a frame.
   *
   * @param leaving Whether it is the only way on.
   */
  #join(base: number, at: number, leaving: boolean): void {
    const frames = this.#frames;
    const kind = frames[base + KIND] as number;
    if (kind === FUNCTION) return this.#exit(at, leaving);
    let weight = this.#weight;
    if (kind === LOOP) {
      const entry = frames[base + ENTRY_WEIGHT] as number;
      if (weight >= entry) weight -= entry; // otherwise a look in the loop began anew
    }
    if (weight > (frames[base + WEIGHT] as number)) frames[base + WEIGHT] = weight;
    if (!this.#fuel) return;
    if ((frames[base + POTENTIAL] as number) < 0) frames[base + POTENTIAL] = this.#pending;
    else this.#adjust(at, frames[base + POTENTIAL] as number);
  }

  /** The function may end here: what was used goes to the global. */
  #exit(at: number, leaving: boolean): void {
    this.#exitWeight = Math.max(this.#exitWeight, this.#weight);
    if (this.#fuel) this.#flush(at, leaving);
  }

  /** Puts what was used into the global; a way that goes on looks too, for a loop would never see it in `used` again. */
  #flush(at: number, leaving: boolean): void {
    const check = !leaving;
    this.#out.copyTo(at);
    const withUsed = this.#fuel && (this.#touched || this.#loops > 0);
    this.#out.flush(this.#fuel ? this.#pending : Math.min(this.#weight, CALL_UNITS), withUsed, check, leaving);
    this.#pending = 0;
    if (check) this.#weight = 0;
  }

  #else(at: number): void {
    const base = (this.#depth - 1) * FRAME;
    const frames = this.#frames;
    if (frames[base + KIND] !== IF) throw malformed("else", at);
    if (!this.#dead) this.#join(base, at, true);
    frames[base + KIND] = ELSE;
    this.#pending = frames[base + AUX] as number;
    this.#weight = frames[base + ENTRY_WEIGHT] as number;
    this.#dead = frames[base + DEAD] === 1;
  }

  #endOf(at: number): void {
    const base = (this.#depth - 1) * FRAME;
    const frames = this.#frames;
    const kind = frames[base + KIND] as number;
    const isLive = frames[base + DEAD] === 0;
    if (kind === FUNCTION) {
      if (!this.#dead) this.#exit(at, true);
      this.#depth--;
      return;
    }
    if (kind === LOOP) {
      this.#depth--;
      if (!isLive) return;
      this.#loops--;
      if (!this.#metered) return;
      if (!this.#fuel) this.#out.patch(frames[base + AUX] as number, Math.min(Math.max(frames[base + WEIGHT] as number, 1), LOOP_UNITS));
      return;
    }
    if (kind === IF && isLive) this.#endOfIf(base, at);
    else if (!this.#dead && (frames[base + WEIGHT] as number) >= 0) this.#join(base, at, true);
    const weight = frames[base + WEIGHT] as number;
    if (weight >= 0 && isLive) {
      this.#weight = this.#dead ? weight : Math.max(weight, this.#weight);
      if (this.#fuel) this.#pending = frames[base + POTENTIAL] as number;
      this.#dead = false;
    }
    this.#depth--;
    if (frames[base + CAUGHT] === 1 && this.#metering.stack) {
      this.#out.copyTo(this.#offset);
      this.#out.restoreStack();
    }
  }

  /** The end of an `if` without `else`: the way past it joins here, if need be through an `else`. */
  #endOfIf(base: number, at: number): void {
    const frames = this.#frames;
    const pending = frames[base + AUX] as number;
    const isTarget = (frames[base + WEIGHT] as number) >= 0;
    frames[base + WEIGHT] = Math.max(frames[base + WEIGHT] as number, frames[base + ENTRY_WEIGHT] as number);
    if (!this.#fuel) return;
    if (!isTarget) frames[base + POTENTIAL] = pending;
    const potential = frames[base + POTENTIAL] as number;
    if (!this.#dead) this.#adjust(at, potential);
    if (potential === pending) return;
    this.#out.copyTo(at);
    this.#out.byte(0x05); // else
    this.#pending = pending;
    this.#adjust(at, potential);
  }

  #label(label: number, at: number): number {
    if (label >= this.#depth) throw noSuch("label", label, at);
    return (this.#depth - 1 - label) * FRAME;
  }

  #branch(opcode: number, at: number): void {
    const label = this.#u32();
    if (opcode === 0x18) { // delegate
      if (this.#frames[(this.#depth - 1) * FRAME + KIND] !== TRY) throw malformed("delegate", at);
      this.#endOf(at);
      this.#label(label, at);
      return;
    }
    const base = this.#label(label, at);
    this.#merges++;
    if (opcode === 0x09) return this.#throw(at); // rethrow
    this.#cost(1);
    if (!this.#dead) this.#join(base, at, opcode === 0x0c);
    if (opcode === 0x0c) this.#dead = true;
  }

  #branchTable(at: number): void {
    const reader = this.#at(this.#offset, this.#end);
    const count = reader.count("labels", 65_520) + 1;
    const labels = reader.offset;
    const frames = this.#frames;
    this.#cost(1);
    let potential = -1;
    let leaves = false;
    for (let left = count; left > 0; left--) {
      const base = this.#label(reader.u32(), at);
      const own = frames[base + POTENTIAL] as number;
      if (this.#dead) continue;
      if (this.#fuel) this.#tableTargets.add(frames[base + ORDINAL] as number);
      if (frames[base + KIND] === FUNCTION) leaves = true;
      if (potential < 0) potential = own;
      else if (own >= 0 && own !== potential && this.#fuel) this.#again = this.#pinsTables = true;
    }
    this.#offset = reader.offset;
    this.#merges += Math.min(count, this.#depth);
    if (this.#dead) return;
    if (leaves) this.#exit(at, false);
    if (this.#fuel) this.#adjust(at, potential < 0 ? this.#pending : potential);
    reader.offset = labels;
    for (let left = count; left > 0; left--) {
      const base = this.#label(reader.u32(), at);
      if (frames[base + KIND] !== FUNCTION) this.#join(base, at, true);
    }
    this.#dead = true;
  }

  // Exceptions

  /** The function catches: it is walked again with that in mind, and if that is news for the module, all are. */
  #learnsToCatch(): void {
    if (this.#catches) return;
    this.#catches = this.#again = this.#mayCatch = true;
  }

  #tryTable(at: number): void {
    this.#learnsToCatch();
    const reader = this.#at(this.#offset, this.#end);
    for (let left = reader.count("catch clauses", 10_000, 2); left > 0; left--) {
      const kind = reader.byte();
      if (kind > 3) throw new WasmError("unknown", `catch clause ${kind}`, reader.offset - 1, "this clause is not known");
      if (kind < 2) {
        const tag = reader.u32();
        if (tag >= this.#module.tags.length) throw noSuch("tag", tag, at);
      }
      const base = this.#label(reader.u32(), at);
      this.#frames[base + CAUGHT] = 1;
      this.#frames[base + WEIGHT] = Math.max(this.#frames[base + WEIGHT] as number, MAX_WEIGHT);
      if (this.#frames[base + KIND] === FUNCTION) this.#exitWeight = Math.max(this.#exitWeight, MAX_WEIGHT);
    }
    this.#offset = reader.offset;
    this.#push(BLOCK);
  }

  #throw(at: number): void {
    this.#cost(COST_THROW);
    if (this.#dead) return;
    if (this.#fuel) this.#flush(at, false);
    this.#dead = true;
  }

  /** `catch` or `catch_all`: the way before it joins at the end of its `try`; here exceptions land. */
  #catch(at: number): void {
    const base = (this.#depth - 1) * FRAME;
    const frames = this.#frames;
    if (frames[base + KIND] !== TRY) throw malformed("catch", at);
    if (!this.#dead) this.#join(base, at, true);
    this.#pending = 0;
    this.#weight = MAX_WEIGHT;
    this.#dead = frames[base + DEAD] === 1;
    if (this.#dead || !this.#metering.stack) return;
    this.#out.copyTo(this.#offset);
    this.#out.restoreStack();
  }

  // Calls

  #functionIndex(opcode: number, at: number): void {
    const start = this.#offset;
    const index = this.#index("function", this.#module.functions.length);
    const defined = index - this.#imported;
    const { importMap, shift, isLeaf } = this.#metering;
    let isCounted = false;
    if (opcode === 0xd2) this.#cost(1); // ref.func
    else {
      let weight = UNKNOWN_WEIGHT;
      if (defined >= 0) weight = this.#weights[defined] as number;
      if (defined < 0 && isLeaf(index)) weight = COST_IMPORT;
      const goesOn = weight === UNKNOWN_WEIGHT || this.#goesOn[defined] === 1;
      isCounted = this.#beforeCall(at, opcode === 0x12, weight, defined < 0 ? COST_IMPORT : 1, goesOn);
    }
    const mapped = defined < 0 ? (importMap[index] as number) : index + shift;
    if (mapped !== index) {
      this.#out.copyTo(start);
      this.#out.u32(mapped);
      this.#out.copied = this.#offset;
    }
    if (isCounted) this.#afterCall();
  }

  #indirectCall(at: number, isTail: boolean): void {
    if (this.#beforeCall(at, isTail, UNKNOWN_WEIGHT, 1, true)) this.#afterCall();
  }

  /**
   * What stands before a call.
   *
   * @param weight Longest way through the callee without a look, or `UNKNOWN_WEIGHT`.
   * @param goesOn Whether it may lead to a function that is not known, by itself or by tail calls.
   * @returns Whether the call is counted on the stack.
   */
  #beforeCall(at: number, isTail: boolean, weight: number, cost: number, goesOn: boolean): boolean {
    this.#cost(cost);
    if (this.#dead) return false;
    if (this.#metered) {
      const isLong = this.#weight + weight > (this.#recurses ? MAX_WEIGHT_RECURSIVE : MAX_WEIGHT);
      this.#isHeavy ||= isLong;
      const check = isLong || weight === UNKNOWN_WEIGHT;
      if (check) this.#flush(at, false);
      else if (this.#fuel && (isTail || this.#mayCatch)) this.#flush(at, isTail);
    }
    if (weight !== UNKNOWN_WEIGHT) this.#weight += weight;
    else this.#recurses = true;
    if (isTail) {
      this.#exitWeight = Math.max(this.#exitWeight, this.#weight);
      this.#dead = true;
      if (goesOn) this.#goesOn[this.#function] = 1;
      return false;
    }
    if (!this.#metering.stack || (!goesOn && !this.#mayCatch)) return false;
    this.#out.copyTo(at);
    this.#out.enterCall(this.#callWeight);
    return true;
  }

  #afterCall(): void {
    this.#out.copyTo(this.#offset);
    this.#out.restoreStack();
  }

  // Immediates

  #at(start: number, end: number): Reader {
    this.#cursor.offset = start;
    this.#cursor.end = end;
    return this.#cursor;
  }

  #u32(): number {
    const first = this.#source[this.#offset] as number;
    if (first < 0x80) {
      this.#offset++;
      return first;
    }
    const value = this.#at(this.#offset, this.#end).u32();
    this.#offset = this.#cursor.offset;
    return value;
  }

  #index(space: string, count: number): number {
    const start = this.#offset;
    const index = this.#u32();
    if (index >= count) throw noSuch(space, index, start);
    return index;
  }

  #skipNumber(maxBytes: number, at: number): void {
    const start = this.#offset;
    while ((this.#source[this.#offset++] as number) >= 0x80);
    if (this.#offset - start > maxBytes) throw malformed("number", at);
  }

  #memarg(at: number): void {
    const align = this.#u32();
    const memory = align & 0x40 ? this.#u32() : 0;
    if (memory >= this.#module.memories.length) throw noSuch("memory", memory, at);
    this.#skipNumber(10, at);
  }

  #heapType(): void {
    const reader = this.#at(this.#offset, this.#end);
    reader.heapType();
    this.#offset = reader.offset;
  }

  #blockType(): void {
    const first = this.#source[this.#offset] as number;
    if (first === 0x40 || (first >= 0x65 && first < 0x80)) {
      this.#offset++; // the engine checks that there is such a type
      return;
    }
    const reader = this.#at(this.#offset, this.#end);
    if (first === 0x63 || first === 0x64) reader.valueType();
    else reader.heapType();
    this.#offset = reader.offset;
  }
}

/** Pieces in order of index; those that lie one behind the other are one. */
function inOrder(bytes: Uint8Array, starts: Uint32Array, ends: Uint32Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  let end = 0;
  for (let index = 0; index < starts.length; index++) {
    if (starts[index] !== end) {
      if (end > start) pieces.push(bytes.subarray(start, end));
      start = starts[index] as number;
    }
    end = ends[index] as number;
  }
  if (end > start) pieces.push(bytes.subarray(start, end));
  return pieces;
}

function noSuch(space: string, index: number, offset: number): WasmError {
  return new WasmError("malformed", `${space} index`, offset, `there is no ${space} ${index}`);
}

function malformed(construct: string, offset: number): WasmError {
  return new WasmError("malformed", construct, offset, "it does not end where it must");
}
