/** What a host function sees of the call it runs in. */

import { LOG_LEVELS } from "../abi.ts";
import type { Call } from "./call.ts";
import { PluginError } from "../error.ts";
import type { LogLevel } from "./log.ts";
import { type Session, writeLog } from "./session.ts";
import type { Variables } from "./vars.ts";

/** What takes about a millisecond to read: a plug-in that passes so much makes the host look at the clock every time. */
const LOOK_BYTES = 1 << 20;

/**
 * The call a host function runs in. Good until that call ends: a host function that keeps it longer gets an error and
 * never the memory of another call.
 */
export class CallContext {
  readonly #session: Session;
  readonly #call: Call;

  /**
   * @param session Session of the plug-in.
   * @param call The running call.
   */
  constructor(session: Session, call: Call) {
    this.#session = session;
    this.#call = call;
  }

  /** Name of the plug-in. */
  get plugin(): string {
    return this.#session.plugin;
  }

  /** Plug-in function that is running; empty while the instance starts. */
  get function(): string {
    return this.#call.function;
  }

  /**
   * What the caller passed as `hostContext`; `Context` is the caller's word for its type.
   *
   * @returns The same value, or `undefined`.
   */
  hostContext<Context = unknown>(): Context {
    return this.#call.options.hostContext as Context;
  }

  /** The caller's signal, if it passed one. */
  get signal(): AbortSignal | undefined {
    return this.#call.options.signal;
  }

  /** Configuration of the plug-in. */
  get config(): ReadonlyMap<string, string> {
    return this.#session.config;
  }

  /** Variables of the plug-in. */
  get vars(): Variables {
    return this.#session.vars;
  }

  /**
   * @param handle A block that the plug-in passed; 0 is no bytes.
   * @returns A copy of its bytes.
   * @throws {PluginError} `memory/bad-handle` if no live block starts there.
   */
  bytes(handle: bigint): Uint8Array<ArrayBuffer> {
    return this.#noteRead(this.#live().kernel.bytes(handle));
  }

  /**
   * @param handle A block that the plug-in passed; 0 is the empty text.
   * @returns Its bytes as UTF-8 text.
   * @throws {PluginError} `memory/bad-handle` if no live block starts there.
   */
  text(handle: bigint): string {
    return this.#noteRead(this.#live().kernel.text(handle));
  }

  /**
   * @param handle A block that the plug-in passed.
   * @returns The value of its JSON text; it comes from the plug-in and is not checked.
   * @throws {PluginError} `memory/bad-handle` if no live block starts there.
   * @throws {SyntaxError} If the text is not JSON.
   */
  json<Value = unknown>(handle: bigint): Value {
    return JSON.parse(this.text(handle)) as Value;
  }

  /**
   * @param value Text or bytes for the plug-in; copied.
   * @returns The handle of a new block, to be returned to the plug-in, which frees it; 0 for no bytes.
   * @throws {PluginError} `memory/limit` if it does not fit.
   */
  store(value: string | Uint8Array): bigint {
    return this.#live().kernel.store(value);
  }

  /**
   * @param length Bytes of a new block, all zero, to be filled with {@link CallContext.write}.
   * @returns Its handle; 0 for no bytes, or if there is no room.
   */
  alloc(length: number): bigint {
    return this.#live().kernel.alloc(length);
  }

  /**
   * @param handle A block.
   * @returns Its length in bytes; 0 if no live block starts there.
   */
  length(handle: bigint): number {
    return this.#live().kernel.length(handle);
  }

  /**
   * Writes over the beginning of a block.
   *
   * @param handle A block that the plug-in passed, or one of {@link CallContext.alloc}.
   * @param bytes What to write; copied.
   * @throws {PluginError} `memory/bad-handle` if no live block starts there.
   * @throws {RangeError} If the block is shorter.
   */
  write(handle: bigint, bytes: Uint8Array): void {
    this.#live().kernel.write(handle, bytes);
  }

  /**
   * Sets the error text of the call, as the plug-in itself can: the plug-in goes on, and the call fails with `call/failed`
   * when it returns, unless the plug-in clears the error.
   *
   * @param text The text; `undefined` clears it.
   */
  setError(text: string | undefined): void {
    const { kernel } = this.#live();
    kernel.setError(text === undefined ? 0n : kernel.store(text));
  }

  /** Lowest level that is logged. A change holds for the rest of the plug-in's life; one on another thread does not see it. */
  get logLevel(): LogLevel | "off" {
    const { logLevel } = this.#session;
    return (Object.keys(LOG_LEVELS) as (LogLevel | "off")[]).find((name) => LOG_LEVELS[name] === logLevel) ?? "off";
  }

  set logLevel(level: LogLevel | "off") {
    this.#session.logLevel = LOG_LEVELS[level];
  }

  /** @param handle A block that the host function owns and no longer needs. */
  free(handle: bigint): void {
    this.#live().kernel.free(handle);
  }

  /**
   * Logs in the name of the plug-in.
   *
   * @param level Level of the text.
   * @param text The text.
   */
  log(level: LogLevel, text: string): void {
    writeLog(this.#live(), level, text, "log");
  }

  #noteRead<Read extends { readonly length: number }>(read: Read): Read {
    if (read.length >= LOOK_BYTES) this.#call.lookMask = 0;
    return read;
  }

  #live(): Session {
    if (this.#call.isOver || this.#session.call !== this.#call) {
      throw new PluginError("call/over", `Cannot use the context of "${this.#call.function}": the call is over`, { function: this.#call.function }, { plugin: this.plugin });
    }
    return this.#session;
  }
}
