/**
 * Stops calls that keep failing, and lets one through now and then to see whether they still do.
 *
 *            failures in a row                back-off is over
 *   closed ----------------------> open ----------------------> half-open
 *     ^                             ^    the probe fails: twice the back-off |
 *     |                             +---------------------------------------+
 *     +------------------------------------- the probe succeeds ------------+
 *
 * It holds no timer: time is looked at when somebody asks.
 */

/** When a breaker opens and for how long. */
export interface BreakerSettings {
  /** Failures in a row that open it; `Infinity` for never. */
  readonly failures: number;
  /** Milliseconds it stays open at first; doubled each time a probe fails. */
  readonly backoffMs: number;
  /** Milliseconds it stays open at most. */
  readonly maxBackoffMs: number;
}

/** What a breaker says to a call: run, run alone to see how it goes, or do not run. */
export type Verdict = "pass" | "probe" | "refuse";

/** One breaker. */
export class Breaker {
  readonly #settings: BreakerSettings;
  #failures = 0;
  #openings = 0;
  #isProbing = false;
  #openUntilMs = Number.NEGATIVE_INFINITY;
  #lastCode = "";

  /** @param settings When it opens and for how long. */
  constructor(settings: BreakerSettings) {
    this.#settings = settings;
  }

  /** Code of the last failure; empty before the first. */
  get lastCode(): string {
    return this.#lastCode;
  }

  /** Whether it is as if new, and need not be kept. */
  get isQuiet(): boolean {
    return this.#failures === 0 && this.#openings === 0;
  }

  /** @returns Milliseconds until a call may be tried; 0 if one may be now. */
  retryAfterMs(nowMs: number): number {
    if (this.#openings === 0) return 0;
    return Math.max(0, Math.ceil(this.#openUntilMs - nowMs));
  }

  /** Asks for one call, which must then be told to {@link Breaker.succeed}, {@link Breaker.fail} or {@link Breaker.forget}. */
  ask(nowMs: number): Verdict {
    if (this.#openings === 0) return "pass";
    if (this.#isProbing || nowMs < this.#openUntilMs) return "refuse";
    this.#isProbing = true;
    return "probe";
  }

  /** A call did what it should. Calls that began before it opened say nothing about now. */
  succeed(verdict: Verdict): void {
    if (this.#openings > 0 && verdict !== "probe") return;
    this.#failures = 0;
    this.#openings = 0;
    this.#isProbing = false;
  }

  /**
   * A call failed in a way that counts.
   *
   * @returns Milliseconds it is open from now on if it opened by this, else `undefined`.
   */
  fail(verdict: Verdict, code: string, nowMs: number): number | undefined {
    this.#lastCode = code;
    if (verdict === "probe") this.#isProbing = false;
    else if (this.#openings > 0) return undefined;
    this.#failures += 1;
    if (verdict !== "probe" && this.#failures < this.#settings.failures) return undefined;
    const { backoffMs, maxBackoffMs } = this.#settings;
    const openMs = Math.min(maxBackoffMs, backoffMs * 2 ** this.#openings);
    this.#openings += 1;
    this.#openUntilMs = nowMs + openMs;
    return openMs;
  }

  /** A call ended in a way that says nothing about the plug-in. */
  forget(verdict: Verdict): void {
    if (verdict === "probe") this.#isProbing = false;
  }
}
