/**
 * What the embedder says about HTTP, and the one frozen form it is turned into at the edge.
 */

import { PluginError, type FailureCode } from "../error.ts";
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
  /** Bytes of a request's body; 0 allows none. Default 50 MiB. */
  readonly maxRequestBytes?: number;
  /** Bytes of a response's body, decompressed; 0 allows none. Default 50 MiB. */
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
  /** Sees every request and verdict, each hop. What it throws fails the request. */
  readonly audit?: (event: HttpAuditEvent) => void;
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
  readonly audit: (event: HttpAuditEvent) => void;
}

const FIELDS: ReadonlySet<string> = new Set<keyof HttpOptions>([
  ...(["hosts", "privateHosts", "fetch", "resolve", "maxRequestBytes", "maxResponseBytes"] as const),
  ...(["maxRedirects", "allowResponseHeaders", "secrets", "audit"] as const),
]);
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
  const given = requireObject(options, path);
  const unknown = Object.keys(given).find((key) => !FIELDS.has(key));
  if (unknown !== undefined) throw invalid(`${path}.${unknown}`, `one of ${[...FIELDS].join(", ")}`);
  const { fetch, resolve, audit, allowResponseHeaders = false } = options;
  for (const [name, value] of Object.entries({ fetch, resolve, audit })) {
    if (value !== undefined && typeof value !== "function") throw invalid(`${path}.${name}`, "a function");
  }
  if (typeof allowResponseHeaders !== "boolean") throw invalid(`${path}.allowResponseHeaders`, "a boolean");
  return Object.freeze({
    rules: parseRules(options.hosts ?? [], `${path}.hosts`),
    privateHosts: parsePrivateHosts(options.privateHosts ?? [], `${path}.privateHosts`),
    send: fetch === undefined ? platform.send : fetchSender(fetch),
    resolve: resolve ?? platform.resolve,
    maxRequestBytes: parseCount(options.maxRequestBytes, DEFAULT_MAX_REQUEST_BYTES, `${path}.maxRequestBytes`),
    maxResponseBytes: parseCount(options.maxResponseBytes, DEFAULT_MAX_RESPONSE_BYTES, `${path}.maxResponseBytes`),
    maxRedirects: parseCount(options.maxRedirects, DEFAULT_MAX_REDIRECTS, `${path}.maxRedirects`),
    allowResponseHeaders,
    secrets: parseSecrets(options.secrets ?? {}, `${path}.secrets`),
    audit: audit ?? (() => undefined),
  });
}

/**
 * Parses a list of host patterns, of the options or of a manifest's `allowed_hosts`.
 *
 * @param hosts Patterns in the syntax of `rules.ts`.
 * @param path Where the list stands, for errors.
 * @returns One rule for each.
 * @throws {PluginError} `manifest/invalid` for the first that is not in that syntax.
 */
export function parseRules(hosts: unknown, path: string): readonly Rule[] {
  return requireArray(hosts, path).map((pattern, index) => parseRule(pattern, `${path}[${index}]`));
}

function parsePrivateHosts(hosts: unknown, path: string): ReadonlySet<string> {
  const rules = requireArray(hosts, path).map((host, index) => {
    const rule = parseRule(host, `${path}[${index}]`);
    const isBare = rule.isExact && rule.method === undefined && rule.scheme === undefined && rule.port === undefined;
    if (!isBare) throw invalid(`${path}[${index}]`, "a host name without method, scheme, port and wildcard");
    return rule;
  });
  return new Set(rules.map((rule) => rule.host));
}

function parseSecrets(secrets: unknown, path: string): HttpPolicy["secrets"] {
  return Object.entries(requireObject(secrets, path)).map(([pattern, entry]) => {
    const at = `${path}[${JSON.stringify(pattern)}]`;
    const rule = parseRule(pattern, at);
    if (rule.host === "*") throw invalid(at, "a pattern that names a host: a secret for every host is none");
    const fields = requireObject(entry, at);
    const unknown = Object.keys(fields).find((key) => key !== "headers");
    if (unknown !== undefined) throw invalid(`${at}.${unknown}`, `only "headers"`);
    const headers = Object.entries(requireObject(fields["headers"], `${at}.headers`)).map(([name, value]): Header => {
      if (!isSecretName(name)) throw invalid(`${at}.headers`, `names of headers that the host does not set itself`);
      if (!isHeaderValue(value)) throw invalid(`${at}.headers.${name}`, "a text without line breaks");
      return [name.toLowerCase(), value.trim()];
    });
    const isEncrypted = rule.scheme === undefined && !LOOPBACK.test(rule.host);
    return { rule: isEncrypted ? { ...rule, scheme: "https" } : rule, headers };
  });
}

function parseCount(value: unknown, fallback: number, path: string): number {
  if (value === undefined) return fallback;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw invalid(path, "a whole number from 0 up");
  return value;
}

function requireObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(path, "an object");
  return value as Readonly<Record<string, unknown>>;
}

function requireArray(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(path, "an array of texts");
  return value;
}

function invalid(path: string, expected: string): PluginError {
  return new PluginError("manifest/invalid", `Cannot use "${path}": it has the wrong form, expected ${expected}`, { path, expected });
}
