/** Runs a WASI command by way of `createPlugin()`, and tells what it logged. */

import { createPlugin, type LogEntry, type PluginOptions } from "../../src/node.ts";
import { HAS_THREADS, workerPlatform } from "../worker-platform.ts";

/** The engines that there are, and the options that choose each. */
export const ENGINES: readonly { engine: string; on: PluginOptions }[] = [
  { engine: "inline", on: { engine: "inline" } },
  // skipped because WebKitGTK shares no memory between threads
  ...(HAS_THREADS ? [{ engine: "worker", on: { engine: "worker", platform: workerPlatform } } as const] : []),
];

/** Bytes out of Base64. */
export const decode = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** Calls `_start` once; `code` is that of its failure. */
export async function runCommand(program: string, options: PluginOptions): Promise<{ lines: string[]; entries: LogEntry[]; code: string | undefined }> {
  const entries: LogEntry[] = [];
  await using sut = await createPlugin(decode(program), { ...options, logger: (entry) => entries.push(entry) });
  let code: string | undefined;
  try {
    await sut.call("_start");
  } catch (error) {
    code = (error as { code: string }).code;
  }
  return { lines: entries.map((entry) => entry.text), entries, code };
}
