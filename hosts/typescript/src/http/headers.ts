/**
 * Headers in both directions: which a plug-in may set, which survive a redirect, and what it sees of a response.
 *
 * One rule for requests: what the Fetch standard forbids to scripts is not a plug-in's to set. Of those, the headers
 * that only describe the transfer are left out, because the host works them out itself and libraries set them without
 * being asked; the others would claim an identity or slip past a rule, and refuse the request.
 *
 * Source: https://fetch.spec.whatwg.org/#forbidden-request-header
 */

import { PluginError } from "../error.ts";
import { MAX_REQUEST_HEADERS } from "./limits.ts";

/** A header's name in lower case, and its value. */
export type Header = readonly [name: string, value: string];

/** Headers of a response: names in lower case; only `set-cookie` is ever an array, when there are several. */
export type ResponseHeaders = Readonly<Record<string, string | string[]>>;

const TRANSFER = new Set([
  ...["accept-encoding", "connection", "content-length", "date", "expect", "host", "keep-alive"],
  ...["te", "trailer", "transfer-encoding", "upgrade"],
]);
const REFUSED = new Set([
  ...["access-control-request-headers", "access-control-request-method", "access-control-request-private-network"],
  ...["cookie", "cookie2", "dnt", "origin", "referer", "set-cookie", "via"],
  // Settings of HTTP/2 for whoever upgrades, which a plug-in cannot ask for. Source: https://httpwg.org/specs/rfc7540.html#Http2SettingsHeader
  "http2-settings",
  // A server that runs scripts by CGI hands this to them as HTTP_PROXY, and they send their requests there. Source: https://httpoxy.org/
  "proxy",
  // A server that honours these runs another method than the one the rules were asked about.
  ...["x-http-method", "x-http-method-override", "x-method-override"],
]);
const REFUSED_PREFIXES = ["proxy-", "sec-"] as const;

/** What another origin may still see of a request: how to answer, never who asks. */
const CARRIED = new Set(["accept", "accept-language", "content-language", "content-type", "range", "user-agent"]);
const BODY = new Set(["content-encoding", "content-language", "content-location", "content-type"]);

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
// Visible ASCII and Latin-1, spaces and tabs: no line break, no NUL, nothing that an encoder would have to guess.
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Checks the headers that a plug-in asks for.
 *
 * @param headers Names and values as the plug-in wrote them.
 * @returns The headers to send, names in lower case, in the same order, without those of the transfer.
 * @throws {PluginError} `http/invalid-request` for a bad name or value, a header that is not the plug-in's to set, or
 *   more than {@link MAX_REQUEST_HEADERS}.
 */
export function parseRequestHeaders(headers: Readonly<Record<string, unknown>>): readonly Header[] {
  const entries = Object.entries(headers);
  if (entries.length > MAX_REQUEST_HEADERS) {
    throw invalid("headers", `at most ${MAX_REQUEST_HEADERS} headers`, `there are ${entries.length}`);
  }
  const parsed: Header[] = [];
  for (const [name, value] of entries) {
    if (!NAME.test(name)) throw invalid("headers", "names that HTTP allows", `one is ${JSON.stringify(name.slice(0, 64))}`);
    const field = `headers.${name}`;
    const key = name.toLowerCase();
    if (REFUSED.has(key) || REFUSED_PREFIXES.some((prefix) => key.startsWith(prefix))) {
      throw invalid(field, "a header that plug-ins may set", `plug-ins may not set "${key}"`);
    }
    // The value is not quoted: it may be a credential, and messages end up in logs.
    if (!isHeaderValue(value)) throw invalid(field, "a text without line breaks", "the value is something else");
    if (!TRANSFER.has(key)) parsed.push([key, value.trim()]);
  }
  return parsed;
}

/**
 * Tells whether an embedder may add a header of this name.
 *
 * @param name A header name in any case.
 * @returns `false` for what HTTP does not allow and for headers of the transfer.
 */
export function isSecretName(name: string): boolean {
  return NAME.test(name) && !TRANSFER.has(name.toLowerCase());
}

/**
 * Tells whether a value can be sent as a header.
 *
 * @param value Anything.
 * @returns Whether it is text of visible Latin-1, spaces and tabs.
 */
export function isHeaderValue(value: unknown): value is string {
  return typeof value === "string" && VALUE.test(value);
}

/**
 * Drops what must not follow a request to another origin.
 *
 * @param headers Headers of the request before the redirect.
 * @returns Those that say how to answer; credentials go, and so does every header whose meaning is unknown here.
 */
export function withoutCredentials(headers: readonly Header[]): readonly Header[] {
  return headers.filter(([name]) => CARRIED.has(name));
}

/**
 * Drops what described a body that is no longer sent.
 *
 * @param headers Headers of the request before the redirect.
 * @returns The others.
 */
export function withoutBodyHeaders(headers: readonly Header[]): readonly Header[] {
  return headers.filter(([name]) => !BODY.has(name));
}

/**
 * Gathers the headers of a response for the plug-in.
 *
 * @param headers Names in any case, repeated as often as the server sent them.
 * @returns A frozen object without prototype, so that a server's `__proto__` or `constructor` is a name like others.
 */
export function collectResponseHeaders(headers: Iterable<Header>): ResponseHeaders {
  const collected = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const earlier = collected[key];
    if (earlier === undefined) collected[key] = value;
    else if (key === "set-cookie") collected[key] = [...(typeof earlier === "string" ? [earlier] : earlier), value];
    else collected[key] = `${String(earlier)}, ${value}`;
  }
  return Object.freeze(collected);
}

function invalid(field: string, expected: string, state: string): PluginError {
  return new PluginError("http/invalid-request", `Cannot send the request: ${state} at "${field}", expected ${expected}`, {
    field,
    expected,
  });
}
