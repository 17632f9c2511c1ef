/**
 * Makes an instance of code that plug-ins share into that of one plug-in: its memory as large and as full as its module
 * says, its exports under their names. Runs after the instance is made and before anything of the plug-in runs, so
 * nobody can tell it from an instance of the whole module. See `split.ts` of `@tenon/wasm`.
 */

import type { Image } from "@tenon/wasm/split";
import { RESERVED } from "@tenon/wasm/reserved";

/**
 * Puts an image in place.
 *
 * @param exports Exports of a fresh instance of the code.
 * @param image What the plug-in's module begins with; copied.
 * @returns The exports as the module names them, and those of the host's own.
 * @throws {RangeError} If the engine has no room for the memory.
 */
export function placeImage(exports: WebAssembly.Exports, { pages, memory: memoryName, exports: names, chunks }: Image): WebAssembly.Exports {
  const memory = exports[memoryName] as WebAssembly.Memory;
  memory.grow(pages);
  const bytes = new Uint8Array(memory.buffer);
  for (const chunk of chunks) bytes.set(chunk.bytes, chunk.offset);
  const named = Object.create(null) as WebAssembly.Exports;
  for (const { name, as } of names) named[name] = exports[as] as WebAssembly.ExportValue;
  for (const name of Object.keys(exports)) if (name.startsWith(RESERVED)) named[name] = exports[name] as WebAssembly.ExportValue;
  return named;
}
