/** Ends a call that waits for a promise when its time is up or its caller's signal says so. Nothing outlives the wait. */

import { PluginError } from "./error.ts";
import type { Platform } from "./platform.ts";
import type { Call, Waiting } from "./call.ts";

/** Longest time that `setTimeout` takes, in milliseconds. */
const MAX_TIMER_MS = 0x7fff_ffff;

/**
 * Watches a waiting call.
 *
 * @param platform Tells the time.
 * @param call The call; its deadline is set.
 * @param waiting What ends it.
 * @returns Ends the watch: no timer and no listener stays.
 */
export function watchCall(platform: Platform, call: Call, waiting: Waiting): () => void {
  const { cut } = waiting;
  const { signal } = call.options;
  const leftMs = (call.deadline ?? Number.POSITIVE_INFINITY) - platform.now();
  const onAbort = (): void => {
    stop();
    cut(abortFailure(call));
  };
  const onTimeout = (): void => {
    stop();
    cut(timeoutFailure(call));
  };
  const timer = leftMs <= MAX_TIMER_MS ? setTimeout(onTimeout, Math.max(0, Math.ceil(leftMs))) : undefined;
  const stop = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    waiting.stopWatching = undefined;
  };
  signal?.addEventListener("abort", onAbort);
  waiting.stopWatching = stop;
  return stop;
}

/** @returns The failure of a call whose time is up. */
export function timeoutFailure(call: Call): PluginError {
  return new PluginError("call/timeout", `${call.action}: it took longer than ${call.timeoutMs} ms`, { limitMs: call.timeoutMs });
}

/** @returns The failure of a call that its caller's signal aborted. */
export function abortFailure(call: Call): PluginError {
  const cause: unknown = call.options.signal?.reason;
  return new PluginError("call/aborted", `${call.action}: its signal was aborted`, {}, { cause });
}
