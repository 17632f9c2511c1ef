/**
 * What the embedder says about HTTP, and the one frozen form it is turned into at the edge.
 */

import { PluginError, type FailureCode } from "../error.ts";
import { failField, readArray, readCount, readFields, readString, type Field } from "../source/fields.ts";
import { isHeaderValue, isSecretName, type Header } from "./headers.ts";
import { fetchSender, WEB_HTTP, type HttpPlatform, type Resolve, type Sender } from "./hop.ts";
import { DEFAULT_MAX_REDIRECTS, DEFAULT_MAX_REQUEST_BYTES, DEFAULT_MAX_RESPONSE_BYTES } from "./limits.ts";
import { parseRule, type Rule } from "./rules.ts";
import type { Access } from "./target.ts";

/** One thing that happened to a request of a plug-in. It carries no header values, hence no secrets. */
export type HttpAuditEvent = {
  /** 0 for the plug-in's own request, then one more for each redirect. */
  readonly hop: number;
  /** Upper case; empty if the request was not readable. */
  readonly method: string;
  /** Empty if the request was not readable. */
  readonly url: string;
} & (
  | { readonly kind: "allowed"; /** Names of the secret headers that go with it. */ readonly secrets: readonly string[] }
  | { readonly kind: "answered"; readonly status: number; /** 0 for a redirect, whose body is not read. */ readonly bodyBytes: number }
  | { readonly kind: "refused" | "failed"; readonly code: FailureCode; readonly message: string }
);

/** HTTP as the embedder grants it to a plug-in. */
export interface HttpOptions {
  /** Patterns of allowed requests, in the syntax of `rules.ts`. None by default: nothing is allowed. */
  readonly hosts?: readonly string[];
  /** Exact names that may resolve to addresses off the public internet. They must be allowed by `hosts` as well. */
  readonly privateHosts?: readonly string[];
  /** Sends the requests instead of the platform. It must honour `redirect: "manual"` and the signal. */
  readonly fetch?: typeof globalThis.fetch;
  /** Resolves names instead of the platform. */
  readonly resolve?: Resolve;
  /** Bytes of a request's body; 0 allows none, `Infinity` any. Default 50 MiB. */
  readonly maxRequestBytes?: number;
  /** Bytes of a response's body, decompressed; 0 allows none, `Infinity` any. Default 50 MiB. */
  readonly maxResponseBytes?: number;
  /** Redirects followed for one request; the next one fails it. Default 10. */
  readonly maxRedirects?: number;
  /** Whether the plug-in sees the headers of responses. Default `false`. */
  readonly allowResponseHeaders?: boolean;
  /**
   * Headers that are added outside, by pattern; of several that match, the last wins. A pattern without scheme means
   * https, except for loopback hosts. They are dropped for good when a redirect leaves the origin.
   */
  readonly secrets?: Readonly<Record<string, { readonly headers: Readonly<Record<string, string>> }>>;
  /**
   * Sees every request and verdict, each hop. What it throws, or its promise is rejected with, fails the request; nothing is
   * sent before a promise for `"allowed"` is fulfilled.
   */
  readonly audit?: (event: HttpAuditEvent) => unknown;
}

/** {@link HttpOptions}, checked and complete. */
export interface HttpPolicy extends Access {
  readonly send: Sender;
  readonly resolve: Resolve | undefined;
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
  readonly maxRedirects: number;
  readonly allowResponseHeaders: boolean;
  readonly secrets: readonly { readonly rule: Rule; readonly headers: readonly Header[] }[];
  readonly audit: (event: HttpAuditEvent) => unknown;
}

const FIELDS = [
  ...(["hosts", "privateHosts", "fetch", "resolve", "maxRequestBytes", "maxResponseBytes"] as const),
  ...(["maxRedirects", "allowResponseHeaders", "secrets", "audit"] as const),
] as const satisfies readonly (keyof HttpOptions)[];
const LOOPBACK = /^(?:(?:.*\.)?localhost|127\.[0-9.]+|\[::1\])$/;

/**
 * Checks the embedder's options once and brings them to their one form.
 *
 * @param options What the embedder wrote.
 * @param path Where that stands in its options, for errors.
 * @param platform What sends and resolves, unless the options say.
 * @returns The policy that {@link sendRequest} takes; it may serve any number of plug-ins.
 * @throws {PluginError} `manifest/invalid` with the path of the first field that is unknown or has the wrong form. It
 *   never quotes a secret.
 */
export function parseHttpOptions(options: HttpOptions, path = "http", platform: HttpPlatform = WEB_HTTP): HttpPolicy {
  const fields = readFields(options, path, FIELDS);
  const get = <Value>(name: (typeof FIELDS)[number], read: (field: Field) => Value): Value | undefined => {
    const field = fields.get(name);
    return field && read(field);
  };
  const fetch = get("fetch", readFunction) as HttpOptions["fetch"];
  return Object.freeze({
    rules: get("hosts", readRules) ?? [],
    privateHosts: get("privateHosts", readPrivateHosts) ?? new Set<string>(),
    send: fetch === undefined ? platform.send : fetchSender(fetch),
    resolve: (get("resolve", readFunction) as HttpOptions["resolve"]) ?? platform.resolve,
    maxRequestBytes: get("maxRequestBytes", readLimit) ?? DEFAULT_MAX_REQUEST_BYTES,
    maxResponseBytes: get("maxResponseBytes", readLimit) ?? DEFAULT_MAX_RESPONSE_BYTES,
    maxRedirects: get("maxRedirects", readLimit) ?? DEFAULT_MAX_REDIRECTS,
    allowResponseHeaders: get("allowResponseHeaders", readBoolean) ?? false,
    secrets: get("secrets", readSecrets) ?? [],
    audit: (get("audit", readFunction) as HttpOptions["audit"]) ?? (() => undefined),
  });
}

function readRules(field: Field): readonly Rule[] {
  return readArray(field).map(({ value, path }) => parseRule(value, path));
}

function readPrivateHosts(field: Field): ReadonlySet<string> {
  const hosts = readArray(field).map((item) => {
    const rule = parseRule(readString(item), item.path);
    const isBare = rule.isExact && rule.method === undefined && rule.scheme === undefined && rule.port === undefined;
    return isBare ? rule.host : failField(item.path, "a host name without method, scheme, port and wildcard", item.value);
  });
  return new Set(hosts);
}

/** Its own checks, and not those of `fields.ts`: a message about a secret must not quote what is there. */
function readSecrets({ path, value }: Field): HttpPolicy["secrets"] {
  return Object.entries(requireObject(value, path)).map(([pattern, entry]) => {
    const at = `${path}[${JSON.stringify(pattern)}]`;
    const rule = parseRule(pattern, at);
    if (rule.host === "*") throw invalid(at, "a pattern that names a host: a secret for every host is none");
    const { headers, ...others } = requireObject(entry, at);
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw invalid(`${at}.${unknown}`, `only "headers"`);
    const isEncrypted = rule.scheme === undefined && !LOOPBACK.test(rule.host);
    return { rule: isEncrypted ? { ...rule, scheme: "https" } : rule, headers: readSecretHeaders(headers, `${at}.headers`) };
  });
}

function readSecretHeaders(value: unknown, path: string): readonly Header[] {
  return Object.entries(requireObject(value, path)).map(([name, text]): Header => {
    if (!isSecretName(name)) throw invalid(path, "names of headers that the host does not set itself");
    if (!isHeaderValue(text)) throw invalid(`${path}.${name}`, "a text without line breaks");
    return [name.toLowerCase(), text.trim()];
  });
}

function readLimit(field: Field): number {
  return field.value === Number.POSITIVE_INFINITY ? field.value : readCount(field, Number.MAX_SAFE_INTEGER);
}

function readBoolean({ path, value }: Field): boolean {
  return typeof value === "boolean" ? value : failField(path, "true or false", value);
}

function readFunction({ path, value }: Field): unknown {
  return typeof value === "function" ? value : failField(path, "a function", value);
}

function requireObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(path, "an object");
  return value as Readonly<Record<string, unknown>>;
}

function invalid(path: string, expected: string): PluginError {
  return new PluginError("manifest/invalid", `Cannot read "${path}": expected ${expected}, found something else`, { path, expected });
}
