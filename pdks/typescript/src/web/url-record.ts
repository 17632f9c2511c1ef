/**
 * URLs as records: the parser and the serialiser of the URL standard.
 *
 * The standard's state machine walks character by character; this parser cuts the text at its delimiters instead,
 * in the same order and with the same result.
 * Source: https://url.spec.whatwg.org/#url-parsing
 */
import { CONTROL, FRAGMENT, PATH, percentEncode, QUERY, SPECIAL_QUERY, USERINFO } from "./percent.ts";
import { parseHost } from "./url-host.ts";

/** A parsed URL. */
export type UrlRecord = {
  scheme: string;
  username: string;
  password: string;
  /** `undefined` for no host, which is not the same as an empty one. */
  host: string | undefined;
  port: number | undefined;
  /** Segments, or one text for paths without structure such as `mailto:` has. */
  path: string[] | string;
  query: string | undefined;
  fragment: string | undefined;
};

const DEFAULT_PORTS: Readonly<Record<string, number | undefined>> = { "http:": 80, "https:": 443, "ws:": 80, "wss:": 443, "ftp:": 21, "file:": undefined };

/** Whether a scheme (with its colon) is one of those the standard treats alike. */
export function isSpecial(scheme: string): boolean {
  return Object.hasOwn(DEFAULT_PORTS, scheme);
}

/**
 * Parses a URL.
 *
 * @param input The text.
 * @param base What a relative text is relative to.
 * @returns `undefined` when the text is no URL.
 */
export function parseUrl(input: string, base?: UrlRecord): UrlRecord | undefined {
  let rest = input.toWellFormed().replace(/^[\0-\x20]+|[\0-\x20]+$/g, "").replace(/[\t\n\r]/g, "");
  const hash = rest.indexOf("#");
  const fragment = hash < 0 ? undefined : percentEncode(rest.slice(hash + 1), FRAGMENT);
  if (hash >= 0) rest = rest.slice(0, hash);
  const schemed = /^([a-z][a-z0-9+\-.]*):/i.exec(rest);
  if (schemed !== null) {
    const scheme = `${(schemed[1] as string).toLowerCase()}:`;
    rest = rest.slice(schemed[0].length);
    const url: UrlRecord = { scheme, username: "", password: "", host: undefined, port: undefined, path: [], query: undefined, fragment };
    if (scheme === "file:") return parseFile(url, rest, base?.scheme === "file:" ? base : undefined);
    if (isSpecial(scheme)) {
      if (base?.scheme === scheme && !/^[/\\]/.test(rest)) return parseRelative(url, rest, base);
      return parseAuthority(url, rest.replace(/^[/\\]*/, ""));
    }
    if (rest.startsWith("//")) return parseAuthority(url, rest.slice(2));
    rest = cutQuery(url, rest);
    url.path = rest.startsWith("/") ? parsePath(url, [], rest.slice(1)) : percentEncode(rest, CONTROL).replace(/ $/, "%20");
    return url;
  }
  if (base === undefined) return undefined;
  if (typeof base.path === "string") return rest === "" && fragment !== undefined ? { ...base, fragment } : undefined;
  const url: UrlRecord = { ...base, path: [...base.path], fragment };
  if (base.scheme === "file:") return parseFile({ ...url, host: "", path: [], query: undefined }, rest, base);
  return parseRelative(url, rest, base);
}

/** Writes a URL as text. */
export function serializeUrl(url: UrlRecord, withoutFragment = false): string {
  let text = url.scheme;
  if (url.host !== undefined) {
    text += "//";
    if (url.username !== "" || url.password !== "") text += `${url.username}${url.password === "" ? "" : `:${url.password}`}@`;
    text += url.host + (url.port === undefined ? "" : `:${url.port}`);
  } else if (typeof url.path !== "string" && url.path.length > 1 && url.path[0] === "") text += "/.";
  text += serializePath(url);
  if (url.query !== undefined) text += `?${url.query}`;
  return withoutFragment || url.fragment === undefined ? text : `${text}#${url.fragment}`;
}

/** Writes the path of a URL. */
export function serializePath({ path }: UrlRecord): string {
  return typeof path === "string" ? path : path.map((segment) => `/${segment}`).join("");
}

/** Sets the path from text, as the `pathname` setter does. */
export function setPath(url: UrlRecord, text: string): void {
  url.path = parsePath(url, [], text.replace(isSpecial(url.scheme) ? /^[/\\]/ : /^\//, ""));
}

/** Encodes text as the query of this URL. */
export function encodeQuery(url: UrlRecord, text: string): string {
  return percentEncode(text, isSpecial(url.scheme) ? SPECIAL_QUERY : QUERY);
}

/** Sets host and, if the text has one, port; leaves the URL alone and returns `false` for no host. */
export function setHost(url: UrlRecord, text: string, withPort: boolean): boolean {
  const end = text.search(isSpecial(url.scheme) ? /[/\\?#]/ : /[/?#]/);
  const [host, port] = cutPort(end < 0 ? text : text.slice(0, end));
  if (host === "" && (isSpecial(url.scheme) || url.username !== "" || url.password !== "" || url.port !== undefined) && url.scheme !== "file:") return false;
  const parsed = host === "" ? "" : parseHost(host, isSpecial(url.scheme));
  if (parsed === undefined) return false;
  url.host = url.scheme === "file:" && parsed === "localhost" ? "" : parsed;
  if (withPort && port !== undefined && port !== "") setPort(url, port);
  return true;
}

/** Sets the port from the digits a text begins with; one that is the scheme's own is left out. */
export function setPort(url: UrlRecord, text: string): boolean {
  const digits = /^[0-9]+/.exec(text)?.[0];
  if (digits === undefined || Number(digits) > 65_535) return false;
  url.port = Number(digits) === DEFAULT_PORTS[url.scheme] ? undefined : Number(digits);
  return true;
}

/** Encodes a user name or password. */
export function encodeUserinfo(text: string): string {
  return percentEncode(text, USERINFO);
}

function cutQuery(url: UrlRecord, text: string): string {
  const at = text.indexOf("?");
  if (at < 0) return text;
  url.query = encodeQuery(url, text.slice(at + 1));
  return text.slice(0, at);
}

function cutPort(text: string): [host: string, port: string | undefined] {
  const colon = text.indexOf(":", text.startsWith("[") ? Math.max(0, text.indexOf("]")) : 0);
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

function parseAuthority(url: UrlRecord, text: string): UrlRecord | undefined {
  const special = isSpecial(url.scheme);
  const end = text.search(special ? /[/\\?]/ : /[/?]/);
  let authority = end < 0 ? text : text.slice(0, end);
  const at = authority.lastIndexOf("@");
  if (at >= 0) {
    const userinfo = authority.slice(0, at);
    const colon = userinfo.indexOf(":");
    url.username = encodeUserinfo(colon < 0 ? userinfo : userinfo.slice(0, colon));
    url.password = colon < 0 ? "" : encodeUserinfo(userinfo.slice(colon + 1));
    authority = authority.slice(at + 1);
    if (authority === "") return undefined;
  }
  const [host, port] = cutPort(authority);
  if (host === "" && (special || port !== undefined)) return undefined;
  url.host = host === "" ? "" : parseHost(host, special);
  if (url.host === undefined) return undefined;
  if (port !== undefined && port !== "" && (!/^[0-9]+$/.test(port) || !setPort(url, port))) return undefined;
  url.path = [];
  url.query = undefined;
  const rest = cutQuery(url, end < 0 ? "" : text.slice(end));
  if (rest !== "" || special) url.path = parsePath(url, [], rest.slice(1));
  return url;
}

function parseRelative(url: UrlRecord, text: string, base: UrlRecord): UrlRecord | undefined {
  const special = isSpecial(base.scheme);
  const slash = special ? /^[/\\]/ : /^\//;
  if (slash.test(text) && slash.test(text.slice(1))) return parseAuthority({ ...url, username: "", password: "", port: undefined }, special ? text.replace(/^[/\\]*/, "") : text.slice(2));
  const from: UrlRecord = { ...base, scheme: url.scheme, fragment: url.fragment };
  const basePath = base.path as string[];
  from.path = [...basePath];
  if (text === "") return from;
  from.query = undefined;
  const rest = cutQuery(from, text);
  if (slash.test(rest)) from.path = parsePath(from, [], rest.slice(1));
  else if (rest !== "") from.path = parsePath(from, basePath.slice(0, -1), rest);
  return from;
}

function parseFile(url: UrlRecord, text: string, base: UrlRecord | undefined): UrlRecord | undefined {
  url.host = "";
  if (/^[/\\]{2}/.test(text)) {
    const inner = text.slice(2);
    const end = inner.search(/[/\\?]/);
    const host = end < 0 ? inner : inner.slice(0, end);
    const rest = cutQuery(url, end < 0 ? "" : inner.slice(end));
    if (/^[a-z][:|]$/i.test(host)) url.path = parsePath(url, [], cutQuery(url, inner));
    else {
      const parsed = host === "" ? "" : parseHost(host, true);
      if (parsed === undefined) return undefined;
      url.host = parsed === "localhost" ? "" : parsed;
      url.path = parsePath(url, [], rest.slice(1));
    }
    return url;
  }
  if (base !== undefined) url.host = base.host;
  const basePath = base === undefined ? [] : (base.path as string[]);
  const drive = /^[a-z]:$/i.test(basePath[0] ?? "") ? [basePath[0] as string] : [];
  if (text === "" && base !== undefined) return { ...url, path: [...basePath], query: base.query };
  const rest = cutQuery(url, text);
  const startsWithDrive = /^[a-z][:|]([/\\]|$)/i.test(rest.replace(/^[/\\]/, ""));
  if (/^[/\\]/.test(rest)) url.path = parsePath(url, startsWithDrive ? [] : drive, rest.slice(1));
  else if (rest === "" && base !== undefined) url.path = [...basePath];
  else url.path = parsePath(url, startsWithDrive ? [] : basePath.slice(0, -1), rest);
  return url;
}

function parsePath(url: UrlRecord, start: readonly string[], text: string): string[] {
  const path = [...start];
  const segments = text.split(isSpecial(url.scheme) ? /[/\\]/ : "/");
  for (const [index, raw] of segments.entries()) {
    const isLast = index === segments.length - 1;
    const plain = raw.replace(/%2e/gi, ".");
    if (plain === "..") {
      if (!(url.scheme === "file:" && path.length === 1 && /^[a-z]:$/i.test(path[0] as string))) path.pop();
      if (isLast) path.push("");
    } else if (plain === ".") {
      if (isLast) path.push("");
    } else if (url.scheme === "file:" && path.length === 0 && /^[a-z][:|]$/i.test(raw)) path.push(`${raw[0] as string}:`);
    else path.push(percentEncode(raw, PATH));
  }
  return path;
}
