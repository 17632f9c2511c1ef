/**
 * Compares what a manifest asks for that the embedder did not write in code with what the embedder grants. It may lower
 * limits, and anything else must stand in the options too, or the plug-in is refused. Loaded for such manifests alone.
 */

import { PluginError } from "../error.ts";
import type { ParsedOptions } from "../options.ts";
import { type Grant, grantManifest } from "./grant.ts";
import type { Manifest } from "./manifest.ts";
import type { Author } from "./source.ts";

/** What a manifest may ask for beside its modules and configuration, none of it. */
const NOTHING = { maxPages: undefined, timeoutMs: undefined, maxVarBytes: undefined, maxHttpResponseBytes: undefined, allowedHosts: [], allowedPaths: [] } as const;

/** Limits that a manifest may lower: where the wish stands in the manifest, and what it is called there. */
const LOWERED = [
  ["memoryPages", "maxPages", "memory.max_pages"],
  ["timeoutMs", "timeoutMs", "timeout_ms"],
  ["varBytes", "maxVarBytes", "memory.max_var_bytes"],
  ["httpResponseBytes", "maxHttpResponseBytes", "memory.max_http_response_bytes"],
] as const;

/**
 * Decides what a plug-in may do whose manifest is not the embedder's.
 *
 * @param manifest What is asked for.
 * @param author Who asks, not the embedder.
 * @param options What the embedder states.
 * @returns The decision: what the options grant, and limits that are no higher.
 * @throws {PluginError} `manifest/not-granted` for the first thing asked for and not granted.
 */
export function grantStranger(manifest: Manifest, author: Author, options: ParsedOptions): Grant {
  checkHosts(manifest, options);
  checkPaths(manifest, options);
  checkModules(manifest, author);
  const granted = grantManifest({ ...manifest, ...NOTHING }, options);
  const limits = { ...granted.limits };
  for (const [name, field, path] of LOWERED) {
    const wish = manifest[field];
    if (wish === undefined) continue;
    if (wish > limits[name]) refuse(path, String(wish), `raise limits.${name}, which is ${limits[name]}`);
    limits[name] = wish;
  }
  return Object.freeze({ ...granted, limits: Object.freeze(limits) });
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
