/**
 * What a plug-in may do by a manifest that the embedder wrote in code, which is the embedder's own word. One that arrived
 * as text or from a URL only asks: `stranger.ts` judges those.
 */

import { DEFAULT_LIMITS, type Limits, type ResolvedLimits } from "../limits.ts";
import type { Manifest } from "./manifest.ts";
import type { ParsedOptions, PathGrant } from "../options.ts";

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
 * @param manifest What the embedder wrote.
 * @param options What the embedder states beside it; limits that are stated here hold.
 * @returns The decision.
 */
export function grantManifest(manifest: Manifest, options: ParsedOptions): Grant {
  const wishes: { readonly [Name in keyof Limits]?: number | undefined } = {
    memoryPages: manifest.maxPages,
    timeoutMs: manifest.timeoutMs,
    varBytes: manifest.maxVarBytes,
    httpResponseBytes: manifest.maxHttpResponseBytes,
  };
  const limits: { -readonly [Name in keyof ResolvedLimits]: number } = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(limits) as (keyof Limits)[]) limits[name] = options.limits[name] ?? wishes[name] ?? limits[name];
  return Object.freeze({
    limits: Object.freeze(limits),
    config: new Map([...manifest.config, ...options.config]),
    hosts: [...manifest.allowedHosts, ...options.allowedHosts],
    paths: [...manifest.allowedPaths, ...options.allowedPaths],
  });
}
