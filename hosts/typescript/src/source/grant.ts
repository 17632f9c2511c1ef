/**
 * Compares what a manifest asks for with what the embedder grants.
 *
 * A manifest that the embedder wrote in code is its own word. One that arrived as text or from a URL only asks: it may
 * lower limits, and anything else must stand in the options too, or the plug-in is refused.
 */

import { PluginError } from "../error.ts";
import { DEFAULT_LIMITS, type Limits, type ResolvedLimits } from "../limits.ts";
import type { Manifest } from "./manifest.ts";
import type { ParsedOptions, PathGrant } from "../options.ts";
import type { Author } from "./source.ts";

/** What a plug-in may do. */
export interface Grant {
  readonly limits: ResolvedLimits;
  readonly config: ReadonlyMap<string, string>;
  readonly hosts: readonly string[];
  readonly paths: readonly PathGrant[];
}

/**
 * Decides what a plug-in may do.
 *
 * @param manifest What is asked for.
 * @param author Who asks.
 * @param options What the embedder states.
 * @returns The decision.
 * @throws {PluginError} `manifest/not-granted` for the first thing asked for and not granted.
 */
export function grantManifest(manifest: Manifest, author: Author, options: ParsedOptions): Grant {
  const isTrusted = author === "embedder";
  if (!isTrusted) {
    checkHosts(manifest, options);
    checkPaths(manifest, options);
    checkModules(manifest, author);
  }
  return Object.freeze({
    limits: resolveLimits(manifest, isTrusted, options),
    config: new Map([...manifest.config, ...options.config]),
    hosts: isTrusted ? [...manifest.allowedHosts, ...options.allowedHosts] : options.allowedHosts,
    paths: isTrusted ? [...manifest.allowedPaths, ...options.allowedPaths] : options.allowedPaths,
  });
}

function resolveLimits(manifest: Manifest, isTrusted: boolean, options: ParsedOptions): ResolvedLimits {
  const asked: { readonly [Name in keyof Limits]?: readonly [string, number | undefined] } = {
    memoryPages: ["memory.max_pages", manifest.maxPages],
    timeoutMs: ["timeout_ms", manifest.timeoutMs],
    varBytes: ["memory.max_var_bytes", manifest.maxVarBytes],
    httpResponseBytes: ["memory.max_http_response_bytes", manifest.maxHttpResponseBytes],
  };
  const limits: { -readonly [Name in keyof ResolvedLimits]: number } = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(limits) as (keyof Limits)[]) {
    const [path, wish] = asked[name] ?? ["", undefined];
    const stated = options.limits[name];
    const ceiling = stated ?? DEFAULT_LIMITS[name];
    if (wish !== undefined && !isTrusted && wish > ceiling) refuse(path, String(wish), `raise limits.${name}, which is ${ceiling}`);
    limits[name] = isTrusted ? (stated ?? wish ?? ceiling) : Math.min(wish ?? ceiling, ceiling);
  }
  return Object.freeze(limits);
}

function checkHosts(manifest: Manifest, options: ParsedOptions): void {
  for (const [index, host] of manifest.allowedHosts.entries()) {
    if (!options.allowedHosts.includes(host)) refuse(`allowed_hosts[${index}]`, host, "add it to allow.hosts");
  }
}

function checkPaths(manifest: Manifest, options: ParsedOptions): void {
  for (const { host, guest, access } of manifest.allowedPaths) {
    const isGranted = options.allowedPaths.some((path) => path.host === host && path.guest === guest && (path.access === access || access === "read"));
    if (!isGranted) refuse(`allowed_paths.${host}`, `${access} ${host} as ${guest}`, "add it to allow.paths");
  }
}

/**
 * Checks what a stranger's manifest makes the host read: a text may name files and URLs to be read, but send nothing; who
 * serves a manifest must not learn which files this machine has.
 *
 * @param manifest What is asked for.
 * @param author Who asks, not the embedder.
 * @throws {PluginError} `manifest/not-granted` if it asks for more.
 */
export function checkModules(manifest: Manifest, author: Author): void {
  for (const [index, { origin }] of manifest.entries.entries()) {
    if (origin.kind === "url" && origin.method !== "GET") refuse(`wasm[${index}].method`, origin.method, "only a manifest written in code may send anything but GET");
    if (origin.kind === "url" && origin.headers.size > 0) refuse(`wasm[${index}].headers`, [...origin.headers.keys()].join(", "), "only a manifest written in code may send headers");
    if (author !== "remote") continue;
    if (origin.kind === "path") refuse(`wasm[${index}].path`, origin.path, "a manifest from a URL may not name files of this machine; use url or data");
    if (origin.kind === "url" && origin.url.protocol === "file:") refuse(`wasm[${index}].url`, origin.url.href, "a manifest from a URL may not name files of this machine");
  }
}

function refuse(path: string, asked: string, advice: string): never {
  throw new PluginError("manifest/not-granted", `Cannot grant "${path}": the manifest asks for "${asked}" and was not written in code; ${advice}`, { path, asked });
}
