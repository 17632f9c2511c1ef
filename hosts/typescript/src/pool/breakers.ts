/**
 * A breaker for each tenant whose calls fail, so that what one sends to a plug-in does not take it from the others.
 *
 * A tenant without failures has none; there are at most {@link MAX_BREAKERS}, and beyond that the oldest is forgiven.
 */

import { Breaker, type BreakerSettings, type Verdict } from "./breaker.ts";
import type { PoolEvent } from "./events.ts";

const MAX_BREAKERS = 4096;

/** Breakers by tenant. */
export class Breakers {
  readonly #settings: BreakerSettings;
  readonly #tell: (event: PoolEvent) => void;
  readonly #breakers = new Map<string | undefined, Breaker>();

  /**
   * @param settings When each opens and for how long.
   * @param tell Told when one opens or closes.
   */
  constructor(settings: BreakerSettings, tell: (event: PoolEvent) => void) {
    this.#settings = settings;
    this.#tell = tell;
  }

  /** @returns The breaker that stops a tenant's calls now, or `undefined` if none does. */
  open(tenant: string | undefined, nowMs: number): Breaker | undefined {
    const breaker = this.#breakers.get(tenant);
    return breaker !== undefined && breaker.retryAfterMs(nowMs) > 0 ? breaker : undefined;
  }

  /** Asks for one call of a tenant; what became of it must be told to {@link Breakers.record}. */
  ask(tenant: string | undefined, nowMs: number): Verdict {
    return this.#breakers.get(tenant)?.ask(nowMs) ?? "pass";
  }

  /** @returns Code of the tenant's last failure. */
  lastCode(tenant: string | undefined): string {
    return this.#breakers.get(tenant)?.lastCode ?? "";
  }

  /**
   * @param tenant Whose call it was.
   * @param verdict What {@link Breakers.ask} said.
   * @param outcome Whether the plug-in succeeded or failed by itself, or the call says nothing about it.
   * @param code Code of the failure.
   * @param nowMs Now.
   */
  record(tenant: string | undefined, verdict: Verdict, outcome: "success" | "failure" | "neither", code: string, nowMs: number): void {
    let breaker = this.#breakers.get(tenant);
    if (breaker === undefined) {
      if (outcome !== "failure") return;
      breaker = new Breaker(this.#settings);
      this.#breakers.set(tenant, breaker);
      const [oldest] = this.#breakers.keys();
      if (this.#breakers.size > MAX_BREAKERS) this.#breakers.delete(oldest);
    }
    if (outcome === "neither") breaker.forget(verdict);
    else if (outcome === "success") {
      breaker.succeed(verdict);
      if (verdict === "probe") this.#tell({ type: "breaker-closed", isStart: false, tenant });
      if (breaker.isQuiet) this.#breakers.delete(tenant);
    } else {
      const retryAfterMs = breaker.fail(verdict, code, nowMs);
      if (retryAfterMs !== undefined) this.#tell({ type: "breaker-opened", isStart: false, tenant, retryAfterMs, lastCode: code });
    }
  }
}
