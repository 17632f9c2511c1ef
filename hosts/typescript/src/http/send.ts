/**
 * What the ABI function `http_request` does: sends a plug-in's request, hop by hop, each checked as if it were the first.
 *
 *   JSON ─ wire.ts ─▶ request ─ target.ts ─▶ destination ─ hop.ts ─▶ response ─ body.ts ─▶ result
 *                        ▲                                               │
 *                        └──────────── redirect: other URL, fewer headers ┘
 *
 * It knows no engine: whoever calls it suspends the plug-in meanwhile, and aborts the signal when the call is over.
 */

import { PluginError } from "../error.ts";
import { readBody } from "./body.ts";
import { collectResponseHeaders, withoutBodyHeaders, withoutCredentials, type Header, type ResponseHeaders } from "./headers.ts";
import type { HopResponse } from "./hop.ts";
import type { HttpPolicy } from "./options.ts";
import { matchesRule, type Target } from "./rules.ts";
import { checkAddresses, checkTarget, quoteUrl, type Destination } from "./target.ts";
import { parseRequest, type PluginRequest } from "./wire.ts";

/** A response as the plug-in gets it. */
export interface HttpResult {
  /** Any status, but those of a redirect that was followed. */
  readonly status: number;
  /** `undefined` unless the embedder allows response headers. */
  readonly headers: ResponseHeaders | undefined;
  /** A buffer of its own. */
  readonly body: Uint8Array;
}

/** Where a request stands, for the audit. */
interface Progress {
  hop: number;
  method: string;
  url: string;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request of a plug-in, and follows its redirects.
 *
 * @param policy What the embedder allows.
 * @param requestJson The plug-in's request, UTF-8 JSON.
 * @param body The body to send, or `undefined` for none. It is read until the promise settles, so it must be a copy of
 *   guest memory.
 * @param context `signal` ends the request: the connection is cut and the promise rejects with its reason.
 * @returns The last response, whatever its status.
 * @throws {PluginError} `http/invalid-request`, `http/not-allowed`, `http/too-large`, `http/too-many-redirects`,
 *   `http/failed`. Or the signal's reason, or what the audit threw.
 */
export async function sendRequest(
  policy: HttpPolicy,
  requestJson: Uint8Array,
  body: Uint8Array | undefined,
  context: { readonly signal: AbortSignal },
): Promise<HttpResult> {
  const { signal } = context;
  signal.throwIfAborted();
  const progress: Progress = { hop: 0, method: "", url: "" };
  try {
    return await untilAborted(signal, sendHops(policy, requestJson, body, signal, progress));
  } catch (error) {
    const failure = PluginError.is(error) ? error : undefined;
    const isRefused = failure?.code === "http/not-allowed" || failure?.code === "http/invalid-request";
    const told = policy.audit({
      ...progress,
      kind: isRefused ? "refused" : "failed",
      code: failure?.code ?? "call/aborted",
      message: failure?.message ?? "The call ended before the response",
    });
    // The call may be over already, so nobody waits for this one, and the request has failed whatever comes of it.
    Promise.resolve(told).catch(() => undefined);
    throw error;
  }
}

async function sendHops(
  policy: HttpPolicy,
  requestJson: Uint8Array,
  body: Uint8Array | undefined,
  signal: AbortSignal,
  progress: Progress,
): Promise<HttpResult> {
  let request = parseRequest(requestJson, body);
  let mayCarrySecrets = true;
  for (;;) {
    Object.assign(progress, { method: request.method, url: request.url.href });
    if ((request.body?.length ?? 0) > policy.maxRequestBytes) throw tooLarge("request", request.url, policy.maxRequestBytes);
    const destination = checkTarget(policy, request.method, request.url);
    const secrets = mayCarrySecrets ? collectSecrets(policy, destination.target) : [];
    await policy.audit({ ...progress, kind: "allowed", secrets: secrets.map(([name]) => name) });
    signal.throwIfAborted();
    const response = await openHop(policy, destination, request, secrets, signal);
    const discard = (): void => response.discard();
    signal.addEventListener("abort", discard);
    try {
      // An abort that came before the listener is seen here, so nothing below runs for a call that is over.
      signal.throwIfAborted();
      const location = REDIRECTS.has(response.status) ? findHeader(response, "location") : undefined;
      const { status } = response;
      if (location === undefined) {
        const bytes = await readWhole(policy, request, response);
        signal.throwIfAborted();
        await policy.audit({ ...progress, kind: "answered", status, bodyBytes: bytes.length });
        return { status, headers: policy.allowResponseHeaders ? collectResponseHeaders(response.headers) : undefined, body: bytes };
      }
      await policy.audit({ ...progress, kind: "answered", status, bodyBytes: 0 });
      if (progress.hop === policy.maxRedirects) throw tooManyRedirects(request.url, policy.maxRedirects);
      const next = redirect(request, status, location);
      mayCarrySecrets &&= next.url.origin === request.url.origin;
      request = next;
      progress.hop += 1;
    } finally {
      signal.removeEventListener("abort", discard);
      discard();
    }
  }
}

async function openHop(
  policy: HttpPolicy,
  destination: Destination,
  request: PluginRequest,
  secrets: readonly Header[],
  signal: AbortSignal,
): Promise<HopResponse> {
  const { resolve } = policy;
  const hidden = new Set(secrets.map(([name]) => name));
  try {
    return await policy.send({
      url: destination.url,
      method: request.method,
      headers: [...request.headers.filter(([name]) => !hidden.has(name)), ...secrets],
      body: request.body,
      signal,
      lookup: resolve && (async () => checkAddresses(policy, destination, await resolve(destination.target.host))),
    });
  } catch (cause) {
    throw PluginError.is(cause) ? cause : failed(request.url, cause);
  }
}

async function readWhole(policy: HttpPolicy, request: PluginRequest, response: HopResponse): Promise<Uint8Array> {
  const limit = policy.maxResponseBytes;
  const claimed = findHeader(response, "content-length") ?? "";
  const hasBody = request.method !== "HEAD" && response.status !== 304;
  if (hasBody && /^\d+$/.test(claimed) && Number(claimed) > limit) throw tooLarge("response", request.url, limit);
  let body: Uint8Array | undefined;
  try {
    body = await readBody(response, limit);
  } catch (cause) {
    throw failed(request.url, cause);
  }
  if (body === undefined) throw tooLarge("response", request.url, limit);
  return body;
}

/** Source: https://fetch.spec.whatwg.org/#http-redirect-fetch, but that every header of unknown meaning stays behind. */
function redirect(request: PluginRequest, status: number, location: string): PluginRequest {
  if (!URL.canParse(location, request.url)) {
    throw failed(request.url, new Error("the redirect has no valid location"));
  }
  const url = new URL(location, request.url);
  url.hash = "";
  const headers = url.origin === request.url.origin ? request.headers : withoutCredentials(request.headers);
  const becomesGet =
    status === 303 ? request.method !== "GET" && request.method !== "HEAD" : status < 303 && request.method === "POST";
  if (!becomesGet) return { ...request, url, headers };
  return { url, method: "GET", headers: withoutBodyHeaders(headers), body: undefined };
}

function collectSecrets(policy: HttpPolicy, target: Target): readonly Header[] {
  const matching = policy.secrets.filter(({ rule }) => matchesRule(rule, target));
  return [...new Map(matching.flatMap(({ headers }) => headers))];
}

function findHeader(response: HopResponse, wanted: string): string | undefined {
  return response.headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** Settles with the work, or rejects as soon as the signal is aborted; the work must then end by itself. */
function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function tooLarge(part: "request" | "response", url: URL, limitBytes: number): PluginError {
  const message = `Cannot fetch ${quoteUrl(url)}: the body of the ${part} is larger than ${limitBytes} bytes`;
  return new PluginError("http/too-large", message, { part, url: url.href, limitBytes });
}

function tooManyRedirects(url: URL, limit: number): PluginError {
  const message = `Cannot fetch ${quoteUrl(url)}: it was redirected more than ${limit} times`;
  return new PluginError("http/too-many-redirects", message, { url: url.href, limit });
}

/** The platform's own message stays in the cause: an embedder's `fetch` may write anything into it, secrets included. */
function failed(url: URL, cause: unknown): PluginError {
  const code = findErrorCode(cause);
  const message = `Cannot fetch ${quoteUrl(url)}: no whole response came back${code === undefined ? "" : ` ("${code}")`}`;
  return new PluginError("http/failed", message, { url: url.href }, { cause });
}

/** `ECONNREFUSED` and the like, which `fetch` hides one level down. */
function findErrorCode(cause: unknown): string | undefined {
  for (const error of [cause, cause instanceof Error ? cause.cause : undefined]) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (typeof code === "string" && /^[A-Z0-9_]{1,64}$/.test(code)) return code;
  }
  return undefined;
}
