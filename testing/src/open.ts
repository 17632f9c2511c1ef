/** Opens the plug-in under test: the one `tenon test` has built, or any other. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { createPlugin } from "@tenon/host";

import { TestPlugin } from "./test-plugin.ts";
import { createWorld, type WorldOptions } from "./world.ts";

/** Options of the plug-in under test. */
export type OpenOptions = WorldOptions & {
  /** Path or bytes of a module; by default what `tenon test` has built, else `plugin.wasm` in the working directory. */
  readonly source?: string | URL | Uint8Array;
};

/**
 * Opens a plug-in for a test.
 *
 * @param options Options of the host, stand-ins, and where the plug-in is.
 * @returns The plug-in; close it, or let `await using` do so.
 * @throws {Error} If it cannot be read.
 * @throws {PluginError} If it cannot be loaded.
 */
export async function openPlugin({ source = process.env["TENON_PLUGIN"] ?? "plugin.wasm", ...options }: OpenOptions = {}): Promise<TestPlugin> {
  const world = createWorld({ name: "plugin", ...options });
  const bytes = source instanceof Uint8Array ? source : await read(source);
  return new TestPlugin(await createPlugin(bytes, world.options), world, bytes);
}

async function read(source: string | URL): Promise<Uint8Array> {
  const path = source instanceof URL ? fileURLToPath(source) : source;
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Error(`Cannot open the plug-in "${path}": it cannot be read; run "tenon test", or "tenon build" first`, { cause });
  }
}
