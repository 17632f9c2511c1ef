/** Parts of the host that are loaded when they are first needed. */

import { PluginError } from "./error.ts";

/**
 * Waits for a part.
 *
 * @param loading What `import()` gave.
 * @returns The part.
 * @throws {PluginError} `host/incomplete` if it cannot be loaded.
 */
export async function loadPart<Part>(loading: Promise<Part>): Promise<Part> {
  try {
    return await loading;
  } catch (cause) {
    throw new PluginError("host/incomplete", `Cannot load part of the host: ${String(cause)}; serve it all`, {}, { cause });
  }
}
