/**
 * One timer for all calls that wait, set for whoever gives up first. Calls that leave do not move it, so it may find that
 * nobody has given up; that happens about once in the time that calls may wait, while a timer a call costs each of them.
 */

import type { PoolClock } from "./clock.ts";

/** The timer. */
export class Patience {
  readonly #clock: PoolClock;
  readonly #look: (nowMs: number) => void;
  #untilMs = Number.POSITIVE_INFINITY;
  #stop: (() => void) | undefined;

  /**
   * @param clock Time.
   * @param look Called when somebody may have given up; it tells {@link Patience.watch} of all who have not.
   */
  constructor(clock: PoolClock, look: (nowMs: number) => void) {
    this.#clock = clock;
    this.#look = look;
  }

  /** @param untilMs When a call gives up, on the clock; `Infinity` for never. */
  watch(untilMs: number): void {
    if (untilMs >= this.#untilMs) return;
    this.#stop?.();
    this.#untilMs = untilMs;
    const onTime = (): void => {
      this.end();
      this.#look(this.#clock.now());
    };
    this.#stop = this.#clock.after(untilMs - this.#clock.now(), onTime, false);
  }

  /** Nobody waits any more. */
  end(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#untilMs = Number.POSITIVE_INFINITY;
  }
}
