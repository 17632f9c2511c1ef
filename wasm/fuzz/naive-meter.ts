/**
 * Metering as simple as it can be: before every instruction its cost goes to a global. It is slow and it stops nothing;
 * it says what `limitModule` must count. Test code.
 */
import { SECTION, Writer, encodeModule, parseModule, Reader, walkExpression, type SectionBytes } from "../src/mod.ts";

/** Name of the exported mutable i64 that counts up. */
export const COUNT = "count";

/**
 * Costs of the table in `meter.ts`, written down a second time.
 *
 * @returns Units of one instruction, sizes of bulk operands left out.
 */
function costOf(opcode: number, callsImport: boolean): number {
  switch (opcode) {
    case 0x01: case 0x02: case 0x03: case 0x05: case 0x06: case 0x07: case 0x0b: case 0x18: case 0x19: case 0x1f: return 0;
    case 0x08: case 0x09: case 0x0a: return 256;
    case 0x40: return 256;
    case 0xfc0000 + 15: return 257;
    case 0x10: case 0x12: return callsImport ? 16 : 1;
    default: return 1;
  }
}

/** Puts an exact count before every instruction of a module without bulk instructions. */
export function meterNaively(bytes: Uint8Array): Uint8Array {
  const module = parseModule(bytes);
  const global = module.globals.length;
  const sections: SectionBytes[] = [];
  const section = (id: number): Reader => {
    const found = module.sections.find((candidate) => candidate.id === id);
    return new Reader(bytes, found?.start ?? 0, found?.end ?? 0);
  };
  const extended = (id: number, entry: Uint8Array): void => {
    const reader = section(id);
    const count = reader.end === 0 ? 0 : reader.u32();
    sections.push({ id, parts: [new Writer().u32(count + 1).view(), bytes.subarray(reader.offset, reader.end), entry] });
  };
  for (const id of [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11]) {
    if (id === SECTION.global) extended(id, new Writer().all(0x7e, 1, 0x42, 0, 0x0b).view());
    else if (id === SECTION.export) extended(id, new Writer().string(COUNT).byte(3).u32(global).view());
    else if (id === SECTION.code) sections.push({ id, parts: [codeOf()] });
    else if (section(id).end > 0) sections.push({ id, parts: [bytes.subarray(section(id).offset, section(id).end)] });
  }
  return encodeModule(sections);

  function codeOf(): Uint8Array {
    const code = new Writer(bytes.length * 4).u32(module.code.length);
    for (const { start, end } of module.code) {
      const reader = new Reader(bytes, start, end);
      reader.typeLimit = module.types.length;
      let locals = 0;
      for (let groups = reader.u32(); groups > 0; groups--) {
        locals += reader.u32();
        reader.valueType();
      }
      const body = new Writer((end - start) * 8).raw(bytes, start, reader.offset);
      let entry = locals >> 4;
      let copied = reader.offset;
      const instructions: { opcode: number; at: number; callsImport: boolean }[] = [];
      walkExpression(reader, {
        opcode: (opcode, at) => instructions.push({ opcode, at, callsImport: false }),
        index: (space, index) => {
          const last = instructions.at(-1);
          if (last !== undefined && space === "function") last.callsImport = index < module.imported.function;
        },
      });
      for (const { opcode, at, callsImport } of instructions) {
        body.raw(bytes, copied, at);
        copied = at;
        const cost = costOf(opcode, callsImport) + entry;
        entry = 0;
        // Nothing may stand before `else`, `catch` and `delegate`, and what follows them costs nothing.
        if (cost > 0) body.byte(0x23).u32(global).byte(0x42).signed(cost).byte(0x7c).byte(0x24).u32(global);
      }
      body.raw(bytes, copied, end);
      code.u32(body.length).raw(body.view());
    }
    return code.view();
  }
}
