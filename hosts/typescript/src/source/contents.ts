/** What a plug-in is made of, read but neither compiled nor granted anything: for tools that look before they run. */

import { loadModules } from "./load.ts";
import type { PathRequest } from "./manifest.ts";
import { loadPart } from "../part.ts";
import { defaultPlatform, type Platform } from "../platform.ts";
import { nameOf, type PluginSource, readSource } from "./source.ts";

/** One module of a plug-in. */
export interface PluginModule {
  /** Name that other modules import it by. */
  readonly name: string;
  /** Whether its functions are the plug-in's. */
  readonly isMain: boolean;
  /** Its bytes; their hash was compared if the manifest states one. `undefined` if it came compiled. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

/** A plug-in that was read. */
export interface PluginContents {
  /** Name that `createPlugin` gives it if none is stated. */
  readonly name: string;
  readonly modules: readonly PluginModule[];
  /** Hosts that its manifest asks for. */
  readonly hosts: readonly string[];
  /** Folders that its manifest asks for. */
  readonly paths: readonly PathRequest[];
}

/**
 * Reads a plug-in without running any of it.
 *
 * @param source What `createPlugin` takes.
 * @param platform The runtime to stand on; by default the one this package was loaded for.
 * @returns Its modules and what its manifest asks for.
 * @throws {PluginError} `source/…` or `manifest/…`.
 */
export async function readPlugin(source: PluginSource, platform: Platform = defaultPlatform()): Promise<PluginContents> {
  const { manifest, author } = await readSource(source, platform);
  if (author !== "embedder") (await loadPart(import("./stranger.ts"))).checkModules(manifest, author);
  const { modules, main } = await loadModules(manifest, author, platform);
  return Object.freeze({
    name: nameOf(manifest, source),
    modules: modules.map(({ name, content }, index) =>
      Object.freeze({ name, isMain: index === main, bytes: content instanceof WebAssembly.Module ? undefined : content }),
    ),
    hosts: manifest.allowedHosts,
    paths: manifest.allowedPaths,
  });
}
