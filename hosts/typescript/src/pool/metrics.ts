/** Figures of a pool: counters and histograms with fixed buckets, so that they cost the same however many calls there were. */

import type { FailureCode } from "../error.ts";

/** Upper bounds of a histogram's buckets, in milliseconds; what is slower is in one more bucket. */
const BUCKETS_MS: readonly number[] = Object.freeze([0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]);

/** How long something took, over all calls so far. */
export interface Histogram {
  /** Upper bounds in milliseconds, inclusive; `counts` has one more entry, for what is beyond the last. */
  readonly boundsMs: readonly number[];
  /** Calls in each bucket alone, not added up. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sumMs: number;
}

/** Figures of a pool at one moment. */
export interface PoolMetrics {
  /** Calls that wait, and bytes of their inputs. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** Calls that run. */
  readonly running: number;
  /** Instances that live now, those of them that no call uses, and all that were ever started and closed. */
  readonly instances: { readonly live: number; readonly idle: number; readonly started: number; readonly closed: number };
  /** Calls so far by how they ended; `refused` never reached the plug-in. */
  readonly calls: { readonly succeeded: number; readonly failed: number; readonly refused: number };
  /** Failed and refused calls by code. */
  readonly failures: { readonly [Code in FailureCode]?: number };
  /** From `call()` to the plug-in, of calls that reached it. */
  readonly waitMs: Histogram;
  /** From the plug-in's start of a call to its answer. */
  readonly runMs: Histogram;
  /** Tenants with calls that wait or run; `undefined` stands for calls without a tenant. */
  readonly tenants: readonly { readonly tenant: string | undefined; readonly queued: number; readonly running: number }[];
}

/** Counts into fixed buckets. */
class HistogramCounter {
  readonly #counts: number[] = Array.from({ length: BUCKETS_MS.length + 1 }, () => 0);
  #count = 0;
  #sumMs = 0;

  /** @param ms Milliseconds that something took. */
  add(ms: number): void {
    let bucket = 0;
    while (bucket < BUCKETS_MS.length && ms > (BUCKETS_MS[bucket] as number)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count += 1;
    this.#sumMs += ms;
  }

  /** @returns A copy of what was counted. */
  read(): Histogram {
    return Object.freeze({ boundsMs: BUCKETS_MS, counts: Object.freeze([...this.#counts]), count: this.#count, sumMs: this.#sumMs });
  }
}

/** Counters of one pool's calls. */
export class PoolCounters {
  readonly #waitMs = new HistogramCounter();
  readonly #runMs = new HistogramCounter();
  readonly #failures = new Map<FailureCode, number>();
  #succeeded = 0;
  #failed = 0;
  #refused = 0;

  /** Counts a call that reached the plug-in; `code` is `undefined` if it succeeded. */
  end(waitMs: number, runMs: number, code: FailureCode | undefined): void {
    this.#waitMs.add(waitMs);
    this.#runMs.add(runMs);
    if (code === undefined) this.#succeeded += 1;
    else {
      this.#failed += 1;
      this.#count(code);
    }
  }

  /** Counts a call that did not reach the plug-in. */
  refuse(code: FailureCode): void {
    this.#refused += 1;
    this.#count(code);
  }

  /** @returns A copy of what was counted. */
  read(): Pick<PoolMetrics, "calls" | "failures" | "waitMs" | "runMs"> {
    return {
      calls: Object.freeze({ succeeded: this.#succeeded, failed: this.#failed, refused: this.#refused }),
      failures: Object.freeze(Object.fromEntries(this.#failures)),
      waitMs: this.#waitMs.read(),
      runMs: this.#runMs.read(),
    };
  }

  #count(code: FailureCode): void {
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
  }
}
