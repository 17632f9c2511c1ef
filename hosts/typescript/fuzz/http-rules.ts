/**
 * HTTP rules: whatever patterns an embedder lists, a request passes only if one of them, read letter by letter, says so, and
 * only to the public internet unless the address or private name itself is listed.
 */

import fc from "fast-check";

import { PluginError } from "../src/error.ts";
import { parseRule, type Rule } from "../src/http/rules.ts";
import { checkAddresses, checkTarget } from "../src/http/target.ts";

const label = fc.constantFrom("api", "a", "b", "example", "evil", "internal", "localhost", "xn--bcher-kva", "a-b", "0x7f", "127", "1", "10");
const topLevel = fc.constantFrom("com", "org", "localhost", "internal", "test", "arpa");
const name = fc.tuple(fc.array(label, { maxLength: 3 }), topLevel).map(([labels, top]) => [...labels, top].join("."));
const address = fc.constantFrom("127.0.0.1", "10.0.0.5", "169.254.169.254", "8.8.8.8", "93.184.215.14", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:8.8.8.8]", "[fe80::1]", "[2606:4700::1111]", "[64:ff9b::a00:1]", "0x7f.1", "2130706433", "0177.0.0.1", "127.1");
const host = fc.oneof({ weight: 3, arbitrary: name }, { weight: 2, arbitrary: address });
const wild = fc.oneof(
  fc.tuple(fc.constantFrom("*.", "*", "a*.", "*b.", "*.*.", "x*y."), name).map(([front, rest]) => front + rest),
  fc.constantFrom("*", "**", "*.*", "*.com", "com.*", "!evil.com", "", "*.127.0.0.1", "{a,b}.com", "http://*", "//", "a b.com", "＊", "*.", ".com", "a..com", "evil.com#", "evil.com/x", "user@evil.com"),
);
const pattern = fc
  .tuple(fc.constantFrom("", "", "", "GET ", "POST ", "get "), fc.constantFrom("", "", "http://", "https://", "ftp://"), fc.oneof({ weight: 2, arbitrary: host }, { weight: 2, arbitrary: wild }, { weight: 1, arbitrary: fc.string({ maxLength: 8 }) }), fc.constantFrom("", "", "", ":80", ":443", ":8443", ":0", ":99999", ":"))
  .map((parts) => parts.join(""));
const url = fc
  .tuple(fc.constantFrom("http", "https", "HTTP", "ftp", "file", "data", "javascript"), fc.constantFrom("", "", "", "", "user@", "user:password@", "api.example.com@"), fc.oneof(host, host.map((each) => each.toUpperCase()), host.map((each) => (each.startsWith("[") ? each : `${each}.`)), fc.string({ maxLength: 8 })), fc.constantFrom("", "", ":80", ":443", ":8443", ":22", ":65535"), fc.constantFrom("", "/", "/x?y#z", "\\@evil.com/"))
  .map(([scheme, user, where, port, path]) => `${scheme}://${user}${where}${port}${path}`);
const method = fc.constantFrom("GET", "POST", "DELETE");

/** Networks that are not the internet, by the first bytes of an address: written down a second time, on purpose. */
const PRIVATE_V4 = [/^0\./, /^10\./, /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./, /^127\./, /^168\.63\.129\.16$/, /^169\.254\./, /^172\.(1[6-9]|2\d|3[01])\./, /^192\.0\.[02]\./, /^192\.88\.99\./, /^192\.168\./, /^198\.(18|19)\./, /^198\.51\.100\./, /^203\.0\.113\./, /^(22[4-9]|23\d|24\d|25[0-5])\./];
const PRIVATE_NAMES = /^[^.]+$|\.(localhost|local|test|internal|intranet|private|corp|home|lan)$|\.home\.arpa$/;

/** The law. */
export const property = fc.property(fc.array(pattern, { maxLength: 4 }), url, method, fc.array(address, { minLength: 1, maxLength: 3 }), (patterns, request, verb, addresses) => {
  const rules: Rule[] = [];
  const listed: string[] = [];
  for (const each of patterns) {
    const rule = attempt(() => parseRule(each, "hosts"));
    if (rule === undefined) continue;
    rules.push(rule);
    listed.push(each);
    // Only a lone asterisk means every host, whatever else a pattern looks like.
    if (rule.host.endsWith("*") && rule.host !== "*") throw new Error(`"${each}" ends in a wildcard and is accepted`);
    if (rule.host === "*" && !/^([A-Z]+ )?(https?:\/\/)?\*(:\d+)?$/.test(each)) throw new Error(`"${each}" became everything`);
  }
  if (!URL.canParse(request)) return;
  const access = { rules, privateHosts: new Set<string>() };
  const parsed = new URL(request);
  const destination = attempt(() => checkTarget(access, verb, parsed));
  const expected = isAllowed(listed, verb, parsed);
  if ((destination !== undefined) !== expected) throw new Error(`${verb} ${parsed.href} is ${expected ? "refused" : "allowed"} by ${JSON.stringify(listed)}`);
  if (destination === undefined) return;
  if (destination.url.hostname !== destination.target.host) throw new Error(`"${destination.url.href}" is not what was checked: "${destination.target.host}"`);
  const resolved = addresses.map((each) => each.replace(/^\[|\]$/g, ""));
  const reached = attempt(() => checkAddresses(access, destination, resolved));
  for (const each of reached ?? []) {
    const shown = each.includes(":") ? `[${each}]` : each;
    if (isPublic(shown) || listed.some((one) => matches(one, verb, destination.url, shown, true))) continue;
    const isNamed = (isAddress(destination.target.host) || PRIVATE_NAMES.test(destination.target.host)) && listed.some((one) => matches(one, verb, destination.url, destination.target.host, true));
    if (!isNamed) throw new Error(`${destination.url.href} reaches ${each}, which nobody listed`);
  }
});

function isAllowed(patterns: readonly string[], verb: string, target: URL): boolean {
  if (!/^https?:$/.test(target.protocol) || target.username !== "" || target.password !== "") return false;
  const where = target.hostname.replace(/\.$/, "");
  if (!where.startsWith("[") && !where.split(".").every((each) => /^[a-z0-9_-]+$/.test(each))) return false;
  const isInside = isAddress(where) ? !isPublic(where) : PRIVATE_NAMES.test(where);
  return patterns.some((each) => matches(each, verb, target, where, false)) && (!isInside || patterns.some((each) => matches(each, verb, target, where, true)));
}

/** A pattern as its text says: method, scheme, host with wildcards, port. It is one that `parseRule()` accepted. */
function matches(text: string, verb: string, target: URL, where: string, isExact: boolean): boolean {
  const [, wantedMethod, scheme, wantedHost = "", port] = /^(?:([A-Z]+) )?(?:(https?):\/\/)?(.*?)(?::(\d+))?$/.exec(text) ?? [];
  const actual = target.port === "" ? (target.protocol === "https:" ? 443 : 80) : Number(target.port);
  if (wantedMethod !== undefined && wantedMethod !== verb) return false;
  if (scheme !== undefined && `${scheme}:` !== target.protocol) return false;
  if (port !== undefined && Number(port) !== actual) return false;
  if (port === undefined && scheme !== undefined && actual !== (scheme === "https" ? 443 : 80)) return false;
  if (port === undefined && scheme === undefined && actual < 1024 && actual !== 80 && actual !== 443) return false;
  if (!wantedHost.includes("*")) return normal(wantedHost) === where;
  if (isExact) return false;
  if (wantedHost === "*") return true;
  if (isAddress(where)) return false;
  const labels = wantedHost.toLowerCase().replace(/\.$/, "").split(".").map((each, index) => (index === 0 && each === "*" ? "[^.]+(?:\\.[^.]+)*" : each.replaceAll(/[^a-z0-9*]/g, String.raw`\$&`).replaceAll("*", "[^.]*")));
  return new RegExp(`^${labels.join("\\.")}$`).test(where);
}

function normal(text: string): string | undefined {
  return URL.canParse(`http://${text}/`) ? new URL(`http://${text}/`).hostname.replace(/\.$/, "") : undefined;
}

function isAddress(where: string): boolean {
  return where.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(where);
}

function isPublic(where: string): boolean {
  const text = normal(where) ?? "";
  if (!text.startsWith("[")) return !PRIVATE_V4.some((each) => each.test(text));
  const mapped = /^\[(?:::ffff:|64:ff9b::)([0-9a-f]+):([0-9a-f]+)\]$/.exec(text);
  if (mapped !== null) {
    const [high, low] = [Number.parseInt(mapped[1] ?? "", 16), Number.parseInt(mapped[2] ?? "", 16)];
    return isPublic([high >> 8, high & 255, low >> 8, low & 255].join("."));
  }
  return /^\[[23]/.test(text) && !/^\[(2001:[01]?[0-9a-f]{0,2}:|2001:db8|2002:|3fff:)/.test(text);
}

function attempt<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch (error) {
    if (PluginError.is(error, "manifest/invalid") || PluginError.is(error, "http/not-allowed") || PluginError.is(error, "http/failed")) return undefined;
    throw error;
  }
}
