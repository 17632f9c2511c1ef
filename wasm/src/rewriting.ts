/**
 * Writes the sections of a limited module. What is added and where is told in `limit.ts`; the code itself is written by
 * `meter.ts`.
 */
import { chargeBody, sizedBody, startBody } from "./added.ts";
import { capLimits } from "./cap.ts";
import { FUNCTIONS } from "./engine-limits.ts";
import { WasmError } from "./error.ts";
import {
  codeEntries, exportEntries, functionEntries, globalEntries, plainEntries, type Entries, type Kernel, type KernelBases,
} from "./kernel.ts";
import { meterCode } from "./meter.ts";
import { SECTION, type Module, type Range } from "./module.ts";
import { renumberNames } from "./names.ts";
import { ADDED_TYPES, planRewriting, type LimitOptions, type Plan } from "./plan.ts";
import { Reader } from "./reader.ts";
import { relocateExpression } from "./relocate.ts";
import { writeLimits } from "./size.ts";
import { ADDED } from "./reserved.ts";
import { I32, I64 } from "./value-type.ts";
import { encodeModule, Writer, type SectionBytes } from "./writer.ts";

const FUNCTION_FORM = 0x60;
const KINDS = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
const NOTHING: Entries = { count: 0, bytes: new Uint8Array() };

/** Sections in the order in which they stand. */
const ORDER = [
  SECTION.type, SECTION.import, SECTION.function, SECTION.table, SECTION.memory, SECTION.tag, SECTION.global,
  SECTION.export, SECTION.element, SECTION.dataCount, SECTION.code, SECTION.data,
] as const;

/**
 * Writes a module with limits built in.
 *
 * @returns A fresh array.
 * @throws {WasmError} As `limitModule` says.
 */
export function rewrite(module: Module, options: LimitOptions): Uint8Array {
  const plan = planRewriting(module, options);
  const rewriting: Rewriting = { module, options, plan, map: (index) => plan.importMap[index] ?? index + plan.shift, hints: [] };
  const sections: SectionBytes[] = [];
  for (const id of ORDER) {
    const parts = sectionParts(rewriting, id);
    if (id === SECTION.code && rewriting.hints.length > 0) sections.push({ id: SECTION.custom, parts: rewriting.hints });
    if (parts.length > 0) sections.push({ id, parts });
  }
  const unnamed = new Set([...plan.merged, ...plan.sized.map(({ index }) => index)]); // they stand elsewhere now
  const names = renumberNames(module, rewriting.map, unnamed);
  if (names !== undefined) sections.push({ id: SECTION.custom, parts: [names] });
  return encodeModule(sections);
}

interface Rewriting {
  readonly module: Module;
  readonly options: LimitOptions;
  readonly plan: Plan;
  /** New index of a function. */
  readonly map: (index: number) => number;
  /** Section that tells the engine which branches are hardly ever taken; there once the code is written. */
  hints: readonly Uint8Array[];
}

/** The payload of a section; nothing if it is left out. */
function sectionParts(rewriting: Rewriting, id: (typeof ORDER)[number]): readonly Uint8Array[] {
  const { module, plan } = rewriting;
  switch (id) {
    case SECTION.type: return withEntries(module, id, addedTypes(rewriting), ofKernel(plan, (merged) => plainEntries(merged, id)));
    case SECTION.import: return importSection(rewriting);
    case SECTION.function: return withEntries(module, id, addedFunctions(rewriting), ofKernel(plan, functionEntries));
    case SECTION.table: return tableSection(rewriting);
    case SECTION.memory: return memorySection(rewriting);
    case SECTION.global: return globalSection(rewriting);
    case SECTION.export: return exportSection(rewriting);
    case SECTION.element: return elementSection(rewriting);
    case SECTION.code: return codeSection(rewriting);
    case SECTION.tag: case SECTION.dataCount: case SECTION.data: return payload(module, id);
    default: return id satisfies never;
  }
}

/** A section as it is. */
function payload(module: Module, id: number): readonly Uint8Array[] {
  return module.sections.filter((section) => section.id === id).map(({ start, end }) => module.bytes.subarray(start, end));
}

/** A section as it is, with entries behind its own. */
function withEntries(module: Module, id: number, ...added: readonly Entries[]): readonly Uint8Array[] {
  const count = added.reduce((sum, entries) => sum + entries.count, 0);
  if (count === 0) return payload(module, id);
  const section = module.sections.find((candidate) => candidate.id === id);
  const reader = new Reader(module.bytes, section?.start ?? 0, section?.end ?? 0);
  const own = section === undefined ? 0 : reader.u32();
  return sectionOf(own + count, module.bytes.subarray(reader.offset, reader.end), ...added.map(({ bytes }) => bytes));
}

/** A payload out of a count and entries. */
function sectionOf(count: number, ...entries: readonly Uint8Array[]): readonly Uint8Array[] {
  return count === 0 ? [] : [new Writer(5).u32(count).view(), ...entries];
}

function ofKernel(plan: Plan, entries: (kernel: Kernel, bases: KernelBases) => Entries): Entries {
  return plan.kernel === undefined ? NOTHING : entries(plan.kernel, plan.bases);
}

function addedTypes({ module, plan }: Rewriting): Entries {
  if (!plan.metered && module.start === undefined && plan.kernel === undefined) return NOTHING;
  const bytes = new Writer().all(FUNCTION_FORM, 0, 0, FUNCTION_FORM, 1, I32, 0, FUNCTION_FORM, 0, 1, I32).view();
  return { count: ADDED_TYPES, bytes };
}

function importSection({ module, options, plan }: Rewriting): readonly Uint8Array[] {
  const writer = new Writer(1024);
  for (const { range } of plan.imports) writer.raw(module.bytes, range.start, range.end);
  if (options.interrupt) writer.string(ADDED.namespace).string(ADDED.interrupt).byte(KINDS.function).u32(plan.types + 2);
  return sectionOf(plan.imports.length + (options.interrupt ? 1 : 0), writer.view());
}

function addedFunctions({ module, plan }: Rewriting): Entries {
  const types = [...(plan.metered ? [plan.types + 1] : []), ...(module.start === undefined ? [] : [plan.types]), ...plan.sized.map(({ type }) => type)];
  const writer = new Writer();
  for (const type of types) writer.u32(type);
  return { count: types.length, bytes: writer.view() };
}

function codeSection(rewriting: Rewriting): readonly Uint8Array[] {
  const { module, options, plan, map } = rewriting;
  const { fuel = false, interrupt = false, stack = false, memoryPages, modules = 1 } = options;
  const added = new Writer();
  const bodies = [
    ...(plan.metered ? [chargeBody(plan, fuel, interrupt)] : []),
    ...(module.start === undefined ? [] : [startBody(map(module.start))]),
    ...plan.sized.map((each) => sizedBody(plan, each)),
  ];
  for (const body of bodies) added.u32(body.length).raw(body);
  const kernel = ofKernel(plan, codeEntries);
  const count = module.code.length + bodies.length + kernel.count;
  if (count > FUNCTIONS) throw new WasmError("too-large", "functions", 0, `${count} are more than the ${FUNCTIONS} that engines accept`);
  const refuseHeap = memoryPages !== undefined;
  // Where anything stands behind what the module has, code is walked, if only to see that it does not point there.
  const isSame = count === module.code.length && !stack && plan.kernel === undefined;
  if (isSame && !(refuseHeap && module.types.some(({ kind }) => kind !== "function"))) return payload(module, SECTION.code);
  const { bodies: metered, hints, hinted } = meterCode(module, {
    fuel, interrupt, stack, refuseHeap, modules,
    importMap: plan.importMap,
    isLeaf: (index) => plan.merged.has(index),
    shift: plan.shift,
    added: { countdown: plan.countdown, stack: plan.stack, charge: plan.charge },
  });
  if (hinted > 0) rewriting.hints = [new Writer().string("metadata.code.branch_hint").u32(hinted).view(), hints];
  return sectionOf(count, metered, added.view(), kernel.bytes);
}

function tableSection({ module, options, map }: Rewriting): readonly Uint8Array[] {
  const { tableDefinitions: definitions } = module;
  if (definitions.length === 0) return [];
  const own = module.tables.slice(module.imported.table);
  const types = options.tableElements === undefined ? own : capLimits("table", own, definitions, options.tableElements);
  const writer = new Writer(1024);
  for (const [index, type] of types.entries()) {
    const init = definitions[index]?.init;
    if (init !== undefined) writer.all(0x40, 0);
    writer.valueType(type.element);
    writeLimits(writer, type);
    if (init !== undefined) writeConstants(writer, module, init, map);
  }
  return sectionOf(definitions.length, writer.view());
}

function memorySection({ module, options, plan }: Rewriting): readonly Uint8Array[] {
  const own = module.memories.slice(module.imported.memory);
  const types = options.memoryPages === undefined ? own : capLimits("memory", own, module.memoryDefinitions, options.memoryPages);
  const kernel = ofKernel(plan, (merged) => plainEntries(merged, SECTION.memory));
  const writer = new Writer();
  for (const type of types) writeLimits(writer, type);
  return sectionOf(own.length + kernel.count, writer.view(), kernel.bytes);
}

function globalSection({ module, options, plan, map }: Rewriting): readonly Uint8Array[] {
  const writer = new Writer(1024);
  for (const { start, init } of module.globalDefinitions) {
    if (init === undefined) continue;
    writer.raw(module.bytes, start, init.start);
    writeConstants(writer, module, init, map);
  }
  let count = module.globalDefinitions.length;
  for (const { type } of addedGlobals(options, plan)) {
    writer.all(type, 1, type === I32 ? 0x41 : 0x42, 0, 0x0b);
    count++;
  }
  const kernel = ofKernel(plan, globalEntries);
  return sectionOf(count + kernel.count, writer.view(), kernel.bytes);
}

/** The globals that are added, in the order of their indices. */
function addedGlobals({ fuel, stack }: LimitOptions, plan: Plan): readonly { name: string; type: number; index: number }[] {
  return [
    ...(plan.metered ? [{ name: ADDED.countdown, type: I32, index: plan.countdown }] : []),
    ...(fuel ? [{ name: ADDED.fuel, type: I64, index: plan.fuel }] : []),
    ...(stack ? [{ name: ADDED.stack, type: I32, index: plan.stack }] : []),
  ];
}

function exportSection({ module, options, plan, map }: Rewriting): readonly Uint8Array[] {
  const writer = new Writer(1024);
  for (const { name, kind, index, range } of module.exports) {
    if (kind !== "function") writer.raw(module.bytes, range.start, range.end);
    else writer.string(name).byte(KINDS.function).u32(map(index));
  }
  let count = module.exports.length;
  for (const { name, index } of addedGlobals(options, plan)) {
    writer.string(name).byte(KINDS.global).u32(index);
    count++;
  }
  if (module.start !== undefined) {
    writer.string(ADDED.start).byte(KINDS.function).u32(plan.start);
    count++;
  }
  const kernel = ofKernel(plan, (merged, bases) => exportEntries(merged, bases, ADDED.kernel));
  return sectionOf(count + kernel.count, writer.view(), kernel.bytes);
}

function elementSection({ module, map }: Rewriting): readonly Uint8Array[] {
  const writer = new Writer(1024);
  for (const { start, itemsStart, functions, expressions } of module.elements) {
    writer.raw(module.bytes, start, itemsStart);
    if (functions !== undefined) {
      writer.u32(functions.length);
      for (const index of functions) writer.u32(map(index));
    }
    if (expressions !== undefined) {
      writer.u32(expressions.count);
      writeConstants(writer, module, expressions, map);
    }
  }
  return sectionOf(module.elements.length, writer.view());
}

/** Writes constant expressions, one behind the other in the range, with new function indices. */
function writeConstants(writer: Writer, module: Module, { start, end }: Range, map: (index: number) => number): void {
  const reader = new Reader(module.bytes, start, end);
  while (reader.offset < end) relocateExpression(reader, writer, (space, index) => (space === "function" ? map(index) : index));
}
