/**
 * The shared memory through which a plug-in's two threads take turns. Input, output and blocks are not in it: those are
 * in the kernel's memory, which both threads see. All numbers are little-endian; one mailbox belongs to one plug-in.
 *
 *   byte 0    state     i32   whose turn it is, see STATE
 *        4    abort     i32   1 asks the plug-in to stop, at the next look at the clock
 *        8    index     i32   command: function to call, or RESTART     asking: function of the host
 *       12    count     i32   asking, answered: values below            answered: THREW if the host function failed
 *       16    timeMs    f64   command: how long it may take
 *       24    memory    f64   done: bytes of the plug-in's memories and of its blocks
 *       32    fuel      f64   done: instructions used, NaN if they are not counted
 *       40    alive     i32   done: 1 if there is an instance, 0 if the next call needs a fresh one
 *       48    tags      1,000 × u8    what each value is, see TAG
 *     1048    values    1,000 × 8     f64, or i64
 *
 * The state is written last and read first, so whoever sees it sees what was written before.
 *
 *                  host                                        plug-in's thread
 *   idle ──────────────────────► command ────────────────────► running
 *                                                              asking ──┐
 *                                answered ◄─────────────────────────────┘
 *                                   └────────────────────────► running
 *   idle ◄───────────────────────────────────────────────────── done
 */

import type { WasmValue } from "../functions.ts";

/** Whose turn it is, and for what. */
export const STATE = { idle: 0, command: 1, running: 2, asking: 3, answered: 4, done: 5 } as const;

/** Index of the command that makes a fresh instance. */
export const RESTART = -1;

const THREW = -1;
const TAG = { nothing: 0, number: 1, bigint: 2 } as const;

/** Parameters or results that WebAssembly engines allow a function. */
const MAX_VALUES = 1_000;
const WORD = { state: 0, abort: 1, index: 2, count: 3, alive: 10 } as const;
const DOUBLE = { timeMs: 2, memory: 3, fuel: 4 } as const;
const TAGS_OFFSET = 48;
const VALUES_OFFSET = TAGS_OFFSET + MAX_VALUES;
const MAILBOX_BYTES = VALUES_OFFSET + MAX_VALUES * 8;

/** What the plug-in's thread says at the end of a command. */
export interface MailboxReport {
  readonly memoryBytes: number;
  readonly fuel: number | undefined;
  readonly isAlive: boolean;
}

/** One side's view of a mailbox. */
export class Mailbox {
  /** The memory itself, to be sent to the other side. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #tags: Uint8Array;
  readonly #numbers: Float64Array;
  readonly #bigints: BigInt64Array;

  /** @param buffer A mailbox from the other side; left out, a new one is made. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(MAILBOX_BYTES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, TAGS_OFFSET / 4);
    this.#doubles = new Float64Array(buffer, 0, TAGS_OFFSET / 8);
    this.#tags = new Uint8Array(buffer, TAGS_OFFSET, MAX_VALUES);
    this.#numbers = new Float64Array(buffer, VALUES_OFFSET, MAX_VALUES);
    this.#bigints = new BigInt64Array(buffer, VALUES_OFFSET, MAX_VALUES);
  }

  /** Whose turn it is: one of {@link STATE}. */
  get state(): number {
    return Atomics.load(this.#words, WORD.state);
  }

  /** Hands the turn over. Everything else must be written. */
  set state(state: number) {
    Atomics.store(this.#words, WORD.state, state);
  }

  /**
   * Changes the state if it still is the one expected; of two sides that try, one succeeds.
   *
   * @param from State expected.
   * @param to New state.
   * @returns Whether it was changed.
   */
  change(from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, WORD.state, from, to) === from;
  }

  /** Whether the host wants the plug-in to stop. */
  get isAborted(): boolean {
    return Atomics.load(this.#words, WORD.abort) !== 0;
  }

  set isAborted(isAborted: boolean) {
    Atomics.store(this.#words, WORD.abort, isAborted ? 1 : 0);
  }

  /** Function that is called or asked for. */
  get index(): number {
    return this.#words[WORD.index] as number;
  }

  set index(index: number) {
    this.#words[WORD.index] = index;
  }

  /** Milliseconds that the command may take; `Infinity` for no limit. */
  get timeMs(): number {
    return this.#doubles[DOUBLE.timeMs] as number;
  }

  set timeMs(timeMs: number) {
    this.#doubles[DOUBLE.timeMs] = timeMs;
  }

  /** Figures of the command that is done. */
  get report(): MailboxReport {
    const fuel = this.#doubles[DOUBLE.fuel] as number;
    return { memoryBytes: this.#doubles[DOUBLE.memory] as number, fuel: Number.isNaN(fuel) ? undefined : fuel, isAlive: this.#words[WORD.alive] === 1 };
  }

  set report({ memoryBytes, fuel, isAlive }: MailboxReport) {
    this.#doubles[DOUBLE.memory] = memoryBytes;
    this.#doubles[DOUBLE.fuel] = fuel ?? Number.NaN;
    this.#words[WORD.alive] = isAlive ? 1 : 0;
  }

  /**
   * Writes parameters or results.
   *
   * @param values Up to 1,000 values.
   * @throws {TypeError} If one of them is neither number, bigint, boolean nor `undefined`; nothing is handed over then.
   */
  write(values: readonly unknown[]): void {
    if (values.length > MAX_VALUES) throw new TypeError(`expected at most ${MAX_VALUES} values, found ${values.length}`);
    for (const [index, value] of values.entries()) this.#put(index, value);
    this.#words[WORD.count] = values.length;
  }

  /** Says that the host function failed, instead of a result. */
  writeThrew(): void {
    this.#words[WORD.count] = THREW;
  }

  /** @returns The values, or `undefined` if the host function failed. */
  read(): WasmValue[] | undefined {
    const count = this.#words[WORD.count] as number;
    if (count === THREW) return undefined;
    const values: WasmValue[] = [];
    for (let index = 0; index < count; index += 1) {
      const tag = this.#tags[index];
      if (tag !== TAG.nothing) values.push((tag === TAG.bigint ? this.#bigints[index] : this.#numbers[index]) as WasmValue);
    }
    return values;
  }

  #put(index: number, value: unknown): void {
    if (typeof value === "bigint") {
      this.#tags[index] = TAG.bigint;
      this.#bigints[index] = value;
    } else if (value === undefined) {
      this.#tags[index] = TAG.nothing;
    } else if (typeof value === "number" || typeof value === "boolean") {
      this.#tags[index] = TAG.number;
      this.#numbers[index] = Number(value);
    } else {
      throw new TypeError(`expected a number or a bigint, found ${typeof value}`);
    }
  }
}
