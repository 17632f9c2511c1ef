/** From whatever the embedder names to a running pool. */

import { type PreparedPlugin, preparePlugin } from "../create.ts";
import type { Engine } from "../engine.ts";
import { defaultPlatform } from "../platform.ts";
import type { PluginSource } from "../source/source.ts";
import { systemClock } from "./clock.ts";
import { parsePoolOptions, type PoolOptions } from "./options.ts";
import { Pool } from "./pool.ts";

/**
 * Loads a plug-in and starts the first instances.
 *
 * @param source As for `createPool`.
 * @param options As for `createPool`.
 * @returns The pool.
 * @throws {PluginError} As `createPool`.
 */
export async function openPool(source: PluginSource, options: PoolOptions): Promise<Pool> {
  const settings = parsePoolOptions(options);
  const { isolation: _isolation, instances: _instances, queue: _queue, breaker: _breaker, onEvent: _onEvent, clock, ...pluginOptions } = options;
  const prepared = await preparePlugin(source, pluginOptions);
  const engines = await startAll(prepared, Math.max(1, settings.min));
  return new Pool(prepared, settings, clock ?? systemClock(options.platform ?? defaultPlatform()), engines);
}

/** Starts several engines, or none: if one fails, the others are closed. */
async function startAll({ start }: PreparedPlugin, count: number): Promise<readonly Engine[]> {
  const starts = await Promise.allSettled(Array.from({ length: count }, async () => await start()));
  const engines = starts.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const failed = starts.find((each) => each.status === "rejected");
  if (failed === undefined) return engines;
  await Promise.all(engines.map((engine) => engine.close()));
  throw failed.reason;
}
