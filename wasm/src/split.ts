/**
 * Splits a module into its code and what it begins with: modules that were made by the same engine or runtime and
 * differ in their data alone have the same code, byte by byte, and a host compiles that once.
 *
 *   module   [ types … ][ memory 21 ][ exports "greet", "memory" ][ code ][ data ]
 *   code     [ types … ][ memory  0 ][ exports "f1204", "m0"     ][ code ]
 *   image    pages 21 · names of the exports · [ offset, bytes ] …
 *
 * An instance of the code whose memory is grown by `pages` and gets the image's chunks is exactly what an instance of
 * the module is before its start function runs. That holds for modules with one memory of their own, whose segments are
 * all active, at constant offsets and inside the memory at its minimum; `splitModule` leaves all others whole. Whether
 * code names a data segment (`memory.init`) is not looked at: without a data count section no engine compiles that.
 * Source: https://webassembly.github.io/spec/core/exec/modules.html#instantiation
 */
import { readData } from "./data.ts";
import { SECTION, type DataSegment, type ExternKind, type Module } from "./module.ts";
import { renumberNames } from "./names.ts";
import { Reader } from "./reader.ts";
import { RESERVED } from "./reserved.ts";
import { writeLimits } from "./size.ts";
import { encodeModule, Writer, type SectionBytes } from "./writer.ts";

/** What a memory holds from an offset on. */
export interface Chunk {
  /** In bytes. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What a module begins with, apart from its code. */
export interface Image {
  /** Pages of its memory. */
  readonly pages: number;
  /** The name that the code exports the memory by. */
  readonly memory: string;
  /** Names of the module's exports, and what the code calls each. */
  readonly exports: readonly { readonly name: string; readonly as: string }[];
  /** What stands in the memory, ascending; all else is zero. */
  readonly chunks: readonly Chunk[];
  /** Bytes of all chunks together. */
  readonly bytes: number;
}

/** A module in two. */
export interface SplitModule {
  /** A module of its own; a start function stays in it and must not run before the image is in place. */
  readonly code: Uint8Array;
  /** Copies; they outlive the module's bytes. */
  readonly image: Image;
}

const KINDS: readonly ExternKind[] = ["function", "table", "memory", "global", "tag"];
const KEYS = { function: "f", table: "t", memory: "m", global: "g", tag: "e" } as const;
const I32_CONST = 0x41;
const END = 0x0b;
const PAGE_BYTES = 65_536;
/** Zeros between two segments that cost less than another chunk. */
const GAP_BYTES = 64;

/**
 * Splits a module.
 *
 * @param module The module, as it was read.
 * @returns Its two parts, or `undefined` if it has no data, or is not of a shape for which they are sure to be the same.
 */
export function splitModule(module: Module): SplitModule | undefined {
  const { memories, imported, exports } = module;
  const [memory] = memories;
  // Two exports of one name are an error, and so are the host's names; the code would hide both.
  if (new Set(exports.map(({ name }) => name)).size !== exports.length || exports.some(({ name }) => name.startsWith(RESERVED))) return undefined;
  if (memory === undefined || memories.length !== 1 || imported.memory !== 0 || memory.shared || memory.is64) return undefined;
  const data = readData(module);
  if (data.length === 0) return undefined;
  const places: Place[] = [];
  for (const segment of data) {
    const start = constantOffset(module, segment);
    if (start === undefined || start + lengthOf(segment) > memory.min * PAGE_BYTES) return undefined;
    places.push({ start, segment });
  }
  const chunks = chunksOf(module.bytes, places);
  const image: Image = {
    pages: memory.min,
    memory: keyOf("memory", 0),
    exports: exports.map(({ name, kind, index }) => ({ name, as: keyOf(kind, index) })),
    chunks,
    bytes: chunks.reduce((sum, { bytes }) => sum + bytes.length, 0),
  };
  return { code: codeOf(module), image };
}

type Place = { readonly start: number; readonly segment: DataSegment };

/** The offset of an active segment if it is one constant; `undefined` for any other expression, or none. */
function constantOffset({ bytes }: Module, { offset }: DataSegment): number | undefined {
  if (offset === undefined) return undefined;
  const reader = new Reader(bytes, offset.start, offset.end);
  if (reader.byte() !== I32_CONST) return undefined;
  const value = reader.s32() >>> 0;
  return reader.byte() === END ? value : undefined;
}

/** Joins segments that overlap or nearly touch. Each is copied in the order of the module, so the last one wins. */
function chunksOf(bytes: Uint8Array, places: readonly Place[]): Chunk[] {
  const sorted = places.filter(({ segment }) => lengthOf(segment) > 0).sort((a, b) => a.start - b.start);
  const ranges: { start: number; end: number }[] = [];
  for (const { start, segment } of sorted) {
    const last = ranges.at(-1);
    const end = start + lengthOf(segment);
    if (last !== undefined && start <= last.end + GAP_BYTES) last.end = Math.max(last.end, end);
    else ranges.push({ start, end });
  }
  const room = new Uint8Array(ranges.reduce((sum, { start, end }) => sum + end - start, 0));
  let used = 0;
  const chunks = ranges.map(({ start, end }) => ({ offset: start, bytes: room.subarray(used, (used += end - start)) }));
  for (const { start, segment } of places) {
    if (lengthOf(segment) === 0) continue;
    const chunk = chunks[chunkAt(chunks, start)] as Chunk;
    chunk.bytes.set(bytes.subarray(segment.data.start, segment.data.end), start - chunk.offset);
  }
  return chunks;
}

/** Index of the last chunk that begins at or before an offset. */
function chunkAt(chunks: readonly Chunk[], offset: number): number {
  let low = 0;
  for (let high = chunks.length; high - low > 1; ) {
    const middle = (low + high) >> 1;
    if ((chunks[middle] as Chunk).offset <= offset) low = middle;
    else high = middle;
  }
  return low;
}

function lengthOf({ data }: DataSegment): number {
  return data.end - data.start;
}

/** The module without its data, the names of its exports and its custom sections, but for the names of functions. */
function codeOf(module: Module): Uint8Array {
  const sections: SectionBytes[] = [];
  for (const { id, start, end } of module.sections) {
    if (id === SECTION.custom || id === SECTION.dataCount || id === SECTION.data || id === SECTION.export) continue;
    sections.push({ id, parts: [id === SECTION.memory ? emptyMemory(module) : module.bytes.subarray(start, end)] });
  }
  const place = sections.findIndex(({ id }) => id === SECTION.start || id === SECTION.element || id === SECTION.code);
  sections.splice(place === -1 ? sections.length : place, 0, { id: SECTION.export, parts: [exportsByIndex(module)] });
  const names = renumberNames(module, (index) => index, new Set());
  if (names !== undefined) sections.push({ id: SECTION.custom, parts: [names] });
  return encodeModule(sections);
}

function emptyMemory({ memories }: Module): Uint8Array {
  const writer = new Writer(16).u32(memories.length);
  for (const memory of memories) writeLimits(writer, { ...memory, min: 0 });
  return writer.view();
}

/** Everything that is exported, once, and the memory, named and sorted by what it is. */
function exportsByIndex({ exports }: Module): Uint8Array {
  const all = [...exports, { kind: "memory" as const, index: 0 }];
  const unique = [...new Map(all.map((each) => [keyOf(each.kind, each.index), each])).values()];
  unique.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.index - b.index);
  const writer = new Writer(1024).u32(unique.length);
  for (const { kind, index } of unique) writer.string(keyOf(kind, index)).byte(KINDS.indexOf(kind)).u32(index);
  return writer.view();
}

function keyOf(kind: ExternKind, index: number): string {
  return `${KEYS[kind]}${index}`;
}
