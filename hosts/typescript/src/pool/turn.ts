/**
 * Shares the calling thread with the event loop: plug-ins may compute for a few milliseconds, then whatever else waits has
 * its turn (requests that come in, timers, other tenants' calls). Plug-ins on other threads use up none of it.
 */

import type { PoolClock } from "./clock.ts";

/** Milliseconds that calls may compute on the calling thread in one turn. */
const TURN_MS = 5;

/** One turn after the other. */
export class Turn {
  readonly #clock: PoolClock;
  readonly #onNext: () => void;
  #usedMs = 0;
  #endMs = Number.NEGATIVE_INFINITY;
  #isWaiting = false;

  /**
   * @param clock Time.
   * @param onNext Called when a turn begins that somebody asked for.
   */
  constructor(clock: PoolClock, onNext: () => void) {
    this.#clock = clock;
    this.#onNext = onNext;
  }

  /** @returns Whether the turn is used up; then the next one is on its way. */
  isOver(nowMs: number): boolean {
    if (this.#isWaiting) return true;
    // After a pause of this length the event loop has had its turn already.
    if (nowMs - this.#endMs > TURN_MS) this.#usedMs = 0;
    if (this.#usedMs < TURN_MS) return false;
    this.#isWaiting = true;
    this.#clock.soon(() => {
      this.#isWaiting = false;
      this.#usedMs = 0;
      this.#onNext();
    });
    return true;
  }

  /** The thread was used from `startMs` until now. */
  spend(startMs: number): void {
    this.#endMs = this.#clock.now();
    this.#usedMs += this.#endMs - startMs;
  }
}
