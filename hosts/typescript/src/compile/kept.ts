/** A cache of what is done or under way, bounded by bytes: what was not asked for the longest goes first. */

type Content = Uint8Array<ArrayBuffer>;

/** The most bytes that wait for their key. */
const MAX_COPIED_BYTES = 262_144;

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
  /** Gives the first value its key. */
  #keepFirst: (() => Promise<void>) | undefined;

  /** @param maxBytes What all values together may weigh; one alone may weigh more. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Finds a value, or makes it.
   *
   * @param content What the value is made of; it may change once the value is there.
   * @param key Makes its key from the content. That of the first value is made when a second one is asked for: most
   *   programs have but one, and hashing begins with loading what hashes.
   * @param make Makes it; what it throws goes to all who asked meanwhile, and to nobody after.
   * @param weigh Says how many bytes it weighs once it is there.
   */
  async get(content: Content, key: (content: Content) => Promise<string>, make: () => Promise<Value>, weigh: (value: Value) => number): Promise<Value> {
    if (this.#keepFirst === undefined && content.length <= MAX_COPIED_BYTES) {
      const copy = content.slice();
      const value = make();
      this.#keepFirst = () => {
        const kept = key(copy).then((name) => void this.#keep(name, value, weigh), () => undefined);
        this.#keepFirst = () => kept; // and neither the copy nor the value any longer
        return kept;
      };
      return await value;
    }
    await this.#keepFirst?.();
    const name = await key(content);
    const found = this.#entries.get(name);
    if (found === undefined) {
      const value = make();
      void this.#keep(name, value, weigh);
      return await value;
    }
    this.#entries.delete(name);
    this.#entries.set(name, found);
    return await found.value;
  }

  async #keep(name: string, value: Promise<Value>, weigh: (value: Value) => number): Promise<void> {
    const entry: Entry<Value> = { value, bytes: undefined };
    this.#entries.set(name, entry);
    try {
      entry.bytes = weigh(await value);
    } catch {
      this.#entries.delete(name); // who asked for it hears why
      return;
    }
    this.#bytes += entry.bytes;
    this.#shrink();
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
