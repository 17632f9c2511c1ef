/** A cache of what is done or under way, bounded by bytes: what was not asked for the longest goes first. */

interface Entry<Value> {
  readonly value: Promise<Value>;
  /** `undefined` while it is under way. */
  bytes: number | undefined;
}

/** Values by key, the least recently used dropped first. A failure is not kept. */
export class Kept<Value> {
  /** Oldest first; a `Map` keeps the order in which keys were added. */
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #maxBytes: number;
  #bytes = 0;

  /** @param maxBytes What all values together may weigh; one alone may weigh more. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Finds a value, or makes it.
   *
   * @param key Its key.
   * @param make Makes it; what it throws goes to all who asked meanwhile, and to nobody after.
   * @param weigh Says how many bytes it weighs once it is there.
   */
  async get(key: string, make: () => Promise<Value>, weigh: (value: Value) => number): Promise<Value> {
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, found);
      return await found.value;
    }
    const entry: Entry<Value> = { value: make(), bytes: undefined };
    this.#entries.set(key, entry);
    try {
      const value = await entry.value;
      entry.bytes = weigh(value);
      this.#bytes += entry.bytes;
      this.#shrink();
      return value;
    } catch (failure) {
      this.#entries.delete(key);
      throw failure;
    }
  }

  #shrink(): void {
    for (const [key, { bytes }] of this.#entries) {
      if (this.#bytes <= this.#maxBytes || this.#bytes === bytes) break;
      if (bytes === undefined) continue;
      this.#bytes -= bytes;
      this.#entries.delete(key);
    }
  }
}
