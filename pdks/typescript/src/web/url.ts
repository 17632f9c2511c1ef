/**
 * `URL` and `URLSearchParams`.
 * Source: https://url.spec.whatwg.org/#api
 */
import { parseForm, percentEncode, serializeForm, FRAGMENT } from "./percent.ts";
import { encodeQuery, encodeUserinfo, isSpecial, parseUrl, serializePath, serializeUrl, setHost, setPath, setPort, type UrlRecord } from "./url-record.ts";

/** A URL, parsed; setting a part changes the whole. */
export class URL {
  readonly #record: UrlRecord;
  #params: URLSearchParams | undefined;

  constructor(url: string | URL, base?: string | URL) {
    const parsed = parse(url, base);
    if (parsed === undefined) throw new TypeError(`Invalid URL: "${String(url)}"${base === undefined ? "" : ` relative to "${String(base)}"`}`);
    this.#record = parsed;
  }

  static canParse(url: string | URL, base?: string | URL): boolean {
    return parse(url, base) !== undefined;
  }

  // null is what the standard says.
  static parse(url: string | URL, base?: string | URL): URL | null {
    return URL.canParse(url, base) ? new URL(url, base) : null;
  }

  get href(): string { return serializeUrl(this.#record); }
  set href(value: string) {
    const parsed = parseUrl(String(value));
    if (parsed === undefined) throw new TypeError(`Invalid URL: "${String(value)}"`);
    Object.assign(this.#record, parsed);
    this.#update();
  }

  get origin(): string {
    const { scheme, host, port, path } = this.#record;
    if (scheme === "blob:" && typeof path === "string") {
      const inner = parseUrl(path);
      return inner !== undefined && /^https?:$/.test(inner.scheme) ? new URL(path).origin : "null";
    }
    return isSpecial(scheme) && scheme !== "file:" ? `${scheme}//${host}${port === undefined ? "" : `:${port}`}` : "null";
  }

  get protocol(): string { return this.#record.scheme; }
  set protocol(value: string) {
    const scheme = /^([a-z][a-z0-9+\-.]*)(:|$)/i.exec(String(value))?.[1]?.toLowerCase();
    const record = this.#record;
    if (scheme === undefined || isSpecial(`${scheme}:`) !== isSpecial(record.scheme)) return;
    if (scheme === "file" && (record.username !== "" || record.password !== "" || record.port !== undefined)) return;
    if (record.scheme === "file:" && record.host === "") return;
    record.scheme = `${scheme}:`;
    if (record.port !== undefined) setPort(record, String(record.port));
  }

  get username(): string { return this.#record.username; }
  set username(value: string) { if (this.#hasAuthority()) this.#record.username = encodeUserinfo(String(value)); }
  get password(): string { return this.#record.password; }
  set password(value: string) { if (this.#hasAuthority()) this.#record.password = encodeUserinfo(String(value)); }

  get host(): string {
    const { host, port } = this.#record;
    return host === undefined ? "" : host + (port === undefined ? "" : `:${port}`);
  }
  set host(value: string) { if (typeof this.#record.path !== "string") setHost(this.#record, String(value), true); }
  get hostname(): string { return this.#record.host ?? ""; }
  set hostname(value: string) { if (typeof this.#record.path !== "string") setHost(this.#record, String(value), false); }
  get port(): string { return this.#record.port === undefined ? "" : String(this.#record.port); }
  set port(value: string) {
    if (!this.#hasAuthority()) return;
    if (String(value) === "") this.#record.port = undefined;
    else setPort(this.#record, String(value));
  }

  get pathname(): string { return serializePath(this.#record); }
  set pathname(value: string) { if (typeof this.#record.path !== "string") setPath(this.#record, String(value)); }
  get search(): string { return this.#record.query === undefined || this.#record.query === "" ? "" : `?${this.#record.query}`; }
  set search(value: string) {
    const text = String(value).replace(/^\?/, "");
    this.#record.query = String(value) === "" ? undefined : encodeQuery(this.#record, text);
    this.#update();
  }
  get hash(): string { return this.#record.fragment === undefined || this.#record.fragment === "" ? "" : `#${this.#record.fragment}`; }
  set hash(value: string) { this.#record.fragment = String(value) === "" ? undefined : percentEncode(String(value).replace(/^#/, ""), FRAGMENT); }

  get searchParams(): URLSearchParams {
    this.#params ??= connected(this.#record.query ?? "", (query) => { this.#record.query = query === "" ? undefined : query; });
    return this.#params;
  }

  toString(): string { return this.href; }
  toJSON(): string { return this.href; }
  get [Symbol.toStringTag](): string { return "URL"; }

  #hasAuthority(): boolean {
    const { host, scheme } = this.#record;
    return host !== undefined && host !== "" && scheme !== "file:";
  }

  #update(): void {
    if (this.#params !== undefined) replace(this.#params, this.#record.query ?? "");
  }
}

let connected: (query: string, changed: (query: string) => void) => URLSearchParams;
let replace: (params: URLSearchParams, query: string) => void;

/** The pairs of a query. */
export class URLSearchParams {
  #pairs: [string, string][] = [];
  #changed: ((query: string) => void) | undefined;

  static {
    connected = (query, changed) => {
      const params = new URLSearchParams(query);
      params.#changed = changed;
      return params;
    };
    replace = (params, query) => { params.#pairs = parseForm(query); };
  }

  constructor(init: string | Iterable<readonly [string, string]> | Readonly<Record<string, string>> = "") {
    if (typeof init === "string") this.#pairs = parseForm(init.replace(/^\?/, ""));
    else if (Symbol.iterator in init) {
      for (const pair of init) {
        const [name, value, ...more] = [...pair];
        if (name === undefined || value === undefined || more.length > 0) throw new TypeError("Cannot read query pairs: each must have a name and a value");
        this.#pairs.push([wellFormed(name), wellFormed(value)]);
      }
    } else for (const [name, value] of Object.entries(init)) this.#pairs.push([wellFormed(name), wellFormed(value)]);
  }

  get size(): number { return this.#pairs.length; }
  append(name: string, value: string): void {
    this.#pairs.push([wellFormed(name), wellFormed(value)]);
    this.#change();
  }
  delete(name: string, value?: string): void {
    this.#pairs = this.#pairs.filter(([key, item]) => key !== String(name) || (value !== undefined && item !== String(value)));
    this.#change();
  }
  // null is what the standard says.
  get(name: string): string | null { return this.#pairs.find(([key]) => key === String(name))?.[1] ?? null; }
  getAll(name: string): string[] { return this.#pairs.filter(([key]) => key === String(name)).map(([, value]) => value); }
  has(name: string, value?: string): boolean { return this.#pairs.some(([key, item]) => key === String(name) && (value === undefined || item === String(value))); }
  set(name: string, value: string): void {
    const at = this.#pairs.findIndex(([key]) => key === String(name));
    const pair: [string, string] = [wellFormed(name), wellFormed(value)];
    if (at < 0) this.#pairs.push(pair);
    else this.#pairs = this.#pairs.filter(([key], index) => index <= at || key !== pair[0]).map((item, index) => (index === at ? pair : item));
    this.#change();
  }
  sort(): void {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#change();
  }
  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, self?: unknown): void {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }
  *entries(): IterableIterator<[string, string]> { for (let i = 0; i < this.#pairs.length; i++) yield [...(this.#pairs[i] as [string, string])]; }
  *keys(): IterableIterator<string> { for (const [name] of this.entries()) yield name; }
  *values(): IterableIterator<string> { for (const [, value] of this.entries()) yield value; }
  [Symbol.iterator](): IterableIterator<[string, string]> { return this.entries(); }
  toString(): string { return serializeForm(this.#pairs); }
  get [Symbol.toStringTag](): string { return "URLSearchParams"; }

  #change(): void {
    this.#changed?.(this.toString());
  }
}

function parse(url: string | URL, base: string | URL | undefined): UrlRecord | undefined {
  const baseRecord = base === undefined ? undefined : parseUrl(String(base));
  if (base !== undefined && baseRecord === undefined) return undefined;
  return parseUrl(String(url), baseRecord);
}

function wellFormed(value: unknown): string {
  return String(value).toWellFormed();
}
