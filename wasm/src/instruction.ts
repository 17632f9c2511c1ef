/**
 * Walks instructions one by one and shows every index in them. For constant expressions, relocation and the kernel,
 * whose code is short; the code of a plug-in is walked by `meter.ts`, which is made for speed.
 */
import { unknownOpcode } from "./error.ts";
import * as op from "./opcodes.ts";
import type { Reader } from "./reader.ts";

/** An index space that instructions point into. */
export type IndexSpace = "type" | "function" | "table" | "memory" | "global" | "tag" | "element" | "data" | "local";

/** What is called while an expression is walked. */
export interface Visitor {
  /** For each instruction: its opcode, for a prefixed one prefix * 0x10000 + opcode, and where it stands. */
  opcode?(opcode: number, start: number): void;
  /** For each index: what it points into, its value, and the bytes `start` to `end` (exclusive) it takes. */
  index?(space: IndexSpace, index: number, start: number, end: number): void;
  /** For each type index that is written as a heap or block type, signed, in place of `index`. */
  heapType?(index: number, start: number, end: number): void;
  /** For each memory access, in place of `index`: memory, alignment, and the bytes that both take. */
  memarg?(memory: number, align: number, start: number, end: number): void;
}

/**
 * Walks an expression to the `end` that closes it.
 *
 * @param reader Stands at the first instruction; afterwards behind the `end`.
 * @param visitor What to call on the way.
 * @throws {WasmError} `unknown` for an unknown opcode, `malformed` where the bytes end too early.
 */
export function walkExpression(reader: Reader, visitor: Visitor): void {
  const index = (space: IndexSpace): void => {
    const start = reader.offset;
    const value = reader.u32();
    visitor.index?.(space, value, start, reader.offset);
  };
  const heapType = (): void => {
    const start = reader.offset;
    const heap = reader.s33();
    if (heap < 0) return;
    if (visitor.heapType === undefined) visitor.index?.("type", heap, start, reader.offset);
    else visitor.heapType(heap, start, reader.offset);
  };
  const valueType = (): void => {
    const start = reader.offset;
    const byte = reader.byte();
    if (byte === 0x63 || byte === 0x64) return heapType();
    reader.offset = start;
    reader.valueType();
  };
  const blockType = (): void => {
    const byte = reader.bytes[reader.offset] ?? 0;
    if (byte === 0x40) reader.skip(1);
    else if (byte < 0x40 || byte >= 0x80) heapType();
    else valueType();
  };
  const memarg = (): void => {
    const start = reader.offset;
    const align = reader.u32();
    const memory = align & 0x40 ? reader.u32() : 0;
    if (visitor.memarg === undefined) visitor.index?.("memory", memory, start, reader.offset);
    else visitor.memarg(memory, align & ~0x40, start, reader.offset);
    reader.u64();
  };
  for (let depth = 1; depth > 0; ) {
    const start = reader.offset;
    let opcode = reader.byte();
    let kind = op.IMMEDIATES[opcode] ?? op.UNKNOWN;
    if (opcode >= op.FIRST_PREFIX) {
      const prefix = opcode;
      opcode = reader.u32();
      kind = op.prefixedImmediates(prefix, opcode);
      if (kind === op.UNKNOWN) throw unknownOpcode(start, prefix, opcode);
      opcode += prefix * 0x10000;
    }
    visitor.opcode?.(opcode, start);
    switch (kind) {
      case op.PLAIN: break;
      case op.STRUCTURE: if (opcode === 0x0b) depth--; break;
      case op.BLOCK: depth++; blockType(); break;
      case op.TRY_TABLE:
        depth++;
        blockType();
        for (let left = reader.count("catch clauses", 10_000, 2); left > 0; left--) {
          if (reader.byte() < 2) index("tag");
          reader.u32();
        }
        break;
      case op.LABEL:
        if (opcode === 0x18) depth--;
        reader.u32();
        break;
      case op.LABELS: for (let left = reader.count("labels", 65_520) + 1; left > 0; left--) reader.u32(); break;
      case op.FUNCTION: index("function"); break;
      case op.TYPE_TABLE: index("type"); index("table"); break;
      case op.TYPE: index("type"); break;
      case op.TYPES: index("type"); index("type"); break;
      case op.TYPE_NUMBER: index("type"); reader.u32(); break;
      case op.TYPE_DATA: index("type"); index("data"); break;
      case op.TYPE_ELEMENT: index("type"); index("element"); break;
      case op.LOCAL: index("local"); break;
      case op.GLOBAL: index("global"); break;
      case op.TABLE: index("table"); break;
      case op.TABLES: index("table"); index("table"); break;
      case op.MEMARG: memarg(); break;
      case op.MEMARG_LANE: memarg(); reader.skip(1); break;
      case op.MEMORY: index("memory"); break;
      case op.MEMORIES: index("memory"); index("memory"); break;
      case op.DATA_MEMORY: index("data"); index("memory"); break;
      case op.DATA: index("data"); break;
      case op.ELEMENT_TABLE: index("element"); index("table"); break;
      case op.ELEMENT: index("element"); break;
      case op.TAG: index("tag"); break;
      case op.CONST32: reader.s32(); break;
      case op.CONST64: reader.s64(); break;
      case op.BYTE: reader.skip(1); break;
      case op.BYTES4: reader.skip(4); break;
      case op.BYTES8: reader.skip(8); break;
      case op.BYTES16: reader.skip(16); break;
      case op.HEAP_TYPE: heapType(); break;
      case op.VALUE_TYPES: for (let left = reader.count("select types", 1_000); left > 0; left--) valueType(); break;
      case op.CAST: reader.skip(1); reader.u32(); heapType(); heapType(); break;
      default: throw unknownOpcode(start, opcode);
    }
  }
}

/**
 * Walks a constant expression. Nearly all are one `i32.const`, which its visitor need not see; a module from Go has 40,000.
 *
 * @param reader Stands at the first instruction; afterwards behind the `end`.
 * @param visitor What to call on the way.
 * @throws {WasmError} As {@link walkExpression}.
 */
export function skipConstant(reader: Reader, visitor: Visitor): void {
  const { bytes, offset } = reader;
  if (bytes[offset] === 0x41) {
    reader.offset++;
    reader.s32();
    if (reader.byte() === 0x0b) return;
    reader.offset = offset;
  }
  walkExpression(reader, visitor);
}
