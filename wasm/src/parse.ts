/**
 * Reads a module into its parts: everything but the code, whose bodies are ranges of the file.
 *
 *   \0asm 1 | type | import | function | table | memory | tag | global | export | start | element | data count | code | data
 *
 * Checked are the structure and every index outside of code, so that what is appended later stays out of reach. It is
 * no validator: types of instructions are the engine's business.
 *
 * Longer than 350 lines because sections point into each other: one parser holds the index spaces that all are checked by.
 * Source: https://webassembly.github.io/spec/core/binary/modules.html
 */
import { WasmError } from "./error.ts";
import { skipConstant, type IndexSpace, type Visitor } from "./instruction.ts";
import * as limits from "./engine-limits.ts";
import {
  SECTION, type DefinedType, type Definition, type ElementSegment, type Export, type ExternKind,
  type GlobalType, type Import, type ImportCounts, type MemoryType, type Module, type Range, type Section, type TableType,
} from "./module.ts";
import { Reader } from "./reader.ts";
import { readLimits } from "./size.ts";
import type { ValueType } from "./value-type.ts";

const KINDS: readonly ExternKind[] = ["function", "table", "memory", "global", "tag"];
/** Sections in the order in which they must stand: the place of each id. */
const ORDER: readonly number[] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6];

/** Instructions that a constant expression may allocate with, by opcode as visitors see it. */
const ALLOCATING: ReadonlyMap<number, string> = new Map([
  [0xfb_0000, "struct.new"], [0xfb_0001, "struct.new_default"], [0xfb_0006, "array.new"], [0xfb_0007, "array.new_default"],
  [0xfb_0008, "array.new_fixed"],
]);

/**
 * Reads a module.
 *
 * @param bytes The whole file; kept, not copied.
 * @throws {WasmError} `malformed`, `unknown` or `too-large`, with the byte offset, for anything that is not a module.
 */
export function parseModule(bytes: Uint8Array): Module {
  return new Parser(bytes).parse();
}

class Parser {
  readonly reader: Reader;
  readonly sections: Section[] = [];
  readonly types: DefinedType[] = [];
  readonly imports: Import[] = [];
  readonly imported: ImportCounts = { function: 0, table: 0, memory: 0, global: 0, tag: 0 };
  readonly functions: number[] = [];
  readonly tables: TableType[] = [];
  readonly memories: MemoryType[] = [];
  readonly globals: GlobalType[] = [];
  readonly tags: number[] = [];
  readonly tableDefinitions: Definition[] = [];
  readonly memoryDefinitions: Definition[] = [];
  readonly globalDefinitions: Definition[] = [];
  readonly exports: Export[] = [];
  readonly elements: ElementSegment[] = [];
  #dataSegments = 0;
  readonly code: Range[] = [];
  start: number | undefined;
  dataCount: number | undefined;
  constantAllocation: Module["constantAllocation"];
  #customSections = 0;
  readonly #constantVisitor: Visitor = {
    index: (space, index, at) => this.#check(space, index, at),
    opcode: (opcode, offset) => {
      const construct = ALLOCATING.get(opcode);
      if (construct !== undefined) this.constantAllocation ??= { construct, offset };
    },
  };

  constructor(bytes: Uint8Array) {
    this.reader = new Reader(bytes);
  }

  parse(): Module {
    const { reader } = this;
    const bytes = reader.bytes;
    if (bytes[0] !== 0 || bytes[1] !== 0x61 || bytes[2] !== 0x73 || bytes[3] !== 0x6d)
      throw new WasmError("malformed", "module", 0, "it does not begin with \\0asm");
    if (bytes[4] !== 1 || bytes[5] !== 0 || bytes[6] !== 0 || bytes[7] !== 0)
      throw new WasmError("unknown", "version", 4, bytes[6] === 1 ? "this is a component, not a module" : "only version 1 is known");
    reader.offset = 8;
    let last = 0;
    while (reader.offset < bytes.length) {
      const start = reader.offset;
      const id = reader.byte();
      const size = reader.u32();
      const end = reader.offset + size;
      if (end > bytes.length)
        throw new WasmError("malformed", `section ${id}`, start, `${size} bytes are announced and ${bytes.length - reader.offset} are left`);
      if (id >= ORDER.length) throw new WasmError("unknown", `section ${id}`, start, "this section is not known");
      reader.end = end;
      if (id !== SECTION.custom) {
        const place = ORDER[id] as number;
        if (place <= last) throw new WasmError("malformed", `section ${id}`, start, "it is there twice or out of order");
        last = place;
      }
      if (id === SECTION.custom && ++this.#customSections > limits.CUSTOM_SECTIONS)
        throw new WasmError("too-large", "custom sections", start, `more than ${limits.CUSTOM_SECTIONS} are there`);
      const name = id === SECTION.custom ? reader.string() : undefined;
      this.sections.push({ id, name, start: reader.offset, end });
      if (id === SECTION.custom) reader.offset = end;
      else this.#section(id);
      if (reader.offset !== end) throw new WasmError("malformed", `section ${id}`, reader.offset, `it ends at byte ${end}`);
      reader.end = bytes.length;
    }
    if (this.code.length !== this.functions.length - this.imported.function)
      throw new WasmError("malformed", "code section", bytes.length, "it has another number of functions than are declared");
    if (this.dataCount !== undefined && this.dataCount !== this.#dataSegments)
      throw new WasmError("malformed", "data section", bytes.length, "it has another number of segments than are announced");
    const { sections, types, imports, imported, functions, tables, memories, globals, tags, start, dataCount } = this;
    const { tableDefinitions, memoryDefinitions, globalDefinitions, exports, elements, code, constantAllocation } = this;
    return {
      bytes, sections, types, imports, imported, functions, tables, memories, globals, tags, tableDefinitions,
      memoryDefinitions, globalDefinitions, exports, start, elements, dataCount, code, constantAllocation,
    };
  }

  #section(id: number): void {
    const { reader } = this;
    switch (id) {
      case SECTION.type: return this.#typeSection();
      case SECTION.import: return this.#each("imports", limits.IMPORTS, 3, () => this.#import());
      case SECTION.function: return this.#each("functions", limits.FUNCTIONS, 1, () => this.functions.push(this.#typeIndex()));
      case SECTION.table: return this.#each("tables", limits.TABLES, 3, () => this.#table());
      case SECTION.memory:
        return this.#each("memories", limits.MEMORIES, 2, () => {
          const start = reader.offset;
          this.memories.push(this.#memoryType());
          this.memoryDefinitions.push({ start, end: reader.offset, init: undefined });
        });
      case SECTION.tag: return this.#each("tags", limits.TAGS, 2, () => this.tags.push(this.#tagType()));
      case SECTION.global:
        return this.#each("globals", limits.GLOBALS, 4, () => {
          const start = reader.offset;
          const type = this.#globalType();
          const init = this.#constant();
          this.globals.push(type);
          this.globalDefinitions.push({ start, end: reader.offset, init });
        });
      case SECTION.export: return this.#each("exports", limits.EXPORTS, 3, () => this.#export());
      case SECTION.start: this.start = this.#index("function"); return;
      case SECTION.element: return this.#each("element segments", limits.ELEMENT_SEGMENTS, 2, () => this.#element());
      case SECTION.dataCount: this.dataCount = reader.u32(); return;
      case SECTION.code:
        return this.#each("function bodies", limits.FUNCTIONS, 3, () => {
          const size = reader.u32();
          const start = reader.offset;
          reader.skip(size);
          this.code.push({ start, end: reader.offset });
        });
      case SECTION.data:
        return this.#each("data segments", limits.DATA_SEGMENTS, 2, () => {
          this.#data();
          this.#dataSegments++;
        });
    }
  }

  #each(what: string, limit: number, minBytes: number, read: () => unknown): void {
    for (let left = this.reader.count(what, limit, minBytes); left > 0; left--) read();
  }

  #typeSection(): void {
    const { reader } = this;
    this.#each("types", limits.TYPES, 2, () => {
      const first = reader.bytes[reader.offset];
      const group = first === 0x4e ? (reader.offset++, reader.count("types of a group", limits.TYPES, 2)) : 1;
      if (this.types.length + group > limits.TYPES) throw new WasmError("too-large", "types", reader.offset, "engines accept fewer");
      reader.typeLimit = this.types.length + group;
      for (let left = group; left > 0; left--) this.#definedType();
    });
    reader.typeLimit = this.types.length;
  }

  #definedType(): void {
    const { reader } = this;
    const start = reader.offset;
    let form = reader.byte();
    if (form === 0x50 || form === 0x4f) {
      this.#each("supertypes", 1, 1, () => this.#check("type", reader.u32(), start));
      form = reader.byte();
    }
    if (form === 0x60) {
      const params = this.#valueTypes("parameters", limits.PARAMETERS);
      const results = this.#valueTypes("results", limits.RESULTS);
      this.types.push({ kind: "function", signature: { params, results } });
    } else if (form === 0x5f) {
      this.#each("fields", limits.FIELDS, 2, () => this.#field());
      this.types.push({ kind: "struct", signature: undefined });
    } else if (form === 0x5e) {
      this.#field();
      this.types.push({ kind: "array", signature: undefined });
    } else throw new WasmError("unknown", `type form 0x${form.toString(16)}`, start, "this form of type is not known");
  }

  #valueTypes(what: string, limit: number): ValueType[] {
    const types: ValueType[] = [];
    this.#each(what, limit, 1, () => types.push(this.reader.valueType()));
    return types;
  }

  #field(): void {
    const { reader } = this;
    const first = reader.bytes[reader.offset];
    if (first === 0x78 || first === 0x77) reader.skip(1);
    else reader.valueType();
    this.#flag("mutability");
  }

  #flag(what: string): boolean {
    const start = this.reader.offset;
    const flag = this.reader.byte();
    if (flag > 1) throw new WasmError("malformed", what, start, `${flag} is neither 0 nor 1`);
    return flag === 1;
  }

  #import(): void {
    const { reader } = this;
    const start = reader.offset;
    const module = reader.string();
    const name = reader.string();
    const typeStart = reader.offset;
    const kind = this.#kind();
    switch (kind) {
      case "function": this.functions.push(this.#typeIndex()); break;
      case "table": this.tables.push(this.#tableType()); break;
      case "memory": this.memories.push(this.#memoryType()); break;
      case "global": this.globals.push(this.#globalType()); break;
      case "tag": this.tags.push(this.#tagType()); break;
      default: kind satisfies never;
    }
    this.imports.push({ module, name, kind, index: this.imported[kind]++, typeStart, range: { start, end: reader.offset } });
  }

  #kind(): ExternKind {
    const start = this.reader.offset;
    const byte = this.reader.byte();
    const kind = KINDS[byte];
    if (kind === undefined) throw new WasmError("unknown", `kind ${byte}`, start, "this kind of import or export is not known");
    return kind;
  }

  #export(): void {
    const { reader } = this;
    const start = reader.offset;
    const name = reader.string();
    const kind = this.#kind();
    this.exports.push({ name, kind, index: this.#index(kind), range: { start, end: reader.offset } });
  }

  #table(): void {
    const { reader } = this;
    const start = reader.offset;
    const hasInit = reader.bytes[start] === 0x40;
    if (hasInit) {
      reader.skip(1);
      if (reader.byte() !== 0) throw new WasmError("unknown", "table", start, "its form is not known");
    }
    const type = this.#tableType();
    const init = hasInit ? this.#constant() : undefined;
    this.tables.push(type);
    this.tableDefinitions.push({ start, end: reader.offset, init });
  }

  #tableType(): TableType {
    const element = this.reader.valueType();
    return { element, ...readLimits(this.reader, "table") };
  }

  #memoryType(): MemoryType {
    return readLimits(this.reader, "memory");
  }

  #globalType(): GlobalType {
    return { type: this.reader.valueType(), mutable: this.#flag("mutability") };
  }

  #tagType(): number {
    const start = this.reader.offset;
    if (this.reader.byte() !== 0) throw new WasmError("unknown", "tag", start, "its form is not known");
    return this.#typeIndex();
  }

  #typeIndex(): number {
    return this.#index("type");
  }

  /** Reads an index and checks it against what is there so far. */
  #index(space: IndexSpace): number {
    const start = this.reader.offset;
    return this.#check(space, this.reader.u32(), start);
  }

  #check(space: IndexSpace, index: number, offset: number): number {
    if (index >= this.#sizeOf(space)) throw new WasmError("malformed", `${space} index`, offset, `there is no ${space} ${index}`);
    return index;
  }

  #sizeOf(space: IndexSpace): number {
    switch (space) {
      case "type": return this.reader.typeLimit;
      case "function": return this.functions.length;
      case "table": return this.tables.length;
      case "memory": return this.memories.length;
      case "global": return this.globals.length;
      case "tag": return this.tags.length;
      case "element": case "data": case "local": return 0; // no constant expression may use them
      default: return space satisfies never;
    }
  }

  #constant(): Range {
    const start = this.reader.offset;
    skipConstant(this.reader, this.#constantVisitor);
    return { start, end: this.reader.offset };
  }

  #element(): void {
    const { reader } = this;
    const start = reader.offset;
    const flags = reader.u32();
    if (flags > 7) throw new WasmError("unknown", `element flags ${flags}`, start, "these flags are not known");
    const active = (flags & 1) === 0;
    const table = flags & 2 && active ? this.#index("table") : 0;
    if (active) this.#check("table", table, start);
    const offset = active ? this.#constant() : undefined;
    const byExpression = (flags & 4) !== 0;
    let type: ValueType = 0x70;
    if ((flags & 3) !== 0) {
      if (byExpression) type = reader.valueType();
      else if (reader.byte() !== 0) throw new WasmError("unknown", "element kind", reader.offset - 1, "this kind is not known");
    }
    const itemsStart = reader.offset;
    const functions: number[] = [];
    let expressions: ElementSegment["expressions"];
    if (byExpression) {
      const count = reader.count("elements", limits.TABLE_ELEMENTS, 2);
      const first = reader.offset;
      for (let left = count; left > 0; left--) skipConstant(this.reader, this.#constantVisitor);
      expressions = { count, start: first, end: reader.offset };
    } else this.#each("elements", limits.TABLE_ELEMENTS, 1, () => functions.push(this.#index("function")));
    this.elements.push({
      mode: active ? "active" : flags & 2 ? "declarative" : "passive",
      table, offset, type, itemsStart, start, end: reader.offset,
      functions: byExpression ? undefined : functions,
      expressions,
    });
  }

  /** Moves past a data segment; `data.ts` reads them where they are wanted. */
  #data(): void {
    const { reader } = this;
    const start = reader.offset;
    const flags = reader.u32();
    if (flags > 2) throw new WasmError("unknown", `data flags ${flags}`, start, "these flags are not known");
    if (flags !== 1) {
      this.#check("memory", flags === 2 ? reader.u32() : 0, start);
      skipConstant(reader, this.#constantVisitor);
    }
    reader.skip(reader.u32());
  }
}
