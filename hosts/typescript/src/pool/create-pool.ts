/** The way into this folder. The rest of it is loaded with the first pool, because most pages that use plug-ins need none. */

import { loadPart } from "../part.ts";
import type { PluginSource } from "../source/source.ts";
import type { PoolOptions } from "./options.ts";
import type { Pool } from "./pool.ts";

/**
 * Loads a plug-in once, to be called many times at once.
 *
 * @param source As for `createPlugin`.
 * @param options Those of `createPlugin`, and those of the pool.
 * @returns The pool, with `instances.min` instances started, and at least one.
 * @throws {PluginError} As `createPlugin`.
 */
export async function createPool(source: PluginSource, options: PoolOptions = {}): Promise<Pool> {
  const { openPool } = await loadPart(import("./open.ts"));
  return await openPool(source, options);
}
