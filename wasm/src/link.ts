/**
 * Joins modules into one: what one exports satisfies what another imports, and what is left over is imported still.
 *
 *   spaces of the result   [ imports left over | definitions of the first module | of the second | … ]
 *
 * Functions, tables, memories and globals are joined; types are made equal by their signature. Custom sections are
 * dropped. It is no optimiser: what nobody calls stays.
 * Source: https://webassembly.github.io/spec/core/binary/modules.html
 */
import { readData } from "./data.ts";
import { WasmError } from "./error.ts";
import type { IndexSpace } from "./instruction.ts";
import { SECTION, type DataSegment, type ExternKind, type Import, type Module, type Range } from "./module.ts";
import { parseModule } from "./parse.ts";
import { Reader } from "./reader.ts";
import { relocateBody, relocateExpression } from "./relocate.ts";
import { encodeModule, Writer, type SectionBytes } from "./writer.ts";

/** A module and the name by which the others import from it. */
export interface LinkInput {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** How modules are joined. */
export interface LinkOptions {
  /**
   * Under which name an export stays one; `undefined` drops it.
   *
   * @param input Name of the module.
   * @param name Name of the export.
   */
  readonly exportAs: (input: string, name: string) => string | undefined;
  /**
   * Which module an import is looked up in; by default the one named like the import's module.
   *
   * @param importer Name of the module that imports.
   */
  readonly resolve?: (importer: string, module: string, name: string) => string;
  /** Exported functions to append to the first table, as [module, export]. */
  readonly tableFunctions?: readonly (readonly [input: string, name: string])[];
}

/** The joined module. */
export interface Linked {
  readonly bytes: Uint8Array;
  /** Slots of `tableFunctions` in the first table, in their order. */
  readonly slots: readonly number[];
}

const KINDS: readonly ExternKind[] = ["function", "table", "memory", "global", "tag"];

/**
 * Joins modules.
 *
 * @param inputs At least one; their order is the order of their definitions.
 * @returns A module that exports and imports what is left.
 * @throws {WasmError} `malformed` for a kind that does not fit its import, `unknown` for what cannot be joined.
 */
export function link(inputs: readonly LinkInput[], options: LinkOptions): Linked {
  return new Linker(inputs, options).link();
}

type Part = { readonly name: string; readonly module: Module; readonly segments: readonly DataSegment[]; readonly types: number[]; readonly bases: Record<ExternKind, number>; elements: number; data: number };

class Linker {
  readonly #parts: Part[];
  readonly #byName: Map<string, Part>;
  readonly #options: LinkOptions;
  readonly #types: Writer = new Writer();
  readonly #typeIndex = new Map<string, number>();
  readonly #imports = new Map<string, { index: number; kind: ExternKind; entry: Writer }>();
  readonly #imported: Record<ExternKind, number> = { function: 0, table: 0, memory: 0, global: 0, tag: 0 };

  constructor(inputs: readonly LinkInput[], options: LinkOptions) {
    this.#options = options;
    this.#parts = inputs.map(({ name, bytes }) => {
      const module = parseModule(bytes);
      return { name, module, segments: readData(module), types: [], elements: 0, data: 0, bases: { function: 0, table: 0, memory: 0, global: 0, tag: 0 } };
    });
    this.#byName = new Map(this.#parts.map((part) => [part.name, part]));
  }

  link(): Linked {
    for (const part of this.#parts) part.types.push(...part.module.types.map((_, index) => this.#addType(part.module, index)));
    for (const part of this.#parts) for (const entry of part.module.imports) this.#addImport(part, entry);
    this.#placeDefinitions();
    const slots = this.#slots();
    const sections: SectionBytes[] = [
      { id: SECTION.type, parts: [new Writer().u32(this.#typeIndex.size).raw(this.#types.view()).view()] },
      this.#importSection(),
      this.#list(SECTION.function, "function", ({ module, types }, writer, index) => writer.u32(types[module.functions[module.imported.function + index] as number] as number)),
      this.#list(SECTION.table, "table", (part, writer, index) => this.#table(part, writer, index, slots.length)),
      this.#list(SECTION.memory, "memory", ({ module }, writer, index) => writer.raw(module.bytes, ...span(module.memoryDefinitions[index] as Range))),
      this.#list(SECTION.global, "global", (part, writer, index) => this.#global(part, writer, index)),
      this.#exportSection(),
      ...this.#startSection(),
      this.#elementSection(slots),
      { id: SECTION.dataCount, parts: [new Writer().u32(this.#parts.reduce((sum, { segments }) => sum + segments.length, 0)).view()] },
      this.#codeSection(),
      this.#dataSection(),
    ];
    return { bytes: encodeModule(sections.filter(({ parts }) => parts.some((part) => part.length > 1 || part[0] !== 0))), slots };
  }

  #addType(module: Module, index: number): number {
    const signature = module.types[index]?.signature;
    if (signature === undefined) throw new WasmError("unknown", `type ${index}`, 0, "only function types can be joined");
    const { params, results } = signature;
    const key = `${params.join()}>${results.join()}`;
    const known = this.#typeIndex.get(key);
    if (known !== undefined) return known;
    this.#types.byte(0x60).u32(params.length);
    for (const type of params) this.#types.valueType(type);
    this.#types.u32(results.length);
    for (const type of results) this.#types.valueType(type);
    this.#typeIndex.set(key, this.#typeIndex.size);
    return this.#typeIndex.size - 1;
  }

  /** The export that an import is joined to, or `undefined` for one that is left over. */
  #target(part: Part, { module, name, kind, index }: Import): { part: Part; index: number } | undefined {
    const from = this.#byName.get(this.#options.resolve?.(part.name, module, name) ?? module);
    const found = from?.module.exports.find((entry) => entry.name === name);
    if (from === undefined || found === undefined) return undefined;
    if (found.kind !== kind) throw new WasmError("malformed", `import "${module}" "${name}"`, 0, `it is a ${kind}, and "${from.name}" exports a ${found.kind}`);
    if (kind === "function" && part.types[part.module.functions[index] as number] !== from.types[from.module.functions[found.index] as number])
      throw new WasmError("mismatch", `import "${module}" "${name}"`, 0, `"${from.name}" exports a function with another signature`);
    return { part: from, index: found.index };
  }

  #addImport(part: Part, entry: Import): void {
    if (this.#target(part, entry) !== undefined) return;
    const key = importKey(entry);
    if (this.#imports.has(key)) return;
    const { module } = part;
    const writer = new Writer();
    writer.raw(module.bytes, entry.range.start, entry.typeStart);
    if (entry.kind === "function") writer.byte(0).u32(part.types[module.functions[entry.index] as number] as number);
    else writer.raw(module.bytes, entry.typeStart, entry.range.end);
    this.#imports.set(key, { index: this.#imported[entry.kind]++, kind: entry.kind, entry: writer });
  }

  #placeDefinitions(): void {
    const next = { ...this.#imported };
    let elements = 0, data = 0;
    for (const part of this.#parts) {
      const { module, segments } = part;
      const defined = { function: module.functions.length, table: module.tables.length, memory: module.memories.length, global: module.globals.length, tag: module.tags.length };
      for (const kind of KINDS) {
        part.bases[kind] = next[kind];
        next[kind] += defined[kind] - module.imported[kind];
      }
      part.elements = elements;
      part.data = data;
      elements += module.elements.length;
      data += segments.length;
    }
  }

  #indexOf(part: Part, kind: ExternKind, index: number, depth = 0): number {
    const { module } = part;
    if (index >= module.imported[kind]) return part.bases[kind] + index - module.imported[kind];
    if (depth > this.#parts.length) throw new WasmError("malformed", `${kind} ${index} of "${part.name}"`, 0, "its imports lead in a circle");
    const entry = module.imports.find((candidate) => candidate.kind === kind && candidate.index === index) as Import;
    const target = this.#target(part, entry);
    return target === undefined ? (this.#imports.get(importKey(entry))?.index as number) : this.#indexOf(target.part, kind, target.index, depth + 1);
  }

  #map(part: Part): (space: IndexSpace, index: number) => number {
    const known: Partial<Record<IndexSpace, Map<number, number>>> = {};
    return (space, index) => {
      if (space === "local") return index;
      if (space === "type") return part.types[index] as number;
      if (space === "element") return part.elements + index;
      if (space === "data") return part.data + index;
      const cache = (known[space] ??= new Map<number, number>());
      let mapped = cache.get(index);
      if (mapped === undefined) cache.set(index, (mapped = this.#indexOf(part, space, index)));
      return mapped;
    };
  }

  #constant(part: Part, range: Range, writer: Writer): void {
    relocateExpression(new Reader(part.module.bytes, range.start, range.end), writer, this.#map(part));
  }

  #importSection(): SectionBytes {
    const writer = new Writer().u32(this.#imports.size);
    for (const { entry } of this.#imports.values()) writer.raw(entry.view());
    return { id: SECTION.import, parts: [writer.view()] };
  }

  #list(id: number, kind: ExternKind, write: (part: Part, writer: Writer, index: number) => void): SectionBytes {
    const counts = this.#parts.map(({ module }) => ({ function: module.functions, table: module.tables, memory: module.memories, global: module.globals, tag: module.tags })[kind].length - module.imported[kind]);
    const writer = new Writer(1024).u32(counts.reduce((sum, count) => sum + count, 0));
    for (const [i, part] of this.#parts.entries()) for (let index = 0; index < (counts[i] as number); index++) write(part, writer, index);
    return { id, parts: [writer.view()] };
  }

  #codeSection(): SectionBytes {
    const writer = new Writer(this.#parts.reduce((sum, { module }) => sum + module.bytes.length, 0)).u32(this.#parts.reduce((sum, { module }) => sum + module.code.length, 0));
    const scratch = new Writer(4096);
    for (const part of this.#parts) {
      const map = this.#map(part);
      for (const { start, end } of part.module.code) {
        const reader = new Reader(part.module.bytes, start, end);
        reader.typeLimit = part.module.types.length;
        relocateBody(reader, writer, map, scratch);
      }
    }
    return { id: SECTION.code, parts: [writer.view()] };
  }

  #table(part: Part, writer: Writer, index: number, extra: number): void {
    const { module, bases } = part;
    const type = module.tables[module.imported.table + index];
    if (type === undefined || module.tableDefinitions[index]?.init !== undefined || type.is64) throw new WasmError("unknown", "table", 0, "a table with an initial value cannot be joined");
    const grows = bases.table + index === 0 ? extra : 0;
    writer.valueType(type.element).byte(type.max === undefined ? 0 : 1).u32(type.min + grows);
    if (type.max !== undefined) writer.u32(type.max + grows);
  }

  #global(part: Part, writer: Writer, index: number): void {
    const { module } = part;
    const type = module.globals[module.imported.global + index];
    const init = module.globalDefinitions[index]?.init;
    if (type === undefined || init === undefined) return;
    writer.valueType(type.type).byte(type.mutable ? 1 : 0);
    this.#constant(part, init, writer);
  }

  #exportSection(): SectionBytes {
    const entries = new Map<string, { kind: ExternKind; index: number }>();
    for (const part of this.#parts)
      for (const { name, kind, index } of part.module.exports) {
        const kept = this.#options.exportAs(part.name, name);
        if (kept === undefined) continue;
        if (entries.has(kept)) throw new WasmError("malformed", `export "${kept}"`, 0, "two modules export this name");
        entries.set(kept, { kind, index: this.#indexOf(part, kind, index) });
      }
    const writer = new Writer(1024).u32(entries.size);
    for (const [name, { kind, index }] of entries) writer.string(name).byte(KINDS.indexOf(kind)).u32(index);
    return { id: SECTION.export, parts: [writer.view()] };
  }

  #startSection(): SectionBytes[] {
    const starts = this.#parts.filter(({ module }) => module.start !== undefined);
    if (starts.length > 1) throw new WasmError("unknown", "start section", 0, "more than one module has one");
    return starts.map((part) => ({ id: SECTION.start, parts: [new Writer().u32(this.#indexOf(part, "function", part.module.start as number)).view()] }));
  }

  #slots(): number[] {
    const functions = this.#options.tableFunctions ?? [];
    if (functions.length === 0) return [];
    const owner = this.#parts.find(({ module }) => module.tables.length > module.imported.table);
    const first = owner?.module.tables[owner.module.imported.table];
    if (first === undefined) throw new WasmError("malformed", "table", 0, "no module has one to append functions to");
    return functions.map((_, index) => first.min + index);
  }

  #elementSection(slots: readonly number[]): SectionBytes {
    const writer = new Writer(1024).u32(this.#parts.reduce((sum, { module }) => sum + module.elements.length, slots.length === 0 ? 0 : 1));
    for (const part of this.#parts)
      for (const { mode, table, offset, functions, type, expressions } of part.module.elements) {
        if (mode !== "active" || offset === undefined || functions === undefined || expressions !== undefined || type !== 0x70) throw new WasmError("unknown", "element segment", 0, "only active segments of functions can be joined");
        const index = this.#indexOf(part, "table", table);
        writer.u32(index === 0 ? 0 : 2);
        if (index !== 0) writer.u32(index);
        this.#constant(part, offset, writer);
        if (index !== 0) writer.byte(0);
        writer.u32(functions.length);
        for (const each of functions) writer.u32(this.#indexOf(part, "function", each));
      }
    if (slots.length > 0) {
      writer.u32(0).byte(0x41).signed(slots[0] as number).byte(0x0b).u32(slots.length);
      for (const [input, name] of this.#options.tableFunctions ?? []) {
        const part = this.#byName.get(input);
        const found = part?.module.exports.find((entry) => entry.name === name && entry.kind === "function");
        if (part === undefined || found === undefined) throw new WasmError("malformed", `function "${name}"`, 0, `"${input}" does not export it`);
        writer.u32(this.#indexOf(part, "function", found.index));
      }
    }
    return { id: SECTION.element, parts: [writer.view()] };
  }

  #dataSection(): SectionBytes {
    const writer = new Writer(1024).u32(this.#parts.reduce((sum, { segments }) => sum + segments.length, 0));
    for (const part of this.#parts)
      for (const { mode, memory, offset, data } of part.segments) {
        const index = mode === "active" ? this.#indexOf(part, "memory", memory) : 0;
        writer.u32(mode === "passive" ? 1 : index === 0 ? 0 : 2);
        if (index !== 0) writer.u32(index);
        if (offset !== undefined) this.#constant(part, offset, writer);
        writer.u32(data.end - data.start).raw(part.module.bytes, data.start, data.end);
      }
    return { id: SECTION.data, parts: [writer.view()] };
  }
}

function importKey({ module, name, kind }: Import): string {
  return JSON.stringify([module, name, kind]);
}

function span({ start, end }: Range): [start: number, end: number] {
  return [start, end];
}
