/**
 * What the embedder may give as a plug-in, turned into a manifest and the word on who speaks in it.
 *
 * Source: DESIGN decision 5, told in RATIONALE.md, "Why does a manifest only ask?".
 */

import { PluginError } from "../error.ts";
import { FETCH_TIMEOUT_MS, MAX_SOURCE_BYTES } from "../limits.ts";
import type { Manifest, ManifestModule, ManifestObject } from "./manifest.ts";
import { loadPart } from "../part.ts";
import type { Platform } from "../platform.ts";
import { copyBytes, singleModule } from "./single-module.ts";

/**
 * A plug-in: bytes of a module, a file path or URL (of a module or of a manifest), a `Response`, a compiled module,
 * one module as `{ path }` and the like, a manifest, or a manifest's JSON text.
 */
export type PluginSource = Uint8Array | ArrayBuffer | string | URL | Response | WebAssembly.Module | ManifestModule | ManifestObject;

/**
 * Who wrote the manifest: the embedder in code (`"embedder"`), somebody in a text the embedder passed on (`"text"`),
 * or whoever serves a URL (`"remote"`). Only the embedder grants.
 */
export type Author = "embedder" | "text" | "remote";

/** A manifest and its author. */
export interface AuthoredManifest {
  readonly manifest: Manifest;
  readonly author: Author;
}

/**
 * Finds the manifest in whatever was given.
 *
 * @param source What the embedder gave.
 * @param platform Reads files and fetches.
 * @param signal Ends fetching.
 * @returns The manifest; a bare module becomes a manifest of one entry, with its bytes read already.
 * @throws {PluginError} `source/unsupported`, `source/unreadable`, `source/too-large` or `manifest/invalid`.
 */
export async function readSource(source: PluginSource, platform: Platform, signal?: AbortSignal): Promise<AuthoredManifest> {
  if (typeof source === "string") return await readString(source, platform, signal);
  const bytes = copyBytes(source);
  if (bytes !== undefined) return await fromBytes(bytes, "text");
  if (source instanceof URL) return await readUrl(source, platform, signal);
  if (source instanceof Response) return await fromBytes(await readBody(source, "the response"), "remote");
  if (source instanceof WebAssembly.Module) {
    return { manifest: singleModule({ kind: "module", module: source }), author: "embedder" };
  }
  if (typeof source === "object" && source !== null) {
    return { manifest: await parse("wasm" in source ? source : { wasm: [source] }), author: "embedder" };
  }
  throw new PluginError(
    "source/unsupported",
    `Cannot load a plug-in from ${typeof source}: pass bytes, a path, a URL, a Response, a WebAssembly.Module or a manifest`,
    { given: typeof source },
  );
}

/**
 * @param manifest What {@link readSource} found.
 * @param source Where.
 * @returns The file's name without its ending, where there is one.
 */
export function nameOf(manifest: Manifest, source: PluginSource): string {
  const origin = manifest.entries.at(-1)?.origin;
  const isPlace = typeof source === "string" && !source.trimStart().startsWith("{");
  const place = isPlace ? source : source instanceof URL ? source.pathname : origin?.kind === "path" ? origin.path : origin?.kind === "url" ? origin.url.pathname : "";
  const file = place.split(/[/\\]/).at(-1) ?? "";
  return file.replace(/\.[a-z]+$/i, "") || "plug-in";
}

/**
 * Reads a file.
 *
 * @param path Its path.
 * @param platform Reads it.
 * @param maxBytes Longest file.
 * @throws {PluginError} `source/unreadable` or `source/too-large`.
 */
export async function readFile(path: string, platform: Platform, maxBytes: number = MAX_SOURCE_BYTES): Promise<Uint8Array<ArrayBuffer>> {
  if (platform.readFile === undefined) {
    throw new PluginError("source/unreadable", `Cannot read the file "${path}": the platform "${platform.name}" has no files, pass bytes or a URL`, { source: path });
  }
  try {
    return await platform.readFile(path, maxBytes);
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(path, maxBytes);
    throw unreadable(path, cause);
  }
}

/**
 * Fetches a URL.
 *
 * @param url Any URL that the platform fetches; `file:` is read as a file where there are files.
 * @param platform Fetches it.
 * @param init Method, headers, and a signal that ends it.
 * @param maxBytes Longest body.
 * @throws {PluginError} `source/unreadable` or `source/too-large`.
 */
export async function fetchUrl(url: URL, platform: Platform, init: RequestInit = {}, maxBytes: number = MAX_SOURCE_BYTES): Promise<Uint8Array<ArrayBuffer>> {
  if (url.protocol === "file:" && platform.readFile !== undefined) return await readFile(filePath(url), platform, maxBytes);
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(new Error(`no whole answer within ${FETCH_TIMEOUT_MS} ms`)), FETCH_TIMEOUT_MS);
  const stop = (): void => ending.abort(init.signal?.reason);
  init.signal?.addEventListener("abort", stop);
  if (init.signal?.aborted) stop(); // of which there is no event any more
  try {
    const response = await platform.fetch(url, { ...init, signal: ending.signal });
    return await readBody(response, url.href, maxBytes);
  } catch (cause) {
    throw cause instanceof PluginError ? cause : unreadable(url.href, cause);
  } finally {
    clearTimeout(timer);
    init.signal?.removeEventListener("abort", stop);
  }
}

/**
 * Reads the body of a response.
 *
 * @param response The response; any status but 2xx is a failure.
 * @param name What to call it in messages.
 * @param maxBytes Longest body.
 * @throws {PluginError} `source/unreadable` or `source/too-large`.
 */
export async function readBody(response: Response, name: string, maxBytes: number = MAX_SOURCE_BYTES): Promise<Uint8Array<ArrayBuffer>> {
  if (!response.ok) throw unreadable(name, new Error(`the server answered with status ${response.status}`));
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
      length += part.value.length;
      if (length > maxBytes) {
        await reader?.cancel();
        throw tooLarge(name, maxBytes);
      }
      chunks.push(part.value);
    }
  } catch (cause) {
    throw cause instanceof PluginError ? cause : unreadable(name, cause);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

async function readString(text: string, platform: Platform, signal: AbortSignal | undefined): Promise<AuthoredManifest> {
  if (text.trimStart().startsWith("{")) return { manifest: await parse(parseJson(text)), author: "text" };
  // A letter alone before the colon is a Windows drive, not a scheme.
  if (/^[a-z][a-z0-9+.-]+:/i.test(text) && URL.canParse(text)) return await readUrl(new URL(text), platform, signal);
  return await fromBytes(await readFile(text, platform), "text");
}

async function readUrl(url: URL, platform: Platform, signal: AbortSignal | undefined): Promise<AuthoredManifest> {
  return await fromBytes(await fetchUrl(url, platform, withSignal(signal)), url.protocol === "file:" ? "text" : "remote");
}

async function fromBytes(bytes: Uint8Array<ArrayBuffer>, author: Author): Promise<AuthoredManifest> {
  if (!looksLikeJson(bytes)) return { manifest: singleModule({ kind: "bytes", bytes }), author: "embedder" };
  return { manifest: await parse(parseJson(new TextDecoder().decode(bytes))), author };
}

async function parse(value: unknown): Promise<Manifest> {
  return (await loadPart(import("./manifest.ts"))).parseManifest(value);
}

/** Tells a manifest from a module: that starts with a NUL byte, so the first byte that is not white space tells. */
export function looksLikeJson(bytes: Uint8Array): boolean {
  const first = bytes.subarray(0, 1024).find((byte) => ![0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf].includes(byte));
  return first === 0x7b;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new PluginError("manifest/invalid", `Cannot read the manifest: ${String(cause)}`, { path: "", expected: "JSON" }, { cause });
  }
}

function filePath(url: URL): string {
  let path: string;
  try {
    path = decodeURIComponent(url.pathname);
  } catch (cause) {
    throw unreadable(url.href, cause);
  }
  return /^\/[a-z]:/i.test(path) ? path.slice(1) : path;
}

function unreadable(name: string, cause: unknown): PluginError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PluginError("source/unreadable", `Cannot read "${name}": ${why}`, { source: name }, { cause });
}

function tooLarge(name: string, limitBytes: number): PluginError {
  return new PluginError("source/too-large", `Cannot read "${name}": it has more than ${limitBytes} bytes`, { source: name, limitBytes });
}

/** @returns Options of a request with this signal, if there is one. */
export function withSignal(signal: AbortSignal | undefined): RequestInit {
  return signal === undefined ? {} : { signal };
}
