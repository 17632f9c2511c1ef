/** Ends a call when its time is up or its caller's signal says so, also one that waits for a promise. Nothing outlives the wait. */

import { PluginError } from "../error.ts";
import type { Platform } from "../platform.ts";
import type { Call, Waiting } from "./call.ts";
import { type Session, failCall } from "./session.ts";

/** Longest time that `setTimeout` takes, in milliseconds. */
const MAX_TIMER_MS = 0x7fff_ffff;

/**
 * Looks at the clock and the signal of the running call.
 *
 * @param session Session of the plug-in.
 * @returns Why the call has to end, which is its failure then; `undefined` if it may go on, or none runs, as when the
 *   embedder calls an export.
 */
export function lateFailure(session: Session): PluginError | undefined {
  const { call, platform } = session;
  if (call.isOver) return undefined;
  const now = platform.now();
  call.deadline ??= now + call.timeoutMs;
  if (now >= call.deadline) return failCall(session, timeoutFailure(call));
  return call.options.signal?.aborted ? failCall(session, abortFailure(call)) : undefined;
}

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
