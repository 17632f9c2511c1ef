/**
 * Manifests under the names of `@extism/extism`, and how they are read: what that library ignores is ignored here too, so
 * that a manifest with a field for somebody else still loads. What a manifest grants is decided by `grant.ts`, not here.
 */

import type { MemoryOptions, PluginConfigLike } from "./options.ts";
import { parseManifest } from "../source/manifest.ts";
import type { Platform } from "../platform.ts";
import { type Author, type AuthoredManifest, fetchUrl, looksLikeJson, readBody, readSource } from "../source/source.ts";
import { singleModule } from "../source/single-module.ts";

/** A module as bytes. */
export interface ManifestWasmData {
  data: Uint8Array;
}

/** A module to be fetched. */
export interface ManifestWasmUrl {
  url: URL | string;
}

/** A module in a file. */
export interface ManifestWasmPath {
  path: string;
}

/** A module in a response's body. */
export interface ManifestWasmResponse {
  response: Response;
}

/** A module that is compiled. */
export interface ManifestWasmModule {
  module: WebAssembly.Module;
}

/** One module of a plug-in; `hash` is the SHA-256 of its bytes in hex. */
export type ManifestWasm = (ManifestWasmUrl | ManifestWasmData | ManifestWasmPath | ManifestWasmResponse | ManifestWasmModule) & {
  /** Name that other modules import it by; the one named `main`, else the last, is the main module. */
  name?: string | undefined;
  /** SHA-256 of exactly its bytes, in hex. */
  hash?: string | undefined;
};

/** What a manifest may say beside its modules, in either spelling. The options' word goes before it. */
export interface ManifestOptions {
  /** Folders: the plug-in's path is the key, the host's path the value. */
  allowedPaths?: { [key: string]: string } | undefined;
  /** The same. */
  allowed_paths?: { [key: string]: string } | undefined;
  /** Hosts that HTTP requests may go to. */
  allowedHosts?: string[] | undefined;
  /** The same. */
  allowed_hosts?: string[] | undefined;
  /** Limits of memory. */
  memory?: MemoryOptions | undefined;
  /** Configuration. */
  config?: PluginConfigLike | undefined;
  /** Milliseconds that a call may take; `null` or 0 is no limit. */
  timeoutMs?: number | null | undefined;
  /** The same. */
  timeout_ms?: number | null | undefined;
}

/** A plug-in's modules, and what it asks for. */
export interface Manifest extends ManifestOptions {
  wasm: ManifestWasm[];
}

/** All that a plug-in can be made from: text is JSON if it begins with `{`, else a URL if it has a scheme, else a path. */
export type ManifestLike = Manifest | Response | WebAssembly.Module | ArrayBuffer | string | URL;

/**
 * Reads a manifest.
 *
 * @param source What was given.
 * @param platform Reads and fetches.
 * @returns Its normal form, and who wrote it.
 * @throws {TypeError} If it has no modules.
 * @throws {SyntaxError} If it is text and not JSON.
 * @throws {PluginError} `source/…`, `manifest/invalid`.
 */
export async function readManifest(source: ManifestLike, platform: Platform): Promise<AuthoredManifest> {
  if (typeof source === "string" && source.trimStart().startsWith("{")) return fromJson(source, "text");
  const url = source instanceof URL ? source : typeof source === "string" && /^(https?|file):\/\//.test(source) ? new URL(source) : undefined;
  if (url !== undefined) return fromBytes(await fetchUrl(url, platform), url.protocol === "file:" ? "text" : "remote");
  if (source instanceof Response) return fromBytes(await readBody(source, "the response"), "remote");
  const isObject = typeof source === "object" && !(source instanceof ArrayBuffer || ArrayBuffer.isView(source) || source instanceof WebAssembly.Module);
  return isObject ? { manifest: parseManifest(tidyManifest(source)), author: "embedder" } : await readSource(source, platform);
}

function fromBytes(bytes: Uint8Array<ArrayBuffer>, author: Author): AuthoredManifest {
  if (!looksLikeJson(bytes)) return { manifest: singleModule({ kind: "bytes", bytes }), author: "embedder" };
  return fromJson(new TextDecoder().decode(bytes), author);
}

function fromJson(text: string, author: Author): AuthoredManifest {
  return { manifest: parseManifest(tidyManifest(JSON.parse(text))), author };
}

/** What is known of a manifest, in one spelling, without what is absent. */
function tidyManifest(value: unknown): unknown {
  const manifest = value as Readonly<Record<string, unknown>> | null;
  if (typeof manifest !== "object" || manifest === null || !("wasm" in manifest)) throw new TypeError('Expected "wasm" key in manifest');
  if (!Array.isArray(manifest["wasm"])) throw new TypeError('Expected "manifest.wasm" to be array');
  const memory = manifest["memory"] as Readonly<Record<string, unknown>> | null | undefined;
  return compact({
    wasm: manifest["wasm"].map(tidyModule),
    memory: memory ? compact(Object.fromEntries(MEMORY.map(([name, wire]) => [name, memory[name] ?? memory[wire]]))) : undefined,
    config: manifest["config"],
    allowedHosts: manifest["allowedHosts"] ?? manifest["allowed_hosts"],
    allowedPaths: manifest["allowedPaths"] ?? manifest["allowed_paths"],
    timeoutMs: manifest["timeoutMs"] ?? manifest["timeout_ms"],
  });
}

const MEMORY = [
  ["maxPages", "max_pages"],
  ["maxHttpResponseBytes", "max_http_response_bytes"],
  ["maxVarBytes", "max_var_bytes"],
] as const;

/** Where a module may come from; the first that is there counts. */
const SOURCES = ["data", "path", "url", "response", "module"] as const;

function tidyModule(item: Readonly<Record<string, unknown>>, index: number): unknown {
  const source = SOURCES.find((name) => item[name] !== undefined && item[name] !== null);
  if (source === undefined) throw new TypeError(`Expected every item in "manifest.wasm" to include either a "data", "url", or "path" key; got bad item at index ${index}`);
  return compact({ [source]: item[source], name: item["name"], hash: item["hash"] });
}

function compact(value: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined && field !== null));
}
