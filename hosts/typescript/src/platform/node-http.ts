/**
 * Sends a plug-in's HTTP requests on Node, Deno and Bun, over `node:http` and `node:https`.
 *
 * Why not the built-in `fetch`: it resolves the host a second time after the check, and a name server that answers
 * differently then (DNS rebinding) leads it into the private network. Here a name is resolved once, and
 * the connection is given the answer, so the addresses that were checked are the addresses that are connected to. Nothing is kept between requests:
 * no connection, no cookie, no cache, no proxy of the environment.
 */

import { lookup } from "node:dns/promises";
import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { pipeline, type Readable } from "node:stream";
import { constants, createBrotliDecompress, createGunzip } from "node:zlib";
import type { Header } from "../http/headers.ts";
import type { Hop, HopResponse, HttpPlatform } from "../http/hop.ts";
import { MAX_RESPONSE_HEADER_BYTES } from "../http/limits.ts";
import { isAddress } from "../http/target.ts";

/** HTTP on Node: every connection goes to an address that was checked. */
export const NODE_HTTP: HttpPlatform = Object.freeze({ send: sendByNode, resolve: resolveByNode });

/**
 * Sends one request over a connection of its own.
 *
 * @param hop What to send. Without `lookup`, only addresses can be connected to.
 * @returns The response, its body not yet read; `gzip` and `br` are decoded and no longer in its headers.
 * @throws Whatever `node:http` reports, or what `hop.lookup` rejected with.
 */
async function sendByNode(hop: Hop): Promise<HopResponse> {
  const { signal } = hop;
  // Before the connection, and not in its hook: a runtime that ignores the hook must not skip the check with it.
  const addresses = isAddress(hop.url.hostname) ? [] : await lookUp(hop);
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = (hop.url.protocol === "https:" ? requestHttps : requestHttp)(hop.url, {
      method: hop.method,
      agent: false,
      lookup: answerWith(addresses),
      maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
      insecureHTTPParser: false,
    });
    const abort = (): void => void request.destroy();
    signal.addEventListener("abort", abort);
    request.on("response", (response) => {
      signal.removeEventListener("abort", abort);
      resolve(readResponse(response));
    });
    request.on("error", reject);
    request.on("close", () => {
      signal.removeEventListener("abort", abort);
      reject(new Error("the connection was closed before a response"));
    });
    request.setHeader("accept", "*/*");
    request.setHeader("accept-encoding", "gzip, br");
    request.setHeader("user-agent", "tenon");
    for (const [name, values] of groupHeaders(hop.headers)) request.setHeader(name, values);
    // Node leaves the length out for methods that usually have no body, and the server would not see where it ends.
    if (hop.body !== undefined) request.setHeader("content-length", hop.body.length);
    request.end(hop.body);
  });
}

async function resolveByNode(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

async function lookUp(hop: Hop): Promise<readonly string[]> {
  if (hop.lookup === undefined) throw new Error("there is no resolver");
  return hop.lookup();
}

/** Node asks it for names and never for addresses; all of these were checked. */
function answerWith(addresses: readonly string[]): LookupFunction {
  const records = addresses.map((address) => ({ address, family: isIP(address) }));
  const [first = { address: "", family: 0 }] = records;
  return (_host, options, callback) => {
    // Node's callback takes `null` for success.
    // oxlint-disable-next-line unicorn/no-null
    const failure = null;
    if (options.all === true) callback(failure, records);
    else callback(failure, first.address, first.family);
  };
}

function readResponse(response: IncomingMessage): HopResponse {
  const decoder = createDecoder(response.headers["content-encoding"]?.toLowerCase());
  const stream: Readable = decoder === undefined ? response : pipeline(response, decoder, () => undefined);
  // Whoever reads sees the error; without a reader there must still be somebody who takes it.
  stream.on("error", () => undefined);
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
  return {
    status: response.statusCode ?? 0,
    headers: pairHeaders(response.rawHeaders).filter(
      ([name]) => decoder === undefined || (name !== "content-encoding" && name !== "content-length"),
    ),
    read: async () => (await chunks.next()).value,
    discard: () => void stream.destroy(),
  };
}

/** Lenient at the end: a body cut short is the connection's error to report, and servers also send empty bodies as `gzip`. */
function createDecoder(encoding: string | undefined): ReturnType<typeof createGunzip> | ReturnType<typeof createBrotliDecompress> | undefined {
  if (encoding === "gzip" || encoding === "x-gzip") return createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  if (encoding === "br") return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
  return undefined;
}

function groupHeaders(headers: readonly Header[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, value] of headers) groups.set(name, [...(groups.get(name) ?? []), value]);
  return groups;
}

function pairHeaders(raw: readonly string[]): readonly Header[] {
  return Array.from({ length: raw.length / 2 }, (_, index): Header => [(raw[2 * index] ?? "").toLowerCase(), raw[2 * index + 1] ?? ""]);
}
