/**
 * `fetch`, `Request` and `Response`, on the host's HTTP function.
 *
 * The host sends the request while the plug-in waits, follows redirects by its own rules, and allows only the hosts its
 * embedder named. One header of a name is sent; the host gives no status text and no final URL.
 * Source: https://fetch.spec.whatwg.org/
 */
import { needHost, native } from "../native.ts";
import { AbortSignal } from "./abort.ts";
import { Body, contentOf, copyContent, type BodyInit } from "./body.ts";
import { Headers, type HeadersInit } from "./headers.ts";
import { URL } from "./url.ts";

/** How a request is made. */
export type RequestInit = { method?: string; headers?: HeadersInit; body?: BodyInit | null; signal?: AbortSignal | null; redirect?: string; [other: string]: unknown };
/** How a response is made. */
export type ResponseInit = { status?: number; statusText?: string; headers?: HeadersInit };

const NORMAL_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
const NULL_BODY_STATUSES = [101, 204, 205, 304];

/** A request. */
export class Request extends Body {
  readonly url: string;
  readonly method: string;
  readonly signal: AbortSignal;
  readonly redirect: string;

  constructor(input: string | URL | Request, init: RequestInit = {}) {
    const from = input instanceof Request ? input : undefined;
    const method = init.method === undefined ? (from?.method ?? "GET") : normalMethod(init.method);
    const headers = new Headers(init.headers ?? from?.headers);
    const hasBody = init.body !== undefined && init.body !== null;
    if (hasBody && (method === "GET" || method === "HEAD")) throw new TypeError(`Cannot make a request with method "${method}" and a body`);
    const content = hasBody ? contentOf(init.body as BodyInit) : undefined;
    if (content?.type !== undefined && !headers.has("content-type")) headers.set("content-type", content.type);
    super(content === undefined && from !== undefined ? copyContent(from) : content?.bytes, headers);
    this.url = from?.url ?? new URL(String(input)).href;
    this.method = method;
    this.signal = init.signal ?? from?.signal ?? new AbortSignal();
    this.redirect = init.redirect ?? from?.redirect ?? "follow";
  }

  clone(): Request { return new Request(this); }
  get [Symbol.toStringTag](): string { return "Request"; }
}

/** A response. */
export class Response extends Body {
  readonly status: number;
  readonly statusText: string;
  readonly type: string;
  readonly url: string;
  readonly redirected: boolean = false;

  constructor(body: BodyInit | null = null, { status = 200, statusText = "", headers }: ResponseInit = {}, url = "", type = "default") {
    if (type !== "error" && (status < 200 || status > 599)) throw new RangeError(`Cannot make a response: the status ${status} is not between 200 and 599`);
    if (body !== null && NULL_BODY_STATUSES.includes(status)) throw new TypeError(`Cannot make a response: one with status ${status} has no body`);
    const content = body === null || body === undefined ? undefined : contentOf(body);
    const fields = new Headers(headers);
    if (content?.type !== undefined && !fields.has("content-type")) fields.set("content-type", content.type);
    super(content?.bytes, fields);
    this.status = status;
    this.statusText = statusText;
    this.url = url;
    this.type = type;
  }

  static json(value: unknown, init: ResponseInit = {}): Response {
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new Response(JSON.stringify(value), { ...init, headers });
  }
  static error(): Response { return new Response(null, { status: 0 }, "", "error"); }
  static redirect(url: string | URL, status = 302): Response { return new Response(null, { status, headers: { location: new URL(String(url)).href } }); }

  get ok(): boolean { return this.status >= 200 && this.status < 300; }
  clone(): Response { return new Response(copyContent(this) ?? null, { status: this.status, statusText: this.statusText, headers: this.headers }, this.url, this.type); }
  get [Symbol.toStringTag](): string { return "Response"; }
}

/**
 * Sends a request through the host.
 *
 * @returns The response, whatever its status.
 * @throws {Error} The call fails when the host does not allow the address or cannot reach it.
 */
export async function fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  needHost("fetch()");
  const request = new Request(input, init);
  request.signal.throwIfAborted();
  const body = request.body === null ? undefined : await request.bytes();
  const description = JSON.stringify({ url: request.url, method: request.method, headers: Object.fromEntries(request.headers) });
  const bytes = native.httpRequest(description, body === undefined || body.length === 0 ? undefined : body);
  const status = native.httpStatus();
  const headers = readHeaders(native.httpHeaders());
  const isEmpty = request.method === "HEAD" || NULL_BODY_STATUSES.includes(status);
  const type = headers.get("content-type");
  const response = new Response(isEmpty ? null : bytes, { status: status < 200 || status > 599 ? 200 : status, headers }, request.url, "basic");
  if (type === null) response.headers.delete("content-type");
  return response;
}

/** A field is text, or a list where the response had it several times. */
function readHeaders(text: string | undefined): Headers {
  const headers = new Headers();
  if (text === undefined) return headers;
  for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, unknown>))
    for (const item of Array.isArray(value) ? value : [value]) headers.append(name, String(item));
  return headers;
}

function normalMethod(method: string): string {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) throw new TypeError(`Cannot make a request: "${method}" is no method`);
  const upper = method.toUpperCase();
  if (["CONNECT", "TRACE", "TRACK"].includes(upper)) throw new TypeError(`Cannot make a request: the method "${method}" is not allowed`);
  return NORMAL_METHODS.includes(upper) ? upper : method;
}
