/**
 * Copies code to where indices mean something else: for the kernel in a plug-in's module, and for linkers.
 */
import { walkExpression, type IndexSpace } from "./instruction.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** The new index of something in a module that is moved. */
export type MapIndex = (space: IndexSpace, index: number) => number;

/**
 * Copies an expression with new indices.
 *
 * @param reader Stands at its first instruction; afterwards behind its `end`.
 * @param writer Gets the expression, `end` included.
 * @param map Called for each index, locals excepted.
 * @throws {WasmError} `unknown` or `malformed`, as the walk finds it.
 */
export function relocateExpression(reader: Reader, writer: Writer, map: MapIndex): void {
  let copied = reader.offset;
  const upTo = (start: number, end: number): Writer => {
    writer.raw(reader.bytes, copied, start);
    copied = end;
    return writer;
  };
  walkExpression(reader, {
    index(space, index, start, end) {
      if (space === "local") return;
      const mapped = map(space, index);
      if (mapped !== index) upTo(start, end).u32(mapped);
    },
    heapType(index, start, end) {
      upTo(start, end).signed(map("type", index));
    },
    memarg(memory, align, start, end) {
      const mapped = map("memory", memory);
      if (mapped === memory) return;
      if (mapped === 0) upTo(start, end).u32(align);
      else upTo(start, end).u32(align | 0x40).u32(mapped);
    },
  });
  upTo(reader.offset, reader.offset);
}

/**
 * Copies a function body with new indices: its locals, then its code.
 *
 * @param reader Stands at its locals; afterwards at its end.
 * @param writer Gets the body with its size before it.
 * @param map Called for each index, locals excepted.
 */
export function relocateBody(reader: Reader, writer: Writer, map: MapIndex, scratch: Writer): void {
  scratch.length = 0;
  const start = reader.offset;
  const groups = reader.count("locals", 50_000, 2);
  scratch.raw(reader.bytes, start, reader.offset);
  for (let left = groups; left > 0; left--) {
    scratch.u32(reader.u32());
    scratch.valueType(mapValueType(reader.valueType(), map));
  }
  relocateExpression(reader, scratch, map);
  writer.u32(scratch.length).raw(scratch.view());
}

function mapValueType(type: number, map: MapIndex): number {
  const heap = type > 255 ? Math.floor(type / 256) - 128 : -1;
  return heap < 0 ? type : (type & 0xff) + (map("type", heap) + 128) * 256;
}
