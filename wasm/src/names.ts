/**
 * The name section: what stack traces call the functions of a module. It is no part of what the module means, so
 * nothing in it is an error: what can not be read has no name.
 * Source: https://webassembly.github.io/spec/core/appendix/custom.html#name-section
 */
import { WasmError } from "./error.ts";
import type { Module, Range } from "./module.ts";
import { Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

/**
 * Names of the functions, by index.
 *
 * @param module The module.
 * @returns A fresh map; empty without a name section.
 */
export function functionNames(module: Module): Map<number, string> {
  const names = new Map<number, string>();
  const range = functionNameRange(module);
  if (range === undefined) return names;
  const reader = new Reader(module.bytes, range.start, range.end);
  try {
    for (let left = reader.u32(); left > 0; left--) names.set(reader.u32(), reader.string());
  } catch {
    // Names end where they can not be read.
  }
  return names;
}

/** Where the list of function names stands: a count, then index and name of each. */
function functionNameRange(module: Module): Range | undefined {
  const section = module.sections.find(({ name }) => name === "name");
  if (section === undefined) return undefined;
  const reader = new Reader(module.bytes, section.start, section.end);
  try {
    while (reader.offset < section.end) {
      const id = reader.byte();
      const size = reader.u32();
      const start = reader.offset;
      reader.skip(size);
      if (id === 1) return { start, end: reader.offset };
    }
  } catch {
    return undefined;
  }
  return undefined;
}

/**
 * The name section for a module whose functions have new indices; it holds the names of functions alone.
 *
 * @param map New index of a function.
 * @param dropped Functions that are gone.
 * @returns The payload of the custom section, its own name included, or `undefined` if there are no names.
 */
export function renumberNames(module: Module, map: (index: number) => number, dropped: ReadonlySet<number>): Uint8Array | undefined {
  const range = functionNameRange(module);
  if (range === undefined) return undefined;
  const { bytes } = module;
  const names = new Writer(range.end - range.start + 1024);
  const reader = new Reader(bytes, range.start, range.end);
  let count = 0;
  try {
    for (let left = reader.u32(); left > 0; left--) {
      const index = reader.u32();
      const start = reader.offset;
      reader.skip(reader.u32());
      if (dropped.has(index) || index >= module.functions.length) continue;
      names.u32(map(index)).raw(bytes, start, reader.offset);
      count++;
    }
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
  }
  const list = new Writer(5).u32(count).view();
  return new Writer(names.length + 32).string("name").byte(1).u32(list.length + names.length).raw(list).raw(names.view()).view();
}
