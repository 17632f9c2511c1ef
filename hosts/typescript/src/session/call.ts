/**
 * One run of a plug-in function, from its input to its figures. A fresh object for each, so that whatever keeps one
 * beyond its end can be told from the next; and one object only, because a call is otherwise a hundred nanoseconds.
 */

import type { CallOptions, CallStats } from "../engine.ts";
import type { PluginError } from "../error.ts";

/** What a call knows of its last HTTP response. */
export interface HttpResponse {
  readonly status: number;
  /** `undefined` where the embedder does not show them. */
  readonly headers: Readonly<Record<string, string | readonly string[]>> | undefined;
}

/** Ends a waiting call with a failure, at once. */
export type Cut = (failure: PluginError) => void;

/** What only a call that may wait for promises has. */
export interface Waiting {
  readonly cut: Cut;
  /** Ends the watch over the call; absent while it does not wait. */
  stopWatching: (() => void) | undefined;
  /** Aborted when the call is over, for what it started outside; made when it is first needed. */
  ending: AbortController | undefined;
  response: HttpResponse | undefined;
}

const OPTION_NAMES: ReadonlySet<string> = new Set(["hostContext", "signal", "timeoutMs"] satisfies (keyof CallOptions)[]);

/**
 * Checks what a caller passed.
 *
 * @param options The options of one call.
 * @throws {TypeError} If one is unknown or has the wrong type.
 * @throws {RangeError} If `timeoutMs` is negative or no number.
 */
export function checkCallOptions(options: CallOptions): void {
  const unknown = Object.keys(options).find((name) => !OPTION_NAMES.has(name));
  if (unknown !== undefined) throw new TypeError(`Cannot call with the option "${unknown}": there are ${[...OPTION_NAMES].map((name) => `"${name}"`).join(", ")}`);
  const { signal, timeoutMs } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError("Cannot call with this signal: it is no AbortSignal");
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs >= 0)) throw new RangeError(`Cannot call with timeoutMs ${String(timeoutMs)}: it must be a number of milliseconds from 0 up`);
}

/** One run of a plug-in function, or the start of an instance. */
export class Call {
  /** Plug-in function; empty while the instance starts. */
  readonly function: string;
  readonly #plugin: string;
  /** What the caller passed. */
  readonly options: CallOptions;
  /** Limit in milliseconds; `Infinity` for none. */
  readonly timeoutMs: number;
  /** On the platform's clock. Where calls are not timed it is set at the first look, because most end before one. */
  deadline: number | undefined = undefined;
  /** First thing that went wrong in the host; it fails the call even if the plug-in catches what was thrown. */
  failure: PluginError | undefined = undefined;
  /** What the plug-in gave to `proc_exit`. */
  exitCode: number | undefined = undefined;
  hostCalls = 0;
  /** Host calls between two looks at the clock, less one; 0 once the host has read much at a time, or time is up. */
  lookMask = 31;
  logBytes = 0;
  /** Absent where the call cannot wait. */
  waiting: Waiting | undefined = undefined;
  isOver = false;
  startMs = 0;
  durationMs = 0;
  inputBytes = 0;
  outputBytes = 0;
  fuel: number | undefined = undefined;

  /**
   * @param name Plug-in function, or the empty string for the start of an instance.
   * @param plugin Name of the plug-in.
   * @param options What the caller passed.
   * @param limitMs The plug-in's time limit in milliseconds; the call's own can only lower it.
   */
  constructor(name: string, plugin: string, options: CallOptions, limitMs: number) {
    this.function = name;
    this.#plugin = plugin;
    this.options = options;
    this.timeoutMs = options.timeoutMs === undefined ? limitMs : Math.min(options.timeoutMs, limitMs);
  }

  /** How the message of what ends it begins: the action that is not done. */
  get action(): string {
    return this.function === "" ? `Cannot start the plug-in "${this.#plugin}"` : `Cannot finish "${this.function}"`;
  }

  /**
   * @param memoryBytes Bytes of the plug-in's memories at its end.
   * @returns The call's figures.
   */
  stats(memoryBytes: number): CallStats {
    const { durationMs, inputBytes, outputBytes, hostCalls, fuel } = this;
    return Object.freeze({ function: this.function, durationMs, inputBytes, outputBytes, memoryBytes, hostCalls, fuel });
  }
}
