/**
 * The data segments of a module that was read. They are tens of thousands in a module from Go, and building limits in needs
 * none of them, so they are listed for those who ask.
 * Source: https://webassembly.github.io/spec/core/binary/modules.html#data-section
 */
import { skipConstant } from "./instruction.ts";
import { SECTION, type DataSegment, type Module } from "./module.ts";
import { Reader } from "./reader.ts";

/**
 * Lists data segments.
 *
 * @param module What `parseModule` made, which checked them.
 * @returns A fresh list, in the order of the module.
 */
export function readData({ bytes, sections, types }: Module): DataSegment[] {
  const segments: DataSegment[] = [];
  const section = sections.find(({ id }) => id === SECTION.data);
  if (section === undefined) return segments;
  const reader = new Reader(bytes, section.start, section.end);
  reader.typeLimit = types.length;
  for (let left = reader.u32(); left > 0; left--) {
    const start = reader.offset;
    const flags = reader.u32();
    const memory = flags === 2 ? reader.u32() : 0;
    const offset = { start: reader.offset, end: 0 };
    if (flags !== 1) skipConstant(reader, {});
    offset.end = reader.offset;
    const size = reader.u32();
    const data = { start: reader.offset, end: reader.offset + size };
    reader.skip(size);
    segments.push({ mode: flags === 1 ? "passive" : "active", memory, offset: flags === 1 ? undefined : offset, start, end: data.end, data });
  }
  return segments;
}
