/**
 * The patterns that say which requests are allowed: their syntax, and what each matches.
 *
 *     GET https://*.example.com:8443
 *     └┬┘ └─┬─┘   └─────┬─────┘ └┬─┘
 *   method  scheme     host     port      all but the host may be left out
 *
 * A pattern without method matches every method. With a scheme and no port it matches that scheme's own port. With
 * neither it matches http and https on 80, 443 and every port from 1024 up, so that a bare host means what it means in
 * the `allowed_hosts` of an Extism manifest, without handing out mail and shell servers. In a host, a leading `*.`
 * stands for one or more labels (never for none) and any other `*` for characters inside one label; the last label
 * takes no `*`. `*` alone is every public host. There are no paths and no negations: what is not matched is refused.
 *
 * Addresses are not looked at here; see `target.ts`.
 */

import { PluginError } from "../error.ts";
import { MAX_HOST_CHARACTERS } from "./limits.ts";

/** What a request is aimed at, in the one normal form that patterns are compared with. */
export interface Target {
  /** Upper case. */
  readonly method: string;
  readonly scheme: "http" | "https";
  /** Lower case, punycode, no trailing dot; IPv6 in brackets. */
  readonly host: string;
  readonly port: number;
}

/** A parsed pattern. */
export interface Rule {
  readonly method: string | undefined;
  readonly scheme: "http" | "https" | undefined;
  /** As in {@link Target}, or with wildcards. */
  readonly host: string;
  readonly port: number | undefined;
  /** Whether the host has no wildcard. */
  readonly isExact: boolean;
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const;
const PATTERN = /^(?:([A-Z]+) )?(?:(https?):\/\/)?(\[[0-9a-fA-F:.]+\]|[^\s/?#@\\%:[\]]+)(?::([0-9]{1,5}))?$/;
const LABEL = /^[a-z0-9_-]+$/;
const SYNTAX = `[METHOD ][http:// or https://]host[:port], with "*" alone, "*." in front or one "*" inside a label that is not the last`;

/**
 * Parses one pattern.
 *
 * @param pattern Text in the syntax above.
 * @param path Where the text stands in the options, for the error.
 * @returns The rule.
 * @throws {PluginError} `manifest/invalid` if it is not in that syntax.
 */
export function parseRule(pattern: unknown, path: string): Rule {
  const match = typeof pattern === "string" ? PATTERN.exec(pattern) : undefined;
  const [, method, scheme, hostText = "", portText] = match ?? [];
  const host = match ? normalizePatternHost(hostText) : undefined;
  const port = portText === undefined ? undefined : Number(portText);
  if (host === undefined || !isPatternHost(host) || (port !== undefined && (port < 1 || port > 65_535))) {
    const shown = typeof pattern === "string" ? JSON.stringify(pattern) : `a value of type ${typeof pattern}`;
    throw new PluginError("manifest/invalid", `Cannot read the host pattern at "${path}": it is ${shown}, expected ${SYNTAX}`, {
      path,
      expected: SYNTAX,
    });
  }
  return { method, scheme: scheme as Rule["scheme"], host, port, isExact: !host.includes("*") };
}

/**
 * Tells whether a rule matches a request.
 *
 * @param rule A parsed pattern.
 * @param target What the request is aimed at.
 * @returns Whether method, scheme, host and port all match.
 */
export function matchesRule(rule: Rule, target: Target): boolean {
  return (
    (rule.method === undefined || rule.method === target.method) &&
    (rule.scheme === undefined || rule.scheme === target.scheme) &&
    matchesPort(rule, target.port) &&
    matchesHost(rule, target.host)
  );
}

/**
 * Brings a host to the form of {@link Target}.
 *
 * @param text A host as a URL has it, IPv6 in brackets.
 * @returns The normal form, or `undefined` if a URL cannot have this host.
 */
export function normalizeHost(text: string): string | undefined {
  if (!URL.canParse(`http://${text}/`)) return undefined;
  const { hostname } = new URL(`http://${text}/`);
  return hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
}

/**
 * Tells whether a normal host is an address or a name that DNS can carry.
 *
 * @param host A host from {@link normalizeHost}.
 * @returns `false` for empty labels, for characters that no name has, and for names that are too long.
 */
export function isWellFormedHost(host: string): boolean {
  return host.startsWith("[") || (host.length <= MAX_HOST_CHARACTERS && host.split(".").every((label) => LABEL.test(label)));
}

/** Stands for `*` while the URL parser looks; a pattern that has both is refused. It ends with nothing that it begins with. */
const MARK = "wzzanyzz";

/**
 * A wildcard must stand there as such: `*.` without its dot would be everything, and Unicode has a second asterisk. Browsers
 * refuse a host with `*`, so a mark stands for it while the URL parser looks at the rest.
 */
function normalizePatternHost(text: string): string | undefined {
  if (text === "*") return text;
  const host = normalizeHost(text.replaceAll("*", MARK));
  if (host === undefined || host.includes("*") || host === MARK || host.split(MARK).length !== text.split("*").length) return undefined;
  return host.replaceAll(MARK, "*");
}

function isPatternHost(host: string): boolean {
  if (host === "*" || !host.includes("*")) return isWellFormedHost(host.replace("*", "any"));
  const labels = host.split(".");
  return (
    !labels.at(-1)?.includes("*") &&
    // A `*` inside a punycode label would match the encoding, not what it stands for.
    labels.every((label) => label.split("*").length <= 2 && !(label.includes("*") && label.startsWith("xn--"))) &&
    isWellFormedHost(host.replaceAll("*", "x"))
  );
}

function matchesPort({ port, scheme }: Rule, actual: number): boolean {
  if (port !== undefined) return port === actual;
  if (scheme !== undefined) return DEFAULT_PORTS[scheme] === actual;
  return actual >= 1024 || actual === DEFAULT_PORTS.http || actual === DEFAULT_PORTS.https;
}

function matchesHost({ host, isExact }: Rule, actual: string): boolean {
  if (isExact) return host === actual;
  if (host === "*") return true;
  // No address gets past this: the last label of a pattern is never a number, and one in brackets has no dots.
  const wanted = host.split(".");
  let labels = actual.split(".");
  if (wanted[0] === "*") {
    wanted.shift();
    if (labels.length <= wanted.length) return false;
    labels = labels.slice(-wanted.length);
  }
  return labels.length === wanted.length && wanted.every((label, index) => matchesLabel(label, labels[index] ?? ""));
}

function matchesLabel(wanted: string, actual: string): boolean {
  const [start = "", end] = wanted.split("*");
  if (end === undefined) return wanted === actual;
  return actual.length >= start.length + end.length && actual.startsWith(start) && actual.endsWith(end);
}
