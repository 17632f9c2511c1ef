/** Manifest entries → bytes, with their hash compared before anything else sees them. */

import { PluginError } from "../error.ts";
import { MAX_SOURCE_BYTES } from "../limits.ts";
import type { Manifest, ModuleOrigin } from "./manifest.ts";
import type { Platform } from "../platform.ts";
import { type Author, fetchUrl, readBody, readFile, withSignal } from "./source.ts";

/** A module with its bytes, or compiled already. */
export interface LoadedModule {
  /** Name that other modules import it by: the manifest's, else `main` for the main module, else its position. */
  readonly name: string;
  readonly content: Uint8Array<ArrayBuffer> | WebAssembly.Module;
}

/** All modules of a plug-in. */
export interface LoadedPlugin {
  readonly modules: readonly LoadedModule[];
  /** Index of the main module: the one named `main`, else the last. */
  readonly main: number;
}

/**
 * Loads all modules of a manifest, one after the other, so that together they stay within what the host reads.
 *
 * @param manifest The manifest.
 * @param author Who wrote it; a stranger is not told the hash of what was read for it.
 * @param platform Reads, fetches and hashes.
 * @param signal Ends fetching.
 * @returns The modules in the manifest's order.
 * @throws {PluginError} `source/unreadable`, `source/too-large` or `source/hash-mismatch`.
 */
export async function loadModules(manifest: Manifest, author: Author, platform: Platform, signal?: AbortSignal): Promise<LoadedPlugin> {
  const { entries } = manifest;
  const named = entries.findIndex((entry) => entry.name === "main");
  const main = named === -1 ? entries.length - 1 : named;
  const modules: LoadedModule[] = [];
  let leftBytes = MAX_SOURCE_BYTES;
  for (const [index, { origin, name: stated, hash }] of entries.entries()) {
    const name = stated ?? (index === main ? "main" : `module ${index}`);
    const content = await readOrigin(origin, platform, leftBytes, signal);
    if (!(content instanceof WebAssembly.Module)) leftBytes -= content.length;
    if (hash !== undefined) await checkHash(content, hash, name, author, platform);
    modules.push(Object.freeze({ name, content }));
  }
  return { modules, main };
}

/** SHA-256 in lower-case hex, or why there is none. */
async function hashBytes(bytes: Uint8Array<ArrayBuffer>, { sha256 }: Platform): Promise<string> {
  if (sha256 === undefined) return "unknown without HTTPS";
  const digest = await sha256(bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function checkHash(content: LoadedModule["content"], hash: string, module: string, author: Author, platform: Platform): Promise<void> {
  const digest = content instanceof WebAssembly.Module ? "unknown once compiled" : await hashBytes(content, platform);
  if (digest === hash) return;
  const actual = author === "embedder" || digest.length < 64 ? digest : "another";
  throw new PluginError("source/hash-mismatch", `Cannot load the module "${module}": its SHA-256 is ${actual}, the manifest says ${hash}`, { module, expected: hash, actual });
}

async function readOrigin(origin: ModuleOrigin, platform: Platform, maxBytes: number, signal: AbortSignal | undefined): Promise<LoadedModule["content"]> {
  switch (origin.kind) {
    case "bytes":
      return origin.bytes;
    case "module":
      return origin.module;
    case "path":
      return await readFile(origin.path, platform, maxBytes);
    case "url":
      return await fetchUrl(origin.url, platform, { method: origin.method, headers: [...origin.headers] as [string, string][], ...withSignal(signal) }, maxBytes);
    case "response":
      return await readBody(origin.response, "the response", maxBytes);
    default:
      return origin satisfies never;
  }
}
