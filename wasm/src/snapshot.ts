/**
 * Writes a running instance back as a module: its memory becomes data segments, its mutable globals their initial
 * values. An instance of the result is where the first one was when it was stopped; what ran before never runs again.
 *
 *   memory    [ 0 0 0 0 | a b c 0 0 d e | 0 0 0 … 0 | f g ]
 *   segments            [ a b c 0 0 d e ]           [ f g ]        gaps of a few zeros cost less than a segment
 *
 * Tables are not written back: the instance must not have changed them. Start function and older data are dropped.
 * Source: https://webassembly.github.io/spec/core/binary/modules.html#data-section
 */
import { WasmError } from "./error.ts";
import { type Module, SECTION } from "./module.ts";
import { parseModule } from "./parse.ts";
import { encodeModule, Writer, type SectionBytes } from "./writer.ts";

/** What an instance is made of. */
export interface InstanceState {
  /** The whole memory, a multiple of a page long. */
  readonly memory: Uint8Array;
  /** Values of mutable globals of type i32 (number) or i64 (bigint), by the name of their export. */
  readonly globals: ReadonlyMap<string, number | bigint>;
}

/** Zeros in a row that end a data segment; a segment's own cost is about nine bytes. */
const GAP_BYTES = 24;
const PAGE_BYTES = 65_536;

/**
 * Makes a module that begins where an instance was.
 *
 * @param bytes The module of the instance, or one with the same addresses, globals and table.
 * @param state What was read from the instance when nothing ran in it.
 * @param contents Sections to put in place of the module's, by their number, such as an export section with other names.
 * @returns A module with the same functions and imports, and the same of everything else that is not replaced.
 * @throws {WasmError} `malformed` when the module has not exactly one memory of its own or a global does not fit.
 */
export function bakeSnapshot(bytes: Uint8Array, state: InstanceState, contents: ReadonlyMap<number, Uint8Array> = new Map()): Uint8Array {
  const module = parseModule(bytes);
  const memory = module.memories[0];
  if (module.memories.length !== 1 || module.imported.memory !== 0 || memory === undefined) throw new WasmError("malformed", "memory", 0, "a snapshot needs exactly one memory that is not imported");
  const pages = state.memory.length / PAGE_BYTES;
  const memories = new Writer().u32(1).byte(memory.max === undefined ? 0 : 1).u32(pages);
  if (memory.max !== undefined) memories.u32(Math.max(memory.max, pages));

  const segments = dataSegments(state.memory);
  const replaced = new Map<number, Uint8Array>([
    ...contents,
    [SECTION.memory, memories.view()],
    [SECTION.global, globalSection(module, state.globals)],
    [SECTION.dataCount, new Writer().u32(segments.length).view()],
    [SECTION.data, dataSection(state.memory, segments)],
  ]);
  const sections: SectionBytes[] = [];
  for (const { id, start, end } of module.sections) {
    if (id === SECTION.custom || id === SECTION.start || id === SECTION.data) continue;
    sections.push({ id, parts: [replaced.get(id) ?? bytes.subarray(start, end)] });
  }
  sections.push({ id: SECTION.data, parts: [replaced.get(SECTION.data) as Uint8Array] });
  return encodeModule(sections);
}

/**
 * Finds the ranges of a memory that are worth a data segment.
 *
 * @returns Offsets of the first byte and behind the last, ascending; no range begins or ends with zero.
 */
export function dataSegments(memory: Uint8Array): [start: number, end: number][] {
  const segments: [number, number][] = [];
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >> 2);
  let start = -1, end = 0;
  for (let word = 0; word < words.length; word++) {
    if (words[word] === 0) continue;
    for (let at = word * 4; at < word * 4 + 4; at++) {
      if (memory[at] === 0) continue;
      if (start >= 0 && at - end >= GAP_BYTES) {
        segments.push([start, end]);
        start = -1;
      }
      if (start < 0) start = at;
      end = at + 1;
    }
  }
  if (start >= 0) segments.push([start, end]);
  return segments;
}

function dataSection(memory: Uint8Array, segments: readonly (readonly [number, number])[]): Uint8Array {
  const writer = new Writer(memory.length >> 1).u32(segments.length);
  for (const [start, end] of segments) writer.u32(0).byte(0x41).signed(start | 0).byte(0x0b).u32(end - start).raw(memory, start, end);
  return writer.view();
}

function globalSection(module: Module, values: ReadonlyMap<string, number | bigint>): Uint8Array {
  const valueOf = new Map<number, number | bigint>();
  for (const { name, kind, index } of module.exports) {
    const value = kind === "global" ? values.get(name) : undefined;
    if (value !== undefined) valueOf.set(index, value);
  }
  const writer = new Writer().u32(module.globalDefinitions.length);
  for (const [defined, { start, end }] of module.globalDefinitions.entries()) {
    const index = module.imported.global + defined;
    const { type, mutable } = module.globals[index] as { type: number; mutable: boolean };
    const value = valueOf.get(index);
    if (!mutable) writer.raw(module.bytes, start, end);
    else if (value === undefined) throw new WasmError("malformed", `global ${index}`, start, "the snapshot has no value for it");
    else if (type === 0x7f && typeof value === "number") writer.byte(type).all(1, 0x41).signed(value | 0).byte(0x0b);
    else if (type === 0x7e && typeof value === "bigint") writer.byte(type).all(1, 0x42).signed(BigInt.asIntN(64, value)).byte(0x0b);
    else throw new WasmError("malformed", `global ${index}`, start, "the snapshot has a value of another type");
  }
  return writer.view();
}
