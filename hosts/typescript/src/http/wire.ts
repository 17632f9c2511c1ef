/**
 * The request as the plug-in writes it: JSON `{url, method?, headers?}`, where older PDKs say `header`.
 *
 * Nothing is decided here but whether it is a well-formed request; `target.ts` decides whether it may be sent.
 * `null` counts as absent, because that is how Go encodes an empty map. Unknown fields are ignored, as in other hosts.
 */

import { PluginError } from "../error.ts";
import { parseRequestHeaders, type Header } from "./headers.ts";
import { MAX_REQUEST_JSON_BYTES } from "./limits.ts";

/** A well-formed request of a plug-in. */
export interface PluginRequest {
  readonly url: URL;
  /** Upper case. */
  readonly method: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array | undefined;
}

const METHOD = /^[A-Z][A-Z0-9_-]{0,31}$/;
// CONNECT makes a tunnel, and the other two answer with the request's headers, secrets included.
const REFUSED_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);

/**
 * Parses a plug-in's request.
 *
 * @param json UTF-8 bytes of the JSON.
 * @param body Body to send, or `undefined` for none; kept as a view.
 * @returns The request; an empty body of a GET or HEAD counts as none.
 * @throws {PluginError} `http/invalid-request` for anything that is not a well-formed request.
 */
export function parseRequest(json: Uint8Array, body: Uint8Array | undefined): PluginRequest {
  const request = parseJson(json);
  const method = parseMethod(request["method"]);
  const isBodiless = method === "GET" || method === "HEAD";
  if (isBodiless && body !== undefined && body.length > 0) {
    throw invalid("body", `no body with ${method}: use another method`, `it has ${body.length} bytes`);
  }
  return {
    url: parseUrl(request["url"]),
    method,
    headers: parseRequestHeaders(parseHeaderObject(request["headers"] ?? request["header"])),
    body: isBodiless ? undefined : body,
  };
}

function parseJson(json: Uint8Array): Readonly<Record<string, unknown>> {
  if (json.length > MAX_REQUEST_JSON_BYTES) {
    throw invalid("", `at most ${MAX_REQUEST_JSON_BYTES} bytes of JSON`, `it has ${json.length} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch (cause) {
    throw invalid("", "JSON in UTF-8", "it is something else", cause);
  }
  if (!isObject(value)) throw invalid("", "a JSON object", "it is another JSON value");
  return value;
}

function parseMethod(value: unknown): string {
  if (value === undefined || value === null || value === "") return "GET";
  const method = typeof value === "string" ? value.toUpperCase() : "";
  if (!METHOD.test(method) || REFUSED_METHODS.has(method)) {
    throw invalid("method", "an HTTP method other than CONNECT, TRACE and TRACK", "it is something else");
  }
  return method;
}

function parseUrl(value: unknown): URL {
  if (typeof value !== "string" || !URL.canParse(value)) {
    throw invalid("url", "an absolute URL", "it is something else");
  }
  const url = new URL(value);
  if (url.username !== "" || url.password !== "") {
    throw invalid("url", `a URL without user name and password: use an "authorization" header`, "it has one");
  }
  url.hash = "";
  return url;
}

function parseHeaderObject(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw invalid("headers", "a JSON object", "it is another JSON value");
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(field: string, expected: string, state: string, cause?: unknown): PluginError {
  const where = field === "" ? "its JSON" : `its "${field}"`;
  return new PluginError(
    "http/invalid-request",
    `Cannot send the request: of ${where}, ${state}, expected ${expected}`,
    { field, expected },
    { cause },
  );
}
