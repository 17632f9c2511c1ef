/** Manifest entries → bytes, with their hash compared before anything else sees them. */

import { PluginError } from "./error.ts";
import type { Manifest, ManifestEntry, ModuleOrigin } from "./manifest.ts";
import type { Platform } from "./platform.ts";
import { fetchUrl, readBody, readFile } from "./source.ts";

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
 * Loads all modules of a manifest at once.
 *
 * @param manifest The manifest.
 * @param platform Reads, fetches and hashes.
 * @returns The modules in the manifest's order.
 * @throws {PluginError} `source/unreadable`, `source/too-large` or `source/hash-mismatch`.
 */
export async function loadModules(manifest: Manifest, platform: Platform): Promise<LoadedPlugin> {
  const { entries } = manifest;
  const named = entries.findIndex((entry) => entry.name === "main");
  const main = named === -1 ? entries.length - 1 : named;
  const modules = await Promise.all(
    entries.map(async (entry, index) => {
      const name = entry.name ?? (index === main ? "main" : `module ${index}`);
      return Object.freeze({ name, content: await loadEntry(entry, name, platform) });
    }),
  );
  return { modules, main };
}

/**
 * @param bytes Any bytes.
 * @param platform Hashes them.
 * @returns Their SHA-256 in lower-case hex.
 */
export async function hashBytes(bytes: Uint8Array<ArrayBuffer>, platform: Platform): Promise<string> {
  const digest = await platform.sha256(bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function loadEntry({ origin, hash }: ManifestEntry, name: string, platform: Platform): Promise<LoadedModule["content"]> {
  const content = await readOrigin(origin, platform);
  if (hash === undefined) return content;
  const actual = content instanceof WebAssembly.Module ? "that of a compiled module, which has no bytes" : await hashBytes(content, platform);
  if (actual === hash) return content;
  throw new PluginError("source/hash-mismatch", `Cannot load the module "${name}": its SHA-256 is ${actual}, the manifest says ${hash}`, { module: name, expected: hash, actual });
}

async function readOrigin(origin: ModuleOrigin, platform: Platform): Promise<LoadedModule["content"]> {
  switch (origin.kind) {
    case "bytes":
      return origin.bytes;
    case "module":
      return origin.module;
    case "path":
      return await readFile(origin.path, platform);
    case "url":
      return await fetchUrl(origin.url, platform, { method: origin.method, headers: [...origin.headers] as [string, string][] });
    case "response":
      return await readBody(origin.response, "the response");
    default:
      return origin satisfies never;
  }
}
