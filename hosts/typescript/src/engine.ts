/** The one interface that all engines have: something that runs one plug-in, one call at a time. */

import type { Output } from "./output.ts";

/** Options of one call. */
export interface CallOptions {
  /** Handed to host functions as `context.hostContext()`. */
  readonly hostContext?: unknown;
  /** Stops the call: while it waits at once, while it computes at the next look at the clock, so not with `timeoutMs: "none"`. */
  readonly signal?: AbortSignal;
  /** Milliseconds for this call; it can only lower the plug-in's limit. */
  readonly timeoutMs?: number;
}

/** Figures of one call. */
export interface CallStats {
  /** Plug-in function that was called. */
  readonly function: string;
  /** Milliseconds from the first byte of input to the last of output; 0 if `measure` is off. */
  readonly durationMs: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Bytes of the plug-in's memories and of its blocks at the end of the call; memories never shrink, so this is the peak. */
  readonly memoryBytes: number;
  /** Calls of the embedder's host functions. */
  readonly hostCalls: number;
  /** Instructions executed; `undefined` if fuel is not limited. */
  readonly fuel: number | undefined;
}

/** Runs one plug-in. */
export interface Engine {
  /** Names of the plug-in's functions. */
  readonly functions: readonly string[];
  /** Figures of the last call, or `undefined` before the first. */
  readonly lastCall: CallStats | undefined;
  /**
   * Calls a plug-in function.
   *
   * @param name Name of the function.
   * @param input Its input; copied before this returns.
   * @param options Context, signal and limit of this call.
   * @returns Its output.
   * @throws {PluginError} Any code of `function/…`, `call/…`, `start/…` or `plugin/…`.
   */
  call(name: string, input: Uint8Array, options: CallOptions): Promise<Output>;
  /** The same without a promise; the worker engine throws `engine/async-only`. */
  callSync(name: string, input: Uint8Array, options: CallOptions): Output;
  /** Forgets the instance and all variables; the next call sees a new one. */
  reset(): Promise<void>;
  /**
   * Starts an instance ahead of the next call, if there is none. Absent where that gains nothing.
   *
   * @throws {PluginError} As the start within a call would.
   */
  warm?(): Promise<void>;
  /**
   * Exports of the live instance, started if there is none; absent where that is on another thread. What is called through
   * them is no call of the plug-in: it has no input, no output, and no time once the last call is over.
   */
  exports?(): WebAssembly.Exports;
  /** Ends the plug-in. Closing twice is safe. */
  close(): Promise<void>;
}
