/**
 * The kernel as the host uses it: input in, output out, blocks for host functions. All bytes are copied; views of its
 * memory never leave this file, because they die when the memory grows.
 *
 * It trusts nothing the plug-in could have set: every range is the kernel's, which looked at it first.
 */

import { KERNEL_IMPORTS, KERNEL_MEMORY, KERNEL_ONLY, type SIGNATURES } from "../abi.ts";
import { PluginError } from "../error.ts";
import { kernelBytes } from "../kernel-bytes.ts";
import { MAX_IDLE_KERNEL_BYTES, MAX_IDLE_KERNELS, PAGE_BYTES } from "../limits.ts";

type Value<Type> = Type extends "i64" ? bigint : number;
type Values<Types extends readonly string[]> = { -readonly [Index in keyof Types]: Value<Types[Index]> };
type Result<Types extends readonly string[]> = Types extends readonly [infer Only] ? Value<Only> : void;
type KernelName = (typeof KERNEL_IMPORTS)[number] | (typeof KERNEL_ONLY)[number];

/** What a kernel instance exports, or a plug-in's instance that the kernel was merged into. */
export type KernelExports = {
  readonly [Name in KernelName]: (
    ...values: Values<(typeof SIGNATURES)[Name]["params"]>
  ) => Result<(typeof SIGNATURES)[Name]["results"]>;
} & { readonly [KERNEL_MEMORY]: WebAssembly.Memory };

/**
 * Word indices into the kernel's record at address 0, little-endian like every engine that runs JavaScript.
 * Source: `kernelRecord` of `abi/abi.json`.
 */
const RECORD = { outputOffset: 0, outputLength: 1, refusedOffset: 2, refusedLength: 4, error: 6, errorOffset: 8, errorLength: 9 } as const;
const RECORD_WORDS = 12;

/** Pages that a text may have: the next would be longer than a string of V8, whose shortest limit this is. */
const MAX_TEXT_PAGES = 8191;

/** Up to here a loop copies faster than `set`, which has to look at its arguments first. */
const SMALL_BYTES = 64;

const NO_BYTES = new Uint8Array(0);
const NO_WORDS = new Uint32Array(0);

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

let compiled: WebAssembly.Module | undefined;

/** Kernels of plug-ins that are gone, emptied. Making one costs 30 µs, most of it for its memory. */
const idle: KernelExports[] = [];

/**
 * @returns A kernel to be linked by import: a new one, or one that was given back and holds nothing of its last user.
 */
export function borrowKernel(): KernelExports {
  const kernel = idle.pop();
  if (kernel !== undefined) return kernel;
  compiled ??= new WebAssembly.Module(kernelBytes());
  return new WebAssembly.Instance(compiled).exports as unknown as KernelExports;
}

/**
 * Gives a kernel back. Nothing may use it afterwards.
 *
 * @param kernel What {@link borrowKernel} returned.
 */
export function returnKernel(kernel: KernelExports): void {
  if (idle.length >= MAX_IDLE_KERNELS || kernel.memory.buffer.byteLength > MAX_IDLE_KERNEL_BYTES) return;
  // What is behind `reset` cannot be loaded, and is zero when it is handed out again: the kernel's law.
  kernel.reset();
  idle.push(kernel);
}

/**
 * Takes the kernel's exports out of an instance it was merged into.
 *
 * @param exports Exports of the instance.
 * @param prefix What stands before each name.
 */
export function mergedKernel(exports: WebAssembly.Exports, prefix: string): KernelExports {
  const names = [...KERNEL_IMPORTS, ...KERNEL_ONLY, KERNEL_MEMORY];
  return Object.fromEntries(names.map((name) => [name, exports[prefix + name]])) as unknown as KernelExports;
}

/** Blocks of one plug-in. */
export class Kernel {
  readonly exports: KernelExports;
  readonly #limitBytes: number;
  readonly #begin: KernelExports["call_begin"];
  /** Whether another thread may grow the memory, which detaches no view here. */
  readonly #isShared: boolean;
  #view: Uint8Array<ArrayBuffer> = NO_BYTES;
  #record: Uint32Array<ArrayBuffer> = NO_WORDS;

  /**
   * @param exports The instance's functions and memory.
   * @param limitPages Pages that the memory may have.
   */
  constructor(exports: KernelExports, limitPages: number) {
    this.exports = exports;
    this.#limitBytes = Math.min(limitPages, 65_536) * PAGE_BYTES;
    exports.limit_set(BigInt(this.#limitBytes));
    this.#begin = exports.call_begin;
    this.#isShared = !(exports.memory.buffer instanceof ArrayBuffer);
    this.#refresh();
  }

  /** Size of the memory in bytes. */
  get memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /**
   * Ends the last call and begins the next.
   *
   * @param input The input; copied in.
   * @throws {PluginError} `call/input` if it does not fit.
   */
  begin(input: Uint8Array): void {
    const { length } = input;
    const offset = length <= this.#limitBytes ? this.#begin(length) >>> 0 : 0;
    if (offset === 0) {
      if (length === 0) return;
      throw new PluginError(
        "call/input",
        `Cannot pass the input: it has ${length} bytes, the limit is ${this.#limitBytes}, raise limits.memoryPages`,
        { lengthBytes: length, limitBytes: this.#limitBytes },
      );
    }
    if (this.#view.length === 0 || this.#isShared) this.#refresh();
    const view = this.#view;
    if (length > SMALL_BYTES) view.set(input, offset);
    else for (let index = 0; index < length; index += 1) view[offset + index] = input[index] as number;
  }

  /**
   * @returns A copy of the output range; empty if none was set.
   * @throws {PluginError} `memory/out-of-bounds` if the plug-in set a range that its blocks do not have.
   */
  output(): Uint8Array<ArrayBuffer> {
    if (this.#view.length === 0 || this.#isShared) this.#refresh();
    const view = this.#view;
    const offset = this.#record[RECORD.outputOffset] as number;
    const length = this.#record[RECORD.outputLength] as number;
    if (length === 0) {
      const refused = this.#wide(RECORD.refusedLength);
      if (refused === 0n) return NO_BYTES;
      const from = this.#wide(RECORD.refusedOffset);
      const message = `Cannot read the output: offset ${from} and length ${refused} do not lie inside the blocks of this call (${view.length} bytes of memory)`;
      throw new PluginError("memory/out-of-bounds", message, { offset: from, length: refused, sizeBytes: view.length });
    }
    const copy = new Uint8Array(length);
    if (length > SMALL_BYTES) copy.set(view.subarray(offset, offset + length));
    else for (let index = 0; index < length; index += 1) copy[index] = view[offset + index] as number;
    return copy;
  }

  /** Whether the plug-in set an output in this call, be it empty. */
  get hasOutput(): boolean {
    this.#memory();
    const record = this.#record;
    const untouched = (record[RECORD.refusedOffset] as number) & (record[RECORD.refusedOffset + 1] as number);
    return record[RECORD.outputOffset] !== 0 || untouched !== -1;
  }

  /**
   * @returns The error text of the call, or `undefined` if there is none.
   * @throws {PluginError} `memory/limit` if it is no string's length.
   */
  error(): string | undefined {
    if (this.#view.length === 0 || this.#isShared) this.#refresh();
    const record = this.#record;
    if (((record[RECORD.error] as number) | (record[RECORD.error + 1] as number)) === 0) return undefined;
    // A handle that was not live when it was set is an error without a text.
    const offset = record[RECORD.errorOffset] as number;
    return this.#decode(this.#view.subarray(offset, offset + (record[RECORD.errorLength] as number)));
  }

  /**
   * @param handle A block, or 0 for no bytes.
   * @returns A copy of exactly its bytes.
   * @throws {PluginError} `memory/bad-handle` if no live block starts there.
   */
  bytes(handle: bigint): Uint8Array<ArrayBuffer> {
    return handle === 0n ? new Uint8Array(0) : this.#block(handle).slice();
  }

  /**
   * @param handle A block of UTF-8 text, or 0 for the empty text.
   * @returns The text; what is not UTF-8 becomes U+FFFD.
   * @throws {PluginError} `memory/bad-handle` if no live block starts there, `memory/limit` if it is no string's length.
   */
  text(handle: bigint): string {
    return handle === 0n ? "" : this.#decode(this.#block(handle));
  }

  /**
   * @param value Text, as UTF-8, or bytes; copied in.
   * @returns The handle of a new block; 0 for no bytes.
   * @throws {PluginError} `memory/limit` if there is no room.
   */
  store(value: string | Uint8Array): bigint {
    const bytes = typeof value === "string" ? encoder.encode(value) : value;
    if (bytes.length === 0) return 0n;
    const handle = this.exports.alloc(BigInt(bytes.length));
    if (handle === 0n) {
      const limitPages = this.#limitBytes / PAGE_BYTES;
      throw new PluginError("memory/limit", `Cannot store ${bytes.length} bytes for the plug-in: its blocks may have ${limitPages} pages, raise limits.memoryPages`, { limitPages });
    }
    this.#memory().set(bytes, Number(handle));
    return handle;
  }

  /**
   * @param length Bytes of a new block, all zero.
   * @returns Its handle; 0 for no bytes, or if there is no room.
   */
  alloc(length: number): bigint {
    return this.exports.alloc(BigInt(length));
  }

  /**
   * @param handle A block.
   * @returns Its length in bytes; 0 if no live block starts there.
   */
  length(handle: bigint): number {
    return Number(this.exports.length(handle));
  }

  /**
   * Writes over the beginning of a block.
   *
   * @param handle The block.
   * @param bytes What to write; copied in.
   * @throws {PluginError} `memory/bad-handle` if no live block starts there.
   * @throws {RangeError} If the block is shorter.
   */
  write(handle: bigint, bytes: Uint8Array): void {
    this.#block(handle).set(bytes);
  }

  /** @param handle A block with the error text of the call; 0 clears it. */
  setError(handle: bigint): void {
    this.exports.error_set(handle);
  }

  /** @param handle The block to free; 0 and unknown handles are ignored. */
  free(handle: bigint): void {
    this.exports.free(handle);
  }

  /** Forgets everything of the last call. */
  reset(): void {
    this.exports.reset();
  }

  /** A live block lies in the memory; that is the kernel's law. */
  #block(handle: bigint): Uint8Array<ArrayBuffer> {
    const length = this.length(handle);
    if (length !== 0) return this.#memory().subarray(Number(handle), Number(handle) + length);
    throw new PluginError("memory/bad-handle", `Cannot read the block ${BigInt.asUintN(64, handle)}: no live block starts there`, { handle });
  }

  #memory(): Uint8Array<ArrayBuffer> {
    if (this.#view.length === 0 || this.#isShared) this.#refresh();
    return this.#view;
  }

  /** Browsers decode no shared memory. */
  #decode(view: Uint8Array<ArrayBuffer>): string {
    if (view.length > MAX_TEXT_PAGES * PAGE_BYTES) throw new PluginError("memory/limit", `Cannot read a text of ${view.length} bytes: no string is that long`, { limitPages: MAX_TEXT_PAGES });
    return decoder.decode(this.#isShared ? view.slice() : view);
  }

  #wide(word: number): bigint {
    return (BigInt(this.#record[word + 1] as number) << 32n) | BigInt(this.#record[word] as number);
  }

  /** Growing the memory detaches its old buffer, whose views then have no length. */
  #refresh(): void {
    const { buffer } = this.exports.memory;
    if (this.#view.buffer === buffer) return;
    this.#view = new Uint8Array(buffer);
    this.#record = new Uint32Array(buffer, 0, RECORD_WORDS);
  }
}
