/**
 * What a module is once it is read: sections, types, index spaces, segments, and where each stands in the file. Bodies
 * of functions are ranges of it. Read by `parse.ts`.
 * Source: https://webassembly.github.io/spec/core/binary/modules.html
 */
import type { ValueType } from "./value-type.ts";

/** Bytes `start` to `end` (exclusive) of the file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}
/** A section; the range is its payload, for a custom section without its name. */
export interface Section extends Range {
  readonly id: number;
  readonly name: string | undefined;
}
/** Parameters and results of a function. */
export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}
/** A type of the type section. */
export interface DefinedType {
  readonly kind: "function" | "struct" | "array";
  /** Signature, if it is a function type. */
  readonly signature: FunctionType | undefined;
}
/** Size of a memory in pages or of a table in elements. */
export interface Limits {
  readonly min: number;
  readonly max: number | undefined;
  readonly shared: boolean;
  /** Addressed with `i64`. */
  readonly is64: boolean;
}
/** A memory: its size in pages of 64 KiB. */
export type MemoryType = Limits;
/** A table: its size in elements, and what they are. */
export interface TableType extends Limits {
  readonly element: ValueType;
}
/** A global: what it holds, and whether code may change it. */
export interface GlobalType {
  readonly type: ValueType;
  readonly mutable: boolean;
}
/** What an import or export is, by kind. */
export type ExternKind = "function" | "table" | "memory" | "global" | "tag";
/** An import; `range` is the whole entry, `typeStart` where its kind stands. */
export type Import = {
  readonly module: string;
  readonly name: string;
  readonly range: Range;
  readonly typeStart: number;
  /** Index in the space of its kind. */
  readonly index: number;
  readonly kind: ExternKind;
};
/** An export: what it is, by kind and index; `range` is the whole entry. */
export interface Export {
  readonly name: string;
  readonly kind: ExternKind;
  readonly index: number;
  readonly range: Range;
}
/** A defined memory, table or global: where its entry stands. */
export interface Definition extends Range {
  /** Constant expression that initialises it, `end` included; memories have none. */
  readonly init: Range | undefined;
}
/** An element segment: functions by index, or constant expressions. */
export interface ElementSegment extends Range {
  readonly mode: "active" | "passive" | "declarative";
  readonly table: number;
  readonly offset: Range | undefined;
  readonly type: ValueType;
  readonly functions: readonly number[] | undefined;
  /** Constant expressions one behind the other, as a range: there may be millions, and an object each is too much. */
  readonly expressions: (Range & { readonly count: number }) | undefined;
  /** Offset of the number of items, which stand behind it. */
  readonly itemsStart: number;
}
/** A data segment. */
export interface DataSegment extends Range {
  readonly mode: "active" | "passive";
  readonly memory: number;
  readonly offset: Range | undefined;
  /** The bytes themselves. */
  readonly data: Range;
}
/** How many items of each index space are imported; they come first. */
export type ImportCounts = Record<ExternKind, number>;

/** A module that was read. Index spaces list imports first. */
export interface Module {
  readonly bytes: Uint8Array;
  readonly sections: readonly Section[];
  readonly types: readonly DefinedType[];
  readonly imports: readonly Import[];
  readonly imported: ImportCounts;
  /** Type index of each function. */
  readonly functions: readonly number[];
  readonly tables: readonly TableType[];
  readonly memories: readonly MemoryType[];
  readonly globals: readonly GlobalType[];
  /** Type index of each tag. */
  readonly tags: readonly number[];
  readonly tableDefinitions: readonly Definition[];
  readonly memoryDefinitions: readonly Definition[];
  readonly globalDefinitions: readonly Definition[];
  readonly exports: readonly Export[];
  readonly start: number | undefined;
  readonly elements: readonly ElementSegment[];
  readonly dataCount: number | undefined;
  /** Bodies of the defined functions, without their size. */
  readonly code: readonly Range[];
  /** The first constant expression's instruction that allocates on the engine's heap, and where it stands. */
  readonly constantAllocation: { readonly construct: string; readonly offset: number } | undefined;
}

/** Section ids. */
export const SECTION = {
  custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, start: 8, element: 9,
  code: 10, data: 11, dataCount: 12, tag: 13,
} as const;

/** The signature of a function by its index, or `undefined` where its type is no function type. */
export function signatureOf(module: Module, functionIndex: number): FunctionType | undefined {
  return module.types[module.functions[functionIndex] ?? -1]?.signature;
}
