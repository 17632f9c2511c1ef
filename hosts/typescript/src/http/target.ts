/**
 * The verdict: may this method be sent to this URL, and may the connection go to these addresses?
 *
 * A host must match a rule. Besides, it must be on the public internet, unless the embedder named it:
 *
 *   what the URL says                         may lead into a private network if
 *   an address, `10.0.0.5`                    an exact rule lists it
 *   a name of private networks, `db`, `x.internal`   an exact rule lists it
 *   any other name, `api.example.com`         `privateHosts` lists it, or an exact rule lists the address it resolves to
 *
 * The last line is why an exact name alone is not enough: whoever owns `api.example.com` decides where it resolves to,
 * and a plug-in's vendor is the last who should decide that it is `127.0.0.1`.
 */

import { PluginError } from "../error.ts";
import { isPublicAddress, normalizeAddress } from "./address.ts";
import { isWellFormedHost, matchesRule, normalizeHost, type Rule, type Target } from "./rules.ts";

/** What the embedder allows. */
export interface Access {
  readonly rules: readonly Rule[];
  /** Names, in the form of {@link Target}, that may resolve to addresses that are not public. */
  readonly privateHosts: ReadonlySet<string>;
}

/** A URL that passed, in the form in which it is sent. */
export interface Destination {
  readonly target: Target;
  readonly url: URL;
}

/**
 * Names that public DNS never serves: no dot at all, or a top level that is reserved for, or left to, private networks.
 * Sources: RFC 6761, RFC 6762 with its appendix G, RFC 8375, and ICANN's resolution 2024.07.29.06 on `internal`.
 */
const PRIVATE_NAME = /^[^.]+$|\.(?:localhost|local|test|internal|intranet|private|corp|home|lan|home\.arpa)$/;

/**
 * Decides on a method and URL, before any name is resolved.
 *
 * @param access What the embedder allows.
 * @param method Method in upper case.
 * @param url Absolute URL, of the plug-in or of a redirect.
 * @returns The destination, its host without a trailing dot.
 * @throws {PluginError} `http/not-allowed`.
 */
export function checkTarget(access: Access, method: string, url: URL): Destination {
  if (url.protocol !== "https:" && url.protocol !== "http:") throw notAllowed(url, `only http and https are allowed`);
  if (url.username !== "" || url.password !== "") throw notAllowed(url, "its URL has a user name or password");
  const host = normalizeHost(url.hostname);
  if (host === undefined || !isWellFormedHost(host)) throw notAllowed(url, "its host is no name or address");
  const scheme = url.protocol === "https:" ? "https" : "http";
  const port = url.port === "" ? (scheme === "https" ? 443 : 80) : Number(url.port);
  const target: Target = { method, scheme, host, port };
  if (!access.rules.some((rule) => matchesRule(rule, target))) {
    throw notAllowed(url, `no allowed host matches ${method} to "${scheme}://${host}:${port}"`);
  }
  const isPrivate = isAddress(host) ? !isPublicAddress(host) : PRIVATE_NAME.test(host);
  if (isPrivate && !mayBePrivate(access, target)) {
    throw notAllowed(url, `"${host}" is not on the public internet; to allow it, list it without wildcards`);
  }
  const normal = new URL(url);
  normal.hostname = host;
  return { target, url: normal };
}

/**
 * Decides on the addresses that a destination's host resolves to.
 *
 * @param access What the embedder allows.
 * @param destination What {@link checkTarget} returned.
 * @param addresses All addresses of the host, in the order of the resolver.
 * @returns The addresses in canonical form: the only ones that may be connected to.
 * @throws {PluginError} `http/not-allowed` if one of them may not be reached, even if others may; `http/failed` if
 *   there is none.
 */
export function checkAddresses(access: Access, { target, url }: Destination, addresses: readonly string[]): readonly string[] {
  if (addresses.length === 0) {
    throw new PluginError("http/failed", `Cannot fetch ${quoteUrl(url)}: its host has no address`, { url: url.href });
  }
  const isTrusted = mayBePrivate(access, target);
  return addresses.map((text) => {
    const address = normalizeAddress(text);
    if (address === undefined) throw notAllowed(url, "its host resolves to something that is no address");
    if (isTrusted || isPublicAddress(address)) return address;
    const host = address.includes(":") ? `[${address}]` : address;
    if (isListedExactly(access, { ...target, host })) return address;
    throw notAllowed(
      url,
      `its host resolves to "${address}", which is not on the public internet; to allow it, ` +
        `list the name as a private host or the address as a host`,
    );
  });
}

/**
 * Tells whether a host is an address rather than a name.
 *
 * @param host A host in the form of {@link Target}.
 * @returns Whether there is nothing to resolve.
 */
export function isAddress(host: string): boolean {
  return normalizeAddress(host) !== undefined;
}

/**
 * Quotes a URL for a message: plug-ins choose how long it is.
 *
 * @param url A URL, or the text of one.
 * @returns At most 200 characters of it, in quotes, without user name and password.
 */
export function quoteUrl(url: URL): string {
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  return JSON.stringify(shown.href.length > 200 ? `${shown.href.slice(0, 199)}…` : shown.href);
}

function mayBePrivate(access: Access, target: Target): boolean {
  if (access.privateHosts.has(target.host)) return true;
  return (isAddress(target.host) || PRIVATE_NAME.test(target.host)) && isListedExactly(access, target);
}

function isListedExactly(access: Access, target: Target): boolean {
  return access.rules.some((rule) => rule.isExact && matchesRule(rule, target));
}

function notAllowed(url: URL, reason: string): PluginError {
  return new PluginError("http/not-allowed", `Cannot fetch ${quoteUrl(url)}: ${reason}`, { url: url.href });
}
