/** A plug-in as the embedder holds it. */

import { checkCallOptions } from "./session/call.ts";
import type { CallOptions, CallStats, Engine } from "./engine.ts";
import type { Output } from "./output.ts";

/** What a call takes as input: text (sent as UTF-8), bytes, or nothing. */
export type CallInput = string | Uint8Array | ArrayBuffer | undefined;

const encoder = new TextEncoder();
const NO_BYTES = new Uint8Array(0);
const NO_OPTIONS: CallOptions = Object.freeze({});

/** A loaded plug-in. Made by `createPlugin`; it lives until it is closed. */
export class Plugin {
  /** Name of the plug-in, for messages and logs. */
  readonly name: string;
  readonly #engine: Engine;

  /**
   * @param name Name of the plug-in.
   * @param engine What runs it.
   */
  constructor(name: string, engine: Engine) {
    this.name = name;
    this.#engine = engine;
  }

  /** Names of the functions that can be called. */
  get functions(): readonly string[] {
    return this.#engine.functions;
  }

  /** Figures of the last call; `undefined` before the first. */
  get lastCall(): CallStats | undefined {
    return this.#engine.lastCall;
  }

  /**
   * @param name Name of a function.
   * @returns Whether it can be called.
   */
  hasFunction(name: string): boolean {
    return this.#engine.functions.includes(name);
  }

  /**
   * Calls a function of the plug-in.
   *
   * @param name Name of the function.
   * @param input Text, bytes or nothing.
   * @param options Host context, signal and limit of this call.
   * @returns Its output.
   * @throws {PluginError} With any code of `function/…`, `call/…`, `start/…` or `plugin/…`. After any failure but a
   *   closed plug-in, the next call works: on a fresh instance if this one was stopped.
   */
  call(name: string, input?: CallInput, options: CallOptions = NO_OPTIONS): Promise<Output> {
    try {
      if (options !== NO_OPTIONS) checkCallOptions(options);
      return this.#engine.call(name, encodeInput(input), options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The same as {@link Plugin.call}, without a promise in its path.
   *
   * @throws {PluginError} As there, and `host-function/async` if a host function returns a promise, or
   *   `engine/async-only` if the plug-in runs on another thread.
   */
  callSync(name: string, input?: CallInput, options: CallOptions = NO_OPTIONS): Output {
    if (options !== NO_OPTIONS) checkCallOptions(options);
    return this.#engine.callSync(name, encodeInput(input), options);
  }

  /**
   * Forgets the instance and all variables; the next call sees a new plug-in.
   *
   * @throws {PluginError} `call/reentrant` while a call runs, `plugin/closed`.
   */
  reset(): Promise<void> {
    return this.#engine.reset();
  }

  /**
   * Ends the plug-in and lets go of its memory. Closing twice is safe.
   *
   * @throws {PluginError} `call/reentrant` from within one of its own host functions.
   */
  close(): Promise<void> {
    return this.#engine.close();
  }

  /** The same as {@link Plugin.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#engine.close();
  }
}

/**
 * @param input What a caller passed.
 * @returns Its bytes: text in a new array, bytes as they are, not copied.
 * @throws {TypeError} If it is none of them.
 */
export function encodeInput(input: CallInput): Uint8Array {
  if (input === undefined) return NO_BYTES;
  if (typeof input === "string") return encoder.encode(input);
  if (input instanceof Uint8Array) return input;
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (ArrayBuffer.isView(input)) return new Uint8Array((input as ArrayBufferView).buffer, (input as ArrayBufferView).byteOffset, (input as ArrayBufferView).byteLength);
  throw new TypeError(`Cannot pass ${input === null ? "null" : typeof input} as input: pass a string, a Uint8Array or nothing`);
}
