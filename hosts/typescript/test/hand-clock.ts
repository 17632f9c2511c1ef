/** A pool's clock that tests move by hand. Turns of the event loop stay real: they are events, not time. */

import type { PoolClock } from "../src/mod.ts";

/** Time stands still until {@link HandClock.advance}. */
export class HandClock implements PoolClock {
  /** Timers that are set. */
  readonly timers: Set<{ readonly atMs: number; readonly run: () => void }> = new Set();
  #nowMs = 1000;

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  soon(run: () => void): void {
    setImmediate(run);
  }

  /** Moves time on, runs the timers that are due in their order, and waits for what follows from them. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.timers].filter((timer) => timer.atMs <= endMs).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.timers.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.run();
      await turns();
    }
    this.#nowMs = endMs;
    await turns();
  }
}

/** Lets the event loop turn a few times, so that everything that waits for nothing else has happened. */
export async function turns(count = 4): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
