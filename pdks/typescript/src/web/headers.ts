/**
 * `Headers`.
 * Source: https://fetch.spec.whatwg.org/#headers-class
 */

/** What headers can be made of. */
export type HeadersInit = Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

/** Header fields by name, whose case does not matter. */
export class Headers {
  readonly #fields: Map<string, string[]> = new Map();

  constructor(init?: HeadersInit) {
    if (init === undefined || init === null) return;
    const pairs = Symbol.iterator in init ? init : Object.entries(init);
    for (const [name, value] of pairs) this.append(name, value);
  }

  append(name: string, value: string): void {
    const key = normalName(name);
    const values = this.#fields.get(key);
    if (values === undefined) this.#fields.set(key, [normalValue(name, value)]);
    else values.push(normalValue(name, value));
  }
  delete(name: string): void { this.#fields.delete(normalName(name)); }
  // null is what the standard says.
  get(name: string): string | null { return this.#fields.get(normalName(name))?.join(", ") ?? null; }
  getSetCookie(): string[] { return [...(this.#fields.get("set-cookie") ?? [])]; }
  has(name: string): boolean { return this.#fields.has(normalName(name)); }
  set(name: string, value: string): void { this.#fields.set(normalName(name), [normalValue(name, value)]); }
  forEach(callback: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }
  *entries(): IterableIterator<[string, string]> {
    for (const name of [...this.#fields.keys()].sort()) {
      const values = this.#fields.get(name) ?? [];
      if (name === "set-cookie") for (const value of values) yield [name, value];
      else yield [name, values.join(", ")];
    }
  }
  *keys(): IterableIterator<string> { for (const [name] of this.entries()) yield name; }
  *values(): IterableIterator<string> { for (const [, value] of this.entries()) yield value; }
  [Symbol.iterator](): IterableIterator<[string, string]> { return this.entries(); }
  get [Symbol.toStringTag](): string { return "Headers"; }
}

function normalName(name: string): string {
  const text = String(name);
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)) throw new TypeError(`Cannot use "${text}" as a header name: it has a character that is not allowed`);
  return text.toLowerCase();
}

function normalValue(name: string, value: string): string {
  const text = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  if (/[\0\r\n]/.test(text)) throw new TypeError(`Cannot use the value of header "${name}": it has a line break or a zero byte`);
  return text;
}
