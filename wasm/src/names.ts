/**
 * The name section: what stack traces call the functions of a module. It is no part of what the module means, so
 * nothing in it is an error: what can not be read has no name.
 * Source: https://webassembly.github.io/spec/core/appendix/custom.html#name-section
 */
import type { Module, Range } from "./module.ts";
import { Reader } from "./reader.ts";

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
export function functionNameRange(module: Module): Range | undefined {
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
