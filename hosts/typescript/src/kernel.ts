/**
 * The kernel as the host uses it: input in, output out, blocks for host functions. All bytes are copied; views of its
 * memory never leave this file, because they die when the memory grows.
 *
 * It trusts nothing the plug-in could have set: a range is compared with the memory before it is read.
 */

import { KERNEL_IMPORTS, KERNEL_MEMORY, KERNEL_ONLY, type SIGNATURES } from "./abi.ts";
import { PluginError } from "./error.ts";
import { kernelBytes } from "./kernel-wasm.ts";
import { PAGE_BYTES } from "./limits.ts";

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

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

let compiled: WebAssembly.Module | undefined;

/** @returns A new instance of the kernel, to be linked by import. */
export function instantiateKernel(): KernelExports {
  compiled ??= new WebAssembly.Module(kernelBytes());
  return new WebAssembly.Instance(compiled).exports as unknown as KernelExports;
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
  #view: Uint8Array<ArrayBuffer>;

  /**
   * @param exports The instance's functions and memory.
   * @param limitPages Pages that the memory may have.
   */
  constructor(exports: KernelExports, limitPages: number) {
    this.exports = exports;
    this.#limitBytes = Math.min(limitPages, 65_536) * PAGE_BYTES;
    exports.limit_set(BigInt(this.#limitBytes));
    this.#view = new Uint8Array(exports.memory.buffer as ArrayBuffer);
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
    const offset = input.length <= this.#limitBytes ? this.exports.call_begin(input.length) >>> 0 : 0;
    if (offset === 0) {
      if (input.length === 0) return;
      throw new PluginError(
        "call/input",
        `Cannot pass the input: it has ${input.length} bytes and does not fit into the limit of ${this.#limitBytes}, raise limits.memoryPages`,
        { lengthBytes: input.length, limitBytes: this.#limitBytes },
      );
    }
    this.#memory().set(input, offset);
  }

  /** @returns A copy of the output range; empty if none was set. */
  output(): Uint8Array<ArrayBuffer> {
    const length = this.exports.output_length();
    return length === 0n ? new Uint8Array(0) : this.#range("output", this.exports.output_offset(), length).slice();
  }

  /** @returns The error text of the call, or `undefined` if there is none. */
  error(): string | undefined {
    const handle = this.exports.error_get();
    return handle === 0n ? undefined : decoder.decode(this.#block(handle));
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
   * @throws {PluginError} `memory/bad-handle` if no live block starts there.
   */
  text(handle: bigint): string {
    return handle === 0n ? "" : decoder.decode(this.#block(handle));
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

  /** @param handle The block to free; 0 and unknown handles are ignored. */
  free(handle: bigint): void {
    this.exports.free(handle);
  }

  /** Forgets everything of the last call. */
  reset(): void {
    this.exports.reset();
  }

  #block(handle: bigint): Uint8Array<ArrayBuffer> {
    const length = this.exports.length(handle);
    if (length !== 0n) return this.#range("block", BigInt.asUintN(64, handle), length);
    throw new PluginError("memory/bad-handle", `Cannot read the block ${BigInt.asUintN(64, handle)}: no live block starts there`, { handle });
  }

  #range(what: string, offset: bigint, length: bigint): Uint8Array<ArrayBuffer> {
    const memory = this.#memory();
    const start = BigInt.asUintN(64, offset);
    const count = BigInt.asUintN(64, length);
    if (start + count <= BigInt(memory.length)) return memory.subarray(Number(start), Number(start + count));
    throw new PluginError(
      "memory/out-of-bounds",
      `Cannot read the ${what}: offset ${start} and length ${count} do not lie inside ${memory.length} bytes`,
      { offset: start, length: count, sizeBytes: memory.length },
    );
  }

  #memory(): Uint8Array<ArrayBuffer> {
    // Growing the memory detaches its old buffer, whose views then have no length.
    if (this.#view.length === 0) this.#view = new Uint8Array(this.exports.memory.buffer as ArrayBuffer);
    return this.#view;
  }
}
