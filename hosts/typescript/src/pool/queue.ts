/**
 * Calls that wait, by tenant. Next is the tenant with the fewest calls running, among those the one that has used the
 * least time; a tenant's own calls keep their order. A tenant that begins to wait starts level with the one served last,
 * so that neither idling earns credit nor a flood builds debt for others.
 *
 *   tenant   running   used ms   waiting
 *   a           1        310     c4 → c5 → … → c900     a flood
 *   b           0        120     c2                     next: fewest running
 *
 * When the queue is full, whoever takes up most of it loses the newest of its calls.
 * Source: start-time fair queueing, with time charged when it is known, which is after the call.
 */

/** What the queue knows of a call. */
export interface Waiting {
  /** Bytes of its input. */
  readonly bytes: number;
}

/** One tenant, as long as it has calls or used more than its share. */
export interface Tenant<Item extends Waiting> {
  /** The embedder's name for it; `undefined` for calls without one. */
  readonly name: string | undefined;
  /** Its calls in order. A `Set` takes any of them out at once. */
  readonly waiting: Set<Item>;
  /** Bytes of their inputs. */
  waitingBytes: number;
  running: number;
  /** Milliseconds used, on the queue's own scale. */
  usedMs: number;
}

/** Milliseconds that any call costs besides its own time: the pool's work, and more than a coarse clock may hide. */
const CALL_MS = 0.02;
/** Tenants that are remembered though nothing of theirs waits or runs. */
const MAX_REMEMBERED = 4096;

/** A fair queue. */
export class FairQueue<Item extends Waiting> {
  /** Calls that wait. */
  size = 0;
  /** Bytes of their inputs. */
  bytes = 0;
  readonly #tenants = new Map<string | undefined, Tenant<Item>>();
  readonly #backlogged = new Set<Tenant<Item>>();
  /** What the tenant served last had used when it was chosen. */
  #servedMs = 0;
  #running = 0;

  /** Tenants with calls that wait or run. */
  get active(): readonly Tenant<Item>[] {
    return [...this.#tenants.values()].filter((tenant) => tenant.waiting.size > 0 || tenant.running > 0);
  }

  /**
   * @param name A tenant.
   * @returns It, to be handed to {@link FairQueue.add} or {@link FairQueue.begin} before anything else happens.
   */
  tenant(name: string | undefined): Tenant<Item> {
    const known = this.#tenants.get(name);
    if (known !== undefined) return known;
    const tenant: Tenant<Item> = { name, waiting: new Set(), waitingBytes: 0, running: 0, usedMs: this.#servedMs };
    this.#tenants.set(name, tenant);
    return tenant;
  }

  /** Adds a call behind all others of its tenant. */
  add(tenant: Tenant<Item>, item: Item): void {
    if (tenant.waiting.size === 0) {
      tenant.usedMs = Math.max(tenant.usedMs, this.#servedMs);
      this.#backlogged.add(tenant);
    }
    tenant.waiting.add(item);
    tenant.waitingBytes += item.bytes;
    this.size += 1;
    this.bytes += item.bytes;
  }

  /** Takes a call out; one that does not wait is ignored. */
  remove(tenant: Tenant<Item>, item: Item): void {
    if (!tenant.waiting.delete(item)) return;
    tenant.waitingBytes -= item.bytes;
    this.size -= 1;
    this.bytes -= item.bytes;
    if (tenant.waiting.size > 0) return;
    this.#backlogged.delete(tenant);
    this.#forget(tenant);
  }

  /** @returns All calls that wait, by tenant. */
  all(): readonly Item[] {
    return [...this.#backlogged].flatMap((tenant) => [...tenant.waiting]);
  }

  /** @returns The call to run next; it still waits. */
  next(): Item | undefined {
    let best: Tenant<Item> | undefined;
    for (const tenant of this.#backlogged) {
      if (best === undefined || tenant.running < best.running || (tenant.running === best.running && tenant.usedMs < best.usedMs)) best = tenant;
    }
    return best?.waiting.values().next().value;
  }

  /**
   * Finds what gives way in a full queue: the newest call of whoever takes up most of it, unless that is the newcomer.
   *
   * @param name The newcomer's tenant.
   * @param bytes Bytes of the newcomer; left out if calls are what there are too many of.
   * @returns The call to be taken out.
   */
  displaced(name: string | undefined, bytes?: number): Item | undefined {
    const share = (tenant: Tenant<Item>): number => (bytes === undefined ? tenant.waiting.size : tenant.waitingBytes);
    let largest: Tenant<Item> | undefined;
    for (const tenant of this.#backlogged) if (largest === undefined || share(tenant) > share(largest)) largest = tenant;
    const own = this.#tenants.get(name);
    const newcomers = (own === undefined ? 0 : share(own)) + (bytes ?? 1);
    return largest !== undefined && share(largest) > newcomers ? [...largest.waiting].at(-1) : undefined;
  }

  /** A call of this tenant begins to run. */
  begin(tenant: Tenant<Item>): void {
    tenant.running += 1;
    this.#running += 1;
    this.#servedMs = Math.max(this.#servedMs, tenant.usedMs);
  }

  /** A call of this tenant has run for so many milliseconds. */
  end(tenant: Tenant<Item>, ranMs: number): void {
    tenant.running -= 1;
    this.#running -= 1;
    tenant.usedMs += ranMs + CALL_MS;
    this.#forget(tenant);
  }

  /** Nobody owes anything to an idle pool, and what was paid for need not be remembered. */
  #forget(tenant: Tenant<Item>): void {
    if (this.size === 0 && this.#running === 0) {
      this.#tenants.clear();
      this.#servedMs = 0;
    } else if (tenant.waiting.size === 0 && tenant.running === 0 && (tenant.usedMs <= this.#servedMs || this.#tenants.size > MAX_REMEMBERED)) {
      this.#tenants.delete(tenant.name);
    }
  }
}
