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
    void turn().then(run);
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

/** Lets the event loop turn once, so that events that have happened are handled. */
export function turn(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.addEventListener("message", () => (port1.close(), resolve()));
    port1.start();
    port2.postMessage(0);
  });
}

/** Lets the event loop turn a few times, so that everything that waits for nothing else has happened. */
export async function turns(count = 4): Promise<void> {
  for (let left = count; left > 0; left -= 1) await turn();
}
