/**
 * One request to one URL, after every check: what a platform is asked to send, and what it gives back.
 *
 * A sender follows no redirect, sends no cookie, caches nothing, and connects to nothing that `lookup` did not return.
 * The sender here rests on `fetch`, which runs everywhere and cannot promise the last: it resolves the name again by
 * itself. Node has one that can, in `platform/node-http.ts`.
 */

import { PluginError } from "../error.ts";
import type { Header } from "./headers.ts";
import { isAddress, quoteUrl } from "./target.ts";

/** What is to be sent. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: readonly Header[];
  readonly body: Uint8Array | undefined;
  /** Aborting it cuts the connection, until there is a response; from then on `discard` does. */
  readonly signal: AbortSignal;
  /**
   * Resolves the URL's host and checks every address; absent where the platform has no resolver. Rejects with
   * `http/not-allowed` if one address may not be reached.
   */
  readonly lookup?: (() => Promise<readonly string[]>) | undefined;
}

/** What came back; the body is read as far as the reader wants. */
export interface HopResponse {
  readonly status: number;
  /** As often as the server sent each. */
  readonly headers: readonly Header[];
  /** The next bytes of the body, decompressed; `undefined` at its end. */
  read(): Promise<Uint8Array | undefined>;
  /** Drops the connection and what was not read; safe at any time and any number of times. */
  discard(): void;
}

/** Sends one request. Rejects with anything; what is no `PluginError` becomes the cause of one. */
export type Sender = (hop: Hop) => Promise<HopResponse>;

/** All addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** What a platform brings for HTTP. */
export interface HttpPlatform {
  readonly send: Sender;
  readonly resolve?: Resolve;
}

const ANONYMOUS = { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" } as const;

/** Platforms with nothing but `fetch`: browsers, workers at the edge. Addresses are not checked there. */
export const WEB_HTTP: HttpPlatform = Object.freeze({ send: fetchSender((...parameters) => globalThis.fetch(...parameters)) });

/**
 * Makes a sender of a `fetch` function.
 *
 * Where the response hides the target of a redirect, as browsers do, the redirect is refused. Where it decompresses,
 * which cannot be seen, `content-encoding` and `content-length` are taken out of the response.
 *
 * @param fetch The platform's or the embedder's.
 * @returns The sender.
 */
export function fetchSender(fetch: typeof globalThis.fetch): Sender {
  return async (hop) => {
    if (hop.lookup !== undefined && !isAddress(hop.url.hostname)) await hop.lookup();
    hop.signal.throwIfAborted();
    // A signal of its own: `fetch` keeps its listener on the one it is given for as long as it likes.
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    hop.signal.addEventListener("abort", abort);
    try {
      return readResponse(hop.url, await fetch(hop.url.href, initOf(hop, controller.signal)));
    } finally {
      hop.signal.removeEventListener("abort", abort);
    }
  };
}

function initOf({ method, headers, body }: Hop, signal: AbortSignal): RequestInit {
  return {
    method,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
    redirect: "manual",
    // workerd has neither cookies nor referrers, may have no choice of cache, and throws on fields it does not have.
    ...Object.fromEntries(Object.entries(ANONYMOUS).filter(([name]) => name in Request.prototype)),
    signal,
  };
}

function readResponse(url: URL, response: Response): HopResponse {
  const reader = response.body?.getReader();
  // It cuts the connection, and settles a pending read even of a stream that knows no signal.
  const discard = (): void => void reader?.cancel().catch(() => undefined);
  if (response.type === "opaqueredirect" || response.redirected) {
    discard();
    throw new PluginError(
      "http/not-allowed",
      `Cannot fetch ${quoteUrl(url)}: it is redirected, and this platform does not show where to`,
      { url: url.href },
    );
  }
  const isEncoded = response.headers.has("content-encoding");
  return {
    status: response.status,
    headers: [...response.headers].filter(([name]) => !isEncoded || (name !== "content-encoding" && name !== "content-length")),
    read: async () => (await reader?.read())?.value,
    discard,
  };
}
