/**
 * The kernel as a part of another module: its memory, globals and functions behind those that are there.
 *
 *   plug-in   [ memory 0 … ][ functions … ][ globals … ]
 *   kernel                  ^ + its memory  ^ + its functions  ^ + its globals
 *
 * A kernel is a module of ours and no plug-in: without imports, with one memory, functions and globals. Anything else in
 * it is a mistake of the build and thrown as `TypeError`.
 */
import { SECTION, signatureOf, type FunctionType, type Module } from "./module.ts";
import { parseModule } from "./parse.ts";
import { Reader } from "./reader.ts";
import { relocateBody, relocateExpression, type MapIndex } from "./relocate.ts";
import { Writer } from "./writer.ts";

/** A kernel to merge, and what plug-ins may call of it. */
export interface KernelOptions {
  /** The module. */
  readonly bytes: Uint8Array;
  /** The namespace plug-ins import it from. */
  readonly namespace: string;
  /** Names of the functions that plug-ins may import; the others are for the host alone. */
  readonly imports: readonly string[];
}

/** Where the kernel's index spaces begin in the module it becomes part of. */
export interface KernelBases {
  readonly type: number;
  readonly function: number;
  readonly memory: number;
  readonly global: number;
}

/** A kernel that was read. */
export interface Kernel {
  readonly module: Module;
  readonly namespace: string;
  /** Function index of each name that plug-ins may import. */
  readonly importable: ReadonlyMap<string, number>;
}

/** What the kernel adds to a section: entries, and how many. */
export interface Entries {
  readonly count: number;
  readonly bytes: Uint8Array;
}

const known = new WeakMap<Uint8Array, Module>();

/**
 * Reads a kernel; the same bytes are read once.
 *
 * @throws {TypeError} If it is no kernel or lacks a function that plug-ins may import.
 */
export function readKernel({ bytes, namespace, imports }: KernelOptions): Kernel {
  const module = known.get(bytes) ?? parseModule(bytes);
  known.set(bytes, module);
  const { tables, tags, elements, start, memories } = module;
  const hasData = module.sections.some(({ id }) => id === SECTION.data);
  if (module.imports.length + tables.length + tags.length + elements.length > 0 || hasData || start !== undefined || memories.length !== 1)
    throw new TypeError("Cannot merge the kernel: it may have nothing but one memory, globals and functions, and no imports or data");
  const functions = new Map(module.exports.filter(({ kind }) => kind === "function").map(({ name, index }) => [name, index]));
  const importable = new Map<string, number>();
  for (const name of imports) {
    const index = functions.get(name);
    if (index === undefined) throw new TypeError(`Cannot merge the kernel: it exports no function "${name}"`);
    importable.set(name, index);
  }
  return { module, namespace, importable };
}

/** The signature of a kernel function. */
export function kernelSignature(kernel: Kernel, index: number): FunctionType {
  return signatureOf(kernel.module, index) as FunctionType; // it was read: it has a type
}

/** Entries of a section of the kernel as they are: types and memories. */
export function plainEntries({ module }: Kernel, id: number): Entries {
  const section = module.sections.find((candidate) => candidate.id === id);
  if (section === undefined) return { count: 0, bytes: new Uint8Array() };
  const reader = new Reader(module.bytes, section.start, section.end);
  return { count: reader.u32(), bytes: module.bytes.subarray(reader.offset, section.end) };
}

/** Type indices of the kernel's functions, for the function section. */
export function functionEntries({ module }: Kernel, bases: KernelBases): Entries {
  const writer = new Writer();
  for (const type of module.functions) writer.u32(type + bases.type);
  return { count: module.functions.length, bytes: writer.view() };
}

/** Bodies of the kernel's functions, for the code section. */
export function codeEntries({ module }: Kernel, bases: KernelBases): Entries {
  const writer = new Writer(module.bytes.length * 2);
  const scratch = new Writer(1024);
  for (const { start, end } of module.code) {
    const reader = new Reader(module.bytes, start, end);
    reader.typeLimit = module.types.length;
    relocateBody(reader, writer, mapOf(bases), scratch);
  }
  return { count: module.code.length, bytes: writer.view() };
}

/** The kernel's globals. */
export function globalEntries({ module }: Kernel, bases: KernelBases): Entries {
  const writer = new Writer();
  for (const { start, init } of module.globalDefinitions) {
    if (init === undefined) continue;
    writer.raw(module.bytes, start, init.start);
    relocateExpression(new Reader(module.bytes, init.start, init.end), writer, mapOf(bases));
  }
  return { count: module.globalDefinitions.length, bytes: writer.view() };
}

/** Exports of the kernel, all but its globals, under a prefix. */
export function exportEntries({ module }: Kernel, bases: KernelBases, prefix: string): Entries {
  const writer = new Writer(1024);
  let count = 0;
  for (const { name, kind, index } of module.exports) {
    if (kind !== "function" && kind !== "memory") continue;
    writer.string(prefix + name).byte(kind === "function" ? 0 : 2).u32(index + bases[kind]);
    count++;
  }
  return { count, bytes: writer.view() };
}

function mapOf(bases: KernelBases): MapIndex {
  return (space, index) => {
    switch (space) {
      case "type": case "function": case "memory": case "global": return index + bases[space];
      case "table": case "tag": case "element": case "data": case "local": return index; // a kernel has none
      default: return space satisfies never;
    }
  };
}
