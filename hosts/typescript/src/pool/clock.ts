/** Time as a pool sees it: an argument, so that tests move it by hand. Nothing else in this folder asks what time it is. */

import type { Platform } from "../platform.ts";

/** A clock with timers. */
export interface PoolClock {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /**
   * Runs something later, once.
   *
   * @param delayMs Milliseconds from now.
   * @param run What to run.
   * @param isBackground Whether the process may end before.
   * @returns Cancels it.
   */
  after(delayMs: number, run: () => void, isBackground: boolean): () => void;
  /** Runs something when input, output and timers that are due have had their turn. */
  soon(run: () => void): void;
}

/** Longest time that `setTimeout` takes, in milliseconds. */
const MAX_TIMER_MS = 0x7fff_ffff;

/**
 * @param platform The runtime.
 * @returns Its clock.
 */
export function systemClock(platform: Platform): PoolClock {
  return {
    now: platform.now,
    after: (delayMs, run, isBackground) => {
      const timer: unknown = setTimeout(run, Math.min(Math.max(0, Math.ceil(delayMs)), MAX_TIMER_MS));
      if (isBackground) (timer as { unref?: () => void }).unref?.();
      return () => clearTimeout(timer as number);
    },
    soon: platform.soon ?? ((run) => void setTimeout(run, 0)),
  };
}
