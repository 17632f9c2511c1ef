/** What a host function sees of its call, under the names that `@extism/extism` gives it. Absence is `null` here, as there. */

import type { LogLevel } from "./options.ts";
import { PluginOutput } from "./plugin-output.ts";
import type { CallContext as Context } from "../session/context.ts";
import { PluginError } from "../error.ts";

/** A block that was handed out, to be written back if its bytes were taken and changed. */
class BlockOutput extends PluginOutput {
  isTaken = false;

  override bytes(): Uint8Array {
    this.isTaken = true;
    return super.bytes();
  }

  override arrayBuffer(): ArrayBufferLike {
    this.isTaken = true;
    return super.arrayBuffer();
  }
}

/** The call a host function runs in. Good until that call ends. */
export class CallContext {
  readonly #context: Context;
  readonly #opened = new Map<bigint, BlockOutput>();

  /** @param context The same call, as this host sees it. */
  constructor(context: Context) {
    this.#context = context;
  }

  /** @returns What the caller passed to `plugin.call()` as its third argument. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as the library that this stands in for declares it
  hostContext<T = any>(): T {
    return this.#context.hostContext<T>();
  }

  /**
   * @param size Bytes of a new block, all zero; write to it with `read(address).bytes().set(…)`.
   * @returns Its address; 0 for no bytes, or if there is no room.
   */
  alloc(size: bigint | number): bigint {
    return this.#context.alloc(Number(size));
  }

  /**
   * @param name Name of a variable.
   * @returns A copy of its value, or `null` if it is not set.
   */
  getVariable(name: string): PluginOutput | null {
    const value = this.#context.vars.get(name);
    // oxlint-disable-next-line unicorn/no-null -- as the library that this stands in for has it
    return value === undefined ? null : new PluginOutput(value.buffer);
  }

  /**
   * @param name Name of a variable.
   * @param value Its value; copied.
   * @throws {Error} If all variables together would have too many bytes.
   */
  setVariable(name: string, value: string | Uint8Array): void {
    try {
      this.#context.vars.set(name, typeof value === "string" ? new TextEncoder().encode(value) : value);
    } catch (cause) {
      throw PluginError.is(cause, "vars/over-budget") ? new Error(overBudget(cause.details), { cause }) : cause;
    }
  }

  /** @param name Name of a variable to remove; unknown names are ignored. */
  deleteVariable(name: string): void {
    this.#context.vars.delete(name);
  }

  /**
   * @param addr Address of a block; 0 is the empty block.
   * @returns Its bytes, or `null` if there is no such block. What is changed of `bytes()` is written back when the host
   *   function returns.
   */
  read(addr: bigint | number): PluginOutput | null {
    const handle = BigInt(addr);
    if (handle === 0n) return new PluginOutput(new ArrayBuffer(0));
    const opened = this.#opened.get(handle);
    if (opened?.isTaken) return opened;
    // oxlint-disable-next-line unicorn/no-null -- as the library that this stands in for has it
    if (this.#context.length(handle) === 0) return null;
    const output = new BlockOutput(this.#context.bytes(handle).buffer);
    this.#opened.set(handle, output);
    return output;
  }

  /**
   * @param input Text or bytes for the plug-in; copied.
   * @returns Address of a new block; 0 for no bytes.
   * @throws {Error} If there is no room.
   */
  store(input: string | Uint8Array): bigint {
    try {
      return this.#context.store(input);
    } catch (cause) {
      throw PluginError.is(cause, "memory/limit") ? new Error("failed to store output", { cause }) : cause;
    }
  }

  /**
   * @param addr Address of a block.
   * @returns Its length in bytes; 0 if there is no such block.
   */
  length(addr: bigint): bigint {
    return BigInt(this.#context.length(addr));
  }

  /** @param err Error of the call, which fails with it when the plug-in returns; `null` takes it back. */
  setError(err?: string | Error | null): void {
    this.#context.setError((err instanceof Error ? err.message : err) ?? undefined);
  }

  /** Lowest level that is logged. */
  get logLevel(): LogLevel {
    const { logLevel } = this.#context;
    return logLevel === "off" ? "silent" : logLevel;
  }

  set logLevel(level: LogLevel) {
    this.#context.logLevel = level === "silent" ? "off" : level;
  }

  /** @param context A context. Writes back what the host function changed. */
  static settle(context: CallContext): void {
    for (const [handle, output] of context.#opened) {
      if (output.isTaken && context.#context.length(handle) === output.byteLength) context.#context.write(handle, output.bytes());
    }
    context.#opened.clear();
  }
}

/**
 * @param details What the failure carries.
 * @returns The text that programs may look for.
 */
export function overBudget({ neededBytes, limitBytes }: { readonly neededBytes: number; readonly limitBytes: number }): string {
  return `var memory limit exceeded: ${neededBytes} bytes requested, ${limitBytes} allowed`;
}
