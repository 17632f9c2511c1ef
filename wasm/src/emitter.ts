/**
 * Writes rewritten function bodies: runs of untouched bytes are copied as they are, and in between stand the few
 * instruction sequences that metering adds. Every sequence leaves the operand stack as it found it.
 *
 * The globals and the function that sequences use are appended to the module by `limit.ts`; the locals are appended to
 * those of the function: `used`, `scratch`, `saved` (i32) and `scratch64` (i64), declared only as far as needed.
 */
import { Writer } from "./writer.ts";

/** Indices of what is added to the module, in its new index spaces. */
export interface Added {
  /** Mutable i32 global: units left until `charge` must look. */
  readonly countdown: number;
  /** Mutable i32 global: calls that may still be nested. */
  readonly stack: number;
  /** Function i32 → (): takes so many units off the countdown, and stops or goes on when none is left. */
  readonly charge: number;
}

/** Offsets of the added locals behind those of the function. */
const USED = 0;
const SCRATCH = 1;
const SAVED = 2;
const SCRATCH64 = 3;

const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
const GLOBAL_GET = 0x23;
const GLOBAL_SET = 0x24;
const I32_CONST = 0x41;
const I32_ADD = 0x6a;
const I32_SUB = 0x6b;
const I32_LT_S = 0x48;
const I32_GT_S = 0x4a;
const IF = 0x04;
const END = 0x0b;
const CALL = 0x10;
const UNREACHABLE = 0x00;
const VOID = 0x40;

const NO_GROUPS = { count: 0, groups: [] } as const;

/** The bytes of one body under construction after another. */
export class Emitter extends Writer {
  readonly #source: Uint8Array;
  readonly #added: Added;
  /** Index of the first added local. */
  #locals = 0;
  /** How many of the added locals are in use: up to and with the highest. */
  #needed = 0;
  /** Where the `if`s of this body stand that are hardly ever taken. */
  #unlikely: Uint32Array = new Uint32Array(64);
  #unlikelyCount = 0;
  #bodyStart = 0;
  /** Branch hints of all bodies so far: for each its function index, then offset, 1 and 0 for each unlikely branch. */
  readonly hints: Writer = new Writer(1024);
  /** How many functions have hints. */
  hinted = 0;
  /** Offset in the source up to which bytes are written or left out. */
  copied = 0;

  constructor(source: Uint8Array, added: Added, capacity: number) {
    super(capacity);
    this.#source = source;
    this.#added = added;
  }

  /** Throws away everything. */
  reset(): void {
    this.length = this.hints.length = this.hinted = 0;
  }

  /**
   * Begins a body.
   *
   * @param codeStart Offset of its first instruction in the source.
   * @param locals Number of its parameters and locals.
   */
  begin(codeStart: number, locals: number): void {
    this.copied = codeStart;
    this.#locals = locals;
    this.#needed = 0;
    this.#unlikelyCount = 0;
    this.#bodyStart = this.length;
  }

  /**
   * Ends a body: notes its branch hints.
   *
   * @param index Its function index.
   * @param localsLength Bytes of its locals, which will stand before its code.
   * @param prologueLength Bytes written last that will stand between the two.
   */
  end(index: number, localsLength: number, prologueLength: number): void {
    const count = this.#unlikelyCount;
    if (count === 0) return;
    this.hinted++;
    this.hints.u32(index).u32(count);
    const codeEnd = this.length - prologueLength;
    const last = this.#unlikely[count - 1] as number;
    const inPrologue = last >= codeEnd ? 1 : 0;
    if (inPrologue === 1) this.hints.u32(last - codeEnd + localsLength).all(1, 0);
    const shift = localsLength + prologueLength - this.#bodyStart;
    for (let hint = 0; hint < count - inPrologue; hint++) this.hints.u32((this.#unlikely[hint] as number) + shift).all(1, 0);
  }

  /** How many locals the body got so far. */
  get addedLocals(): number {
    return this.#needed;
  }

  /** Declarations of the added locals: number of groups, and the groups. */
  localGroups(): { count: number; groups: readonly number[] } {
    if (this.#needed === 0) return NO_GROUPS;
    if (this.#needed <= SCRATCH64) return { count: 1, groups: [this.#needed, 0x7f] };
    return { count: 2, groups: [SCRATCH64, 0x7f, 1, 0x7e] };
  }

  /** Copies the source up to an offset that is not copied yet. */
  copyTo(offset: number): void {
    const source = this.#source;
    let from = this.copied;
    const size = offset - from;
    this.reserve(size + 64); // room for the sequence that follows
    if (size > 48) {
      this.bytes.set(source.subarray(from, offset), this.length);
      this.length += size;
    } else {
      const bytes = this.bytes;
      let to = this.length;
      while (from < offset) bytes[to++] = source[from++] as number;
      this.length = to;
    }
    this.copied = offset;
  }

  /** `used += amount` */
  addUsed(amount: number): void {
    this.#local(LOCAL_GET, USED);
    this.#const(amount);
    this.byte(I32_ADD);
    this.#local(LOCAL_SET, USED);
  }

  /**
   * `countdown -= amount + used; used = 0`, and with `check` a look whether it went below zero.
   *
   * @param amount Units known here.
   * @param withUsed Whether `used` may be anything but 0.
   * @param check Whether to call `charge` when nothing is left.
   * @param leaving Whether the function ends here, so that `used` is not needed any more.
   */
  flush(amount: number, withUsed: boolean, check: boolean, leaving: boolean): void {
    if (amount !== 0 || withUsed) {
      this.#global(GLOBAL_GET, this.#added.countdown);
      if (withUsed) {
        this.#local(LOCAL_GET, USED);
        this.byte(I32_SUB);
      }
      if (amount !== 0) {
        this.#const(amount);
        this.byte(I32_SUB);
      }
      if (check) this.#local(LOCAL_TEE, SCRATCH);
      this.#global(GLOBAL_SET, this.#added.countdown);
      if (withUsed && !leaving) this.#setUsedToZero();
      if (check) this.#local(LOCAL_GET, SCRATCH);
    } else if (check) this.#global(GLOBAL_GET, this.#added.countdown);
    if (check) this.#chargeIfNegative();
  }

  /**
   * At the head of a loop: looks once `used` is above `slice`.
   *
   * @param adds Whether to add to `used` before: an amount that `patch` sets.
   * @returns Where the amount stands.
   */
  headOfLoop(slice: number, adds: boolean): number {
    this.#local(LOCAL_GET, USED);
    let at = 0;
    if (adds) {
      this.byte(I32_CONST);
      at = this.length;
      this.all(0, I32_ADD);
      this.#local(LOCAL_TEE, USED);
    }
    this.#const(slice);
    this.byte(I32_GT_S);
    this.#unlikelyIf();
    this.#local(LOCAL_GET, USED);
    this.byte(CALL).u32(this.#added.charge);
    this.#setUsedToZero();
    this.byte(END);
    return at;
  }

  /** Sets the amount that `headOfLoop` left open: 0 to 63. */
  patch(at: number, amount: number): void {
    this.bytes[at] = amount;
  }

  /**
   * Takes the size operand of a bulk instruction off the countdown and looks. The operand stays on the stack.
   *
   * @param shift One unit per 2^shift of the operand.
   * @param is64 Whether the operand is an `i64`; it counts up to 2^30 units, which no real size reaches.
   */
  chargeOperand(shift: number, is64: boolean): void {
    const local = is64 ? SCRATCH64 : SCRATCH;
    this.reserve(64);
    this.#local(LOCAL_TEE, local);
    this.#global(GLOBAL_GET, this.#added.countdown);
    this.#local(LOCAL_GET, local);
    if (is64) this.all(0x42, shift, 0x88, 0xa7); // i64.const shift, i64.shr_u, i32.wrap_i64
    else this.all(I32_CONST, shift, 0x76); // i32.shr_u
    this.byte(I32_CONST).signed(0x3fff_ffff).all(0x71, I32_SUB); // i32.and
    this.#global(GLOBAL_SET, this.#added.countdown);
    this.#global(GLOBAL_GET, this.#added.countdown);
    this.#chargeIfNegative();
  }

  /** Before a call that may recurse: takes `weight` off the stack and traps below zero. */
  enterCall(weight: number): void {
    this.reserve(64);
    this.#global(GLOBAL_GET, this.#added.stack);
    this.#local(LOCAL_TEE, SAVED);
    this.#const(weight);
    this.byte(I32_SUB);
    this.#local(LOCAL_TEE, SCRATCH);
    this.#global(GLOBAL_SET, this.#added.stack);
    this.#local(LOCAL_GET, SCRATCH);
    this.all(I32_CONST, 0, I32_LT_S);
    this.#unlikelyIf().all(UNREACHABLE, END);
  }

  /** After such a call, and where an exception is caught: the stack is what it was in this frame. */
  restoreStack(): void {
    this.reserve(16);
    this.#local(LOCAL_GET, SAVED);
    this.#global(GLOBAL_SET, this.#added.stack);
  }

  /** At the entry of a function that catches: keeps what the stack is in this frame. */
  saveStack(): void {
    this.#global(GLOBAL_GET, this.#added.stack);
    this.#local(LOCAL_SET, SAVED);
  }

  #chargeIfNegative(): void {
    this.all(I32_CONST, 0, I32_LT_S);
    this.#unlikelyIf().all(I32_CONST, 0, CALL).u32(this.#added.charge).byte(END);
  }

  #unlikelyIf(): this {
    if (this.#unlikelyCount === this.#unlikely.length) {
      const grown = new Uint32Array(this.#unlikelyCount * 2);
      grown.set(this.#unlikely);
      this.#unlikely = grown;
    }
    this.#unlikely[this.#unlikelyCount++] = this.length;
    return this.all(IF, VOID);
  }

  #setUsedToZero(): void {
    this.#const(0);
    this.#local(LOCAL_SET, USED);
  }

  #local(opcode: number, offset: number): void {
    if (offset >= this.#needed) this.#needed = offset + 1;
    this.byte(opcode).u32(this.#locals + offset);
  }

  #global(opcode: number, index: number): void {
    this.byte(opcode).u32(index);
  }

  #const(value: number): void {
    this.byte(I32_CONST);
    let rest = value;
    for (; rest < -64 || rest > 63; rest >>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest & 0x7f);
  }
}
