/**
 * The manifest: which modules make up a plug-in and what it asks for. Parsed once into one frozen form. Loaded only where
 * there is a manifest; what is known without one stands in `single-module.ts`.
 *
 * Source: `abi/manifest.schema.json`. It does not decide what is granted; `grant.ts` and `stranger.ts` do.
 */

import { type Field, failField, readArray, readCount, readEntries, readFields, readString, readStringMap } from "./fields.ts";
import { LIMIT_CEILINGS, MAX_MODULES } from "../limits.ts";
import { copyBytes } from "./single-module.ts";

/** A module of a manifest as the embedder may write it; exactly one source, and `name` and `hash` where wanted. */
export interface ManifestModule {
  /** Path of a file. */
  readonly path?: string;
  /** Where to fetch it: http, https, data or file. */
  readonly url?: string | URL;
  /** HTTP method for `url`; default `GET`. */
  readonly method?: string;
  /** HTTP headers for `url`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The bytes, or their base64 text. */
  readonly data?: string | Uint8Array | ArrayBuffer;
  /** A module that is compiled already. */
  readonly module?: WebAssembly.Module;
  /** A response whose body is the module. */
  readonly response?: Response;
  /** Name that other modules import it by. The module named `main`, else the last one, is the main module. */
  readonly name?: string;
  /** SHA-256 of exactly the module's bytes, in hex. */
  readonly hash?: string;
}

/** A manifest as the embedder may write it. Every field may also be spelled in snake_case, as on the wire. */
export interface ManifestObject {
  readonly wasm: readonly ManifestModule[];
  /** Pages of 64 KiB for memories, bytes for the others. */
  readonly memory?: { readonly maxPages?: number; readonly maxHttpResponseBytes?: number; readonly maxVarBytes?: number };
  /** What the plug-in reads with `config_get`. */
  readonly config?: Readonly<Record<string, string>>;
  /** Patterns of hosts that HTTP requests may go to. */
  readonly allowedHosts?: readonly string[];
  /** Host path → guest path; a host path that starts with `ro:` is read-only. */
  readonly allowedPaths?: Readonly<Record<string, string>>;
  /** Milliseconds that a call may take. */
  readonly timeoutMs?: number;
}

/** Where the bytes of one module come from. */
export type ModuleOrigin =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "url"; readonly url: URL; readonly method: string; readonly headers: ReadonlyMap<string, string> }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "module"; readonly module: WebAssembly.Module }
  | { readonly kind: "response"; readonly response: Response };

/** One module in normal form. */
export interface ManifestEntry {
  readonly origin: ModuleOrigin;
  readonly name: string | undefined;
  /** Lower-case hex. */
  readonly hash: string | undefined;
}

/** A folder of the host that a manifest asks for. */
export interface PathRequest {
  readonly host: string;
  readonly guest: string;
  readonly access: "read" | "read-write";
}

/** A manifest in normal form. */
export interface Manifest {
  readonly entries: readonly ManifestEntry[];
  readonly maxPages: number | undefined;
  readonly maxHttpResponseBytes: number | undefined;
  readonly maxVarBytes: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly config: ReadonlyMap<string, string>;
  readonly allowedHosts: readonly string[];
  readonly allowedPaths: readonly PathRequest[];
}

/**
 * Parses a manifest.
 *
 * @param value An object, or what `JSON.parse` returned.
 * @returns Its normal form.
 * @throws {PluginError} `manifest/invalid` with the path of the first field that is unknown or wrong.
 */
export function parseManifest(value: unknown): Manifest {
  const fields = readFields(value, "", ["wasm", "memory", "config", "allowedHosts", "allowedPaths", "timeoutMs"]);
  const wasm = fields.get("wasm") ?? failField("wasm", "an array of modules", undefined);
  const items = readArray(wasm);
  if (items.length === 0) failField("wasm", "at least one module", wasm.value);
  if (items.length > MAX_MODULES) failField("wasm", `at most ${MAX_MODULES} modules`, wasm.value);
  const entries = items.map(parseEntry);
  checkNames(entries);
  const memoryField = fields.get("memory");
  const memory = memoryField && readFields(memoryField.value, "memory", ["maxPages", "maxHttpResponseBytes", "maxVarBytes"]);
  const count = (field: Field | undefined, ceiling: number): number | undefined => field && readCount(field, ceiling);
  const config = fields.get("config");
  const hosts = fields.get("allowedHosts");
  const paths = fields.get("allowedPaths");
  return Object.freeze({
    entries,
    maxPages: count(memory?.get("maxPages"), LIMIT_CEILINGS.memoryPages),
    maxHttpResponseBytes: count(memory?.get("maxHttpResponseBytes"), LIMIT_CEILINGS.httpResponseBytes),
    maxVarBytes: count(memory?.get("maxVarBytes"), LIMIT_CEILINGS.varBytes),
    timeoutMs: count(fields.get("timeoutMs"), LIMIT_CEILINGS.timeoutMs),
    config: config ? readStringMap(config) : new Map<string, string>(),
    allowedHosts: hosts ? readArray(hosts).map(readString) : [],
    allowedPaths: paths ? readPaths(paths) : [],
  });
}

const SOURCES = ["path", "url", "data", "module", "response"] as const;

function parseEntry(item: Field): ManifestEntry {
  const fields = readFields(item.value, item.path, [...SOURCES, "method", "headers", "name", "hash"]);
  const sources = SOURCES.filter((name) => fields.has(name));
  const [source] = sources;
  const field = source && fields.get(source);
  if (field === undefined || sources.length > 1) failField(item.path, `exactly one of ${SOURCES.map((name) => `"${name}"`).join(", ")}`, item.value);
  for (const name of ["method", "headers"] as const) {
    const extra = fields.get(name);
    if (extra && source !== "url") failField(extra.path, `no "${name}" beside "${source}"`, extra.value);
  }
  const name = fields.get("name");
  const hash = fields.get("hash");
  return Object.freeze({
    origin: Object.freeze(parseOrigin(source as (typeof SOURCES)[number], field, fields.get("method"), fields.get("headers"))),
    name: name && readString(name),
    hash: hash && readHash(hash),
  });
}

function parseOrigin(source: (typeof SOURCES)[number], field: Field, method: Field | undefined, headers: Field | undefined): ModuleOrigin {
  switch (source) {
    case "path":
      return { kind: "path", path: readString(field) };
    case "url":
      return {
        kind: "url",
        url: readUrl(field),
        method: method ? readString(method) : "GET",
        headers: headers ? readStringMap(headers) : new Map<string, string>(),
      };
    case "data":
      return { kind: "bytes", bytes: readData(field) };
    case "module":
      if (!(field.value instanceof WebAssembly.Module)) failField(field.path, "a WebAssembly.Module", field.value);
      return { kind: "module", module: field.value };
    case "response":
      if (!(field.value instanceof Response)) failField(field.path, "a Response", field.value);
      return { kind: "response", response: field.value };
    default:
      return source satisfies never;
  }
}

const HASH = /^[0-9a-fA-F]{64}$/;

function readHash(field: Field): string {
  const text = readString(field);
  return HASH.test(text) ? text.toLowerCase() : failField(field.path, "64 hexadecimal digits (SHA-256)", field.value);
}

function readUrl({ path, value }: Field): URL {
  if (value instanceof URL) return value;
  const text = readString({ path, value });
  return URL.canParse(text) ? new URL(text) : failField(path, "an absolute URL", value);
}

function readData({ path, value }: Field): Uint8Array<ArrayBuffer> {
  if (typeof value !== "string") return copyBytes(value) ?? failField(path, "base64 text or bytes", value);
  let binary: string;
  try {
    binary = atob(value);
  } catch {
    return failField(path, "base64 text", value);
  }
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function readPaths({ path, value }: Field): readonly PathRequest[] {
  return readEntries(value, path).map(([key, item]) => {
    const isReadOnly = key.startsWith("ro:");
    const guest = readString({ path: `${path}.${key}`, value: item });
    return { host: isReadOnly ? key.slice(3) : key, guest, access: isReadOnly ? "read" : "read-write" };
  });
}

function checkNames(entries: readonly ManifestEntry[]): void {
  const seen = new Set<string>();
  for (const [index, { name }] of entries.entries()) {
    if (name === undefined) continue;
    if (seen.has(name)) failField(`wasm[${index}].name`, "a name that no other module has", name);
    seen.add(name);
  }
}
