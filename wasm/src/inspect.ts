/**
 * What a module is, for people: imports and exports with signatures, sizes, features, whether limits can be made to
 * hold. Used by `tenon inspect`; hosts do not need it.
 */
import { readData } from "./data.ts";
import { WasmError } from "./error.ts";
import { walkExpression } from "./instruction.ts";
import { limitModule } from "./limit-module.ts";
import { SECTION, type ExternKind, type Limits, type MemoryType, type Module, type TableType } from "./module.ts";
import { parseModule } from "./parse.ts";
import { Reader } from "./reader.ts";
import { formatValueType, heapTypeOf } from "./value-type.ts";

/** An import or export with its type as text, such as `(i32, i64) -> i32` or `memory 1..16`. */
export interface InspectedName {
  readonly name: string;
  readonly kind: ExternKind;
  readonly type: string;
}
/** What `inspect` tells. */
export interface Inspection {
  readonly imports: readonly (InspectedName & { readonly module: string })[];
  readonly exports: readonly InspectedName[];
  readonly memories: readonly MemoryType[];
  readonly tables: readonly TableType[];
  /** Number of functions that the module defines. */
  readonly functions: number;
  /** Tools that made it, as the `producers` section says: `language`, `processed-by`, `sdk` to `name version`. */
  readonly producers: Readonly<Record<string, readonly string[]>>;
  /** Sections in order, with their size in bytes; custom ones have a name. */
  readonly sections: readonly { readonly id: number; readonly name: string; readonly bytes: number }[];
  /** Features beyond WebAssembly 1.0 that it uses, as the proposals are called, sorted. */
  readonly features: readonly string[];
  /** Why limits cannot be made to hold for it; `undefined` if they can. */
  readonly unlimitable: string | undefined;
}

/**
 * Describes a module.
 *
 * @param bytes The whole file.
 * @throws {WasmError} If it is not a module or has an instruction that is not known.
 */
export function inspect(bytes: Uint8Array): Inspection {
  const module = parseModule(bytes);
  return {
    imports: module.imports.map(({ module: from, name, kind, index }) => ({ module: from, name, kind, type: describe(module, kind, index) })),
    exports: module.exports.map(({ name, kind, index }) => ({ name, kind, type: describe(module, kind, index) })),
    memories: module.memories,
    tables: module.tables,
    functions: module.code.length,
    producers: producersOf(module),
    sections: module.sections.map(({ id, name, start, end }) => ({ id, name: name ?? sectionName(id), bytes: end - start })),
    features: featuresOf(module),
    unlimitable: findUnlimitable(bytes),
  };
}

/** Builds in every limit, as wide as it goes, and sees whether that is refused. */
function findUnlimitable(bytes: Uint8Array): string | undefined {
  try {
    limitModule(bytes, { memoryPages: 65_536, tableElements: 0xffff_ffff, interrupt: true, fuel: true, stack: true });
    return undefined;
  } catch (error) {
    if (error instanceof WasmError) return error.message;
    throw error;
  }
}

function sectionName(id: number): string {
  return Object.entries(SECTION).find(([, value]) => value === id)?.[0] ?? String(id);
}

function describe(module: Module, kind: ExternKind, index: number): string {
  switch (kind) {
    case "function": return describeSignature(module, module.functions[index]);
    case "tag": return `tag ${describeSignature(module, module.tags[index])}`;
    case "memory": return `memory ${describeLimits(module.memories[index])}`;
    case "table": return `table ${describeLimits(module.tables[index])} ${formatValueType(module.tables[index]?.element ?? 0)}`;
    case "global": {
      const global = module.globals[index];
      return `${global?.mutable ? "mutable " : ""}${formatValueType(global?.type ?? 0)}`;
    }
    default: return kind satisfies never;
  }
}

function describeSignature(module: Module, typeIndex = -1): string {
  const signature = module.types[typeIndex]?.signature;
  if (signature === undefined) return "?";
  const results = signature.results.map(formatValueType).join(", ");
  return `(${signature.params.map(formatValueType).join(", ")}) -> ${signature.results.length === 1 ? results : `(${results})`}`;
}

function describeLimits(limits: Limits | undefined): string {
  if (limits === undefined) return "?";
  return `${limits.min}..${limits.max ?? ""}${limits.is64 ? " i64" : ""}${limits.shared ? " shared" : ""}`;
}

function producersOf(module: Module): Record<string, string[]> {
  const producers: Record<string, string[]> = {};
  const section = module.sections.find(({ name }) => name === "producers");
  if (section === undefined) return producers;
  const reader = new Reader(module.bytes, section.start, section.end);
  try {
    for (let fields = reader.u32(); fields > 0; fields--) {
      const tools: string[] = [];
      const field = reader.string();
      for (let left = reader.u32(); left > 0; left--) tools.push(`${reader.string()} ${reader.string()}`.trim());
      Object.defineProperty(producers, field, { value: tools, enumerable: true, configurable: true });
    }
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
  }
  return producers;
}

function featuresOf(module: Module): string[] {
  const features = new Set<string>();
  const limits: readonly Limits[] = [...module.memories, ...module.tables];
  if (module.memories.length > 1) features.add("multi-memory");
  if (limits.some(({ is64 }) => is64)) features.add("memory64");
  if (limits.some(({ shared }) => shared)) features.add("threads");
  if (module.tables.length > 1) features.add("reference-types");
  if (module.tags.length > 0) features.add("exceptions");
  if (module.dataCount !== undefined || readData(module).some(({ mode }) => mode === "passive")) features.add("bulk-memory");
  if (module.imports.some(({ kind, index }) => kind === "global" && module.globals[index]?.mutable)) features.add("mutable-globals");
  if (module.exports.some(({ kind, index }) => kind === "global" && module.globals[index]?.mutable)) features.add("mutable-globals");
  for (const { kind, signature } of module.types) {
    if (kind !== "function") features.add("gc");
    if ((signature?.results.length ?? 0) > 1) features.add("multi-value");
    for (const type of [...(signature?.params ?? []), ...(signature?.results ?? [])]) {
      if (type === 0x7b) features.add("simd");
      if (type <= 0x74 || type > 255) features.add(heapTypeOf(type) === undefined && type >= 0x6f ? "reference-types" : "typed-references");
    }
  }
  const opcode = (code: number): void => {
    const feature = featureOf(code);
    if (feature !== undefined) features.add(feature);
  };
  for (const range of module.code) {
    const reader = new Reader(module.bytes, range.start, range.end);
    reader.typeLimit = module.types.length;
    for (let groups = reader.count("locals", 50_000, 2); groups > 0; groups--) {
      reader.u32();
      if (reader.valueType() === 0x7b) features.add("simd");
    }
    walkExpression(reader, { opcode });
    if (reader.offset !== range.end) throw new WasmError("malformed", "function body", reader.offset, `it goes on to byte ${range.end}`);
  }
  return [...features].sort();
}

function featureOf(code: number): string | undefined {
  if (code < 0x10000) {
    if (code >= 0xc0 && code <= 0xc4) return "sign-extension";
    if (code === 0x12 || code === 0x13) return "tail-calls";
    if (code === 0x15) return "tail-calls";
    if (code === 0x14 || (code >= 0xd3 && code <= 0xd6)) return "typed-references";
    if (code >= 0xd0 || code === 0x1c || code === 0x25 || code === 0x26) return "reference-types";
    if (code === 0x1f || code === 0x0a || code === 0x08) return "exceptions"; // try_table, throw_ref, throw
    if ((code >= 0x06 && code <= 0x09) || code === 0x18 || code === 0x19) return "legacy-exceptions";
    return undefined;
  }
  const opcode = code & 0xffff;
  switch (code >>> 16) {
    case 0xfb: return "gc";
    case 0xfc: return opcode < 8 ? "saturating-conversions" : opcode < 15 ? "bulk-memory" : "reference-types";
    case 0xfd: return opcode >= 0x100 ? "relaxed-simd" : "simd";
    default: return "threads";
  }
}
