/**
 * Where everything that a limited module adds will stand: indices and names, before a byte is written.
 */
import { WasmError } from "./error.ts";
import { kernelSignature, readKernel, type Kernel, type KernelBases, type KernelOptions } from "./kernel.ts";
import { signatureOf, type Import, type Module } from "./module.ts";
import { I32, I64 } from "./value-type.ts";

/** The limits to build in. */
export interface LimitOptions {
  /** The most pages that all memories the module defines may have together. */
  readonly memoryPages?: number | undefined;
  /** How many modules share what one plug-in may have of memories, where `memoryPages` is given, and of compiling; 1 if nothing is said. */
  readonly modules?: number | undefined;
  /** The most elements that all tables the module defines may have together. */
  readonly tableElements?: number | undefined;
  /** Lets the host stop it: it calls `tenon:host` `interrupt` when `tenon:countdown` is used up. */
  readonly interrupt?: boolean | undefined;
  /** Counts what it executes, exactly. */
  readonly fuel?: boolean | undefined;
  /** Counts calls that may recurse while they are nested. */
  readonly stack?: boolean | undefined;
  /**
   * Imported functions whose one operand, i32 or i64, is a size in bytes: where anything is counted, they are charged by
   * it like bulk instructions, whether they are merged or stay imports.
   */
  readonly sized?: readonly { readonly module: string; readonly name: string }[] | undefined;
  /** A kernel to merge in, in place of its imports. */
  readonly kernel?: KernelOptions | undefined;
}

/** The indices of a limited module. */
export interface Plan {
  /** Whether anything is counted down. */
  readonly metered: boolean;
  readonly kernel: Kernel | undefined;
  /** Where the kernel's index spaces begin. */
  readonly bases: KernelBases;
  /** Imports that stay, in order. */
  readonly imports: readonly Import[];
  /** New index of each imported function; for one that takes a size, of what charges for it and calls it. */
  readonly importMap: readonly number[];
  /** Imported functions that are the kernel's now. */
  readonly merged: ReadonlySet<number>;
  /** What is added to the index of each defined function. */
  readonly shift: number;
  /** Types () → (), i32 → () and () → i32 are appended from here on. */
  readonly types: number;
  /** Imported function () → i32; last of the imports. */
  readonly interrupt: number;
  /** Function that looks whether to go on. */
  readonly charge: number;
  /** Function that calls the start function. */
  readonly start: number;
  /** The imported functions that take a size, in order; what charges for them stands behind `start`. */
  readonly sized: readonly SizedFunction[];
  readonly countdown: number;
  readonly fuel: number;
  readonly stack: number;
}

/** An imported function that takes a size. */
export interface SizedFunction {
  /** Its index in the module. */
  readonly index: number;
  /** Type index in the module. */
  readonly type: number;
  /** Whether the size is an i64. */
  readonly is64: boolean;
  /** New index of the function itself. */
  readonly target: number;
}

/** How many types of its own a limited module gets. */
export const ADDED_TYPES = 3;

/**
 * Plans a limited module.
 *
 * @throws {WasmError} `mismatch` if a kernel function, or one that takes a size, is imported with another type.
 * @throws {TypeError} If the kernel is none.
 */
export function planRewriting(module: Module, options: LimitOptions): Plan {
  const metered = options.fuel === true || options.interrupt === true;
  const kernel = options.kernel && readKernel(options.kernel);
  const { kept, merged } = sortImports(module, kernel);
  const interrupt = module.imported.function - merged.size;
  const shift = interrupt + (options.interrupt ? 1 : 0) - module.imported.function;
  const charge = module.functions.length + shift;
  const start = charge + (metered ? 1 : 0);
  const countdown = module.globals.length;
  const fuel = countdown + (metered ? 1 : 0);
  const stack = fuel + (options.fuel ? 1 : 0);
  const types = module.types.length;
  const sizedImports = metered ? findSized(module, options) : [];
  const firstSized = start + (module.start === undefined ? 0 : 1);
  const bases = {
    type: types + ADDED_TYPES,
    function: firstSized + sizedImports.length,
    memory: module.memories.length,
    global: stack + (options.stack ? 1 : 0),
  };
  let left = 0;
  const importMap = Array.from({ length: module.imported.function }, (_, index) => {
    const kernelIndex = merged.get(index);
    return kernelIndex === undefined ? left++ : bases.function + kernelIndex;
  });
  const sized = sizedImports.map(({ index, type, is64 }, place) => {
    const target = importMap[index] as number;
    importMap[index] = firstSized + place;
    return { index, type, is64, target };
  });
  const mergedIndices = new Set(merged.keys());
  return { metered, kernel, bases, imports: kept, importMap, merged: mergedIndices, shift, types, interrupt, charge, start, sized, countdown, fuel, stack };
}

/** The imported functions that take a size. */
function findSized(module: Module, { sized = [] }: LimitOptions): Omit<SizedFunction, "target">[] {
  const names = new Set(sized.map((each) => JSON.stringify([each.module, each.name])));
  const found = module.imports.filter((entry) => entry.kind === "function" && names.has(JSON.stringify([entry.module, entry.name])));
  return found.map(({ module: from, name, index, range }) => {
    const params = signatureOf(module, index)?.params ?? [];
    if (params.length !== 1 || (params[0] !== I32 && params[0] !== I64))
      throw new WasmError("mismatch", `import "${from}" "${name}"`, range.start, "the function takes one size");
    return { index, type: module.functions[index] as number, is64: params[0] === I64 };
  });
}

/** Which imports stay, and which are kernel functions: import index to kernel index. */
function sortImports(module: Module, kernel: Kernel | undefined): { kept: Import[]; merged: Map<number, number> } {
  const merged = new Map<number, number>();
  const kept: Import[] = [];
  for (const entry of module.imports) {
    const target = entry.module === kernel?.namespace ? kernel.importable.get(entry.name) : undefined;
    if (kernel === undefined || target === undefined) {
      kept.push(entry);
      continue;
    }
    const wanted = entry.kind === "function" ? signatureOf(module, entry.index) : undefined;
    const offered = kernelSignature(kernel, target);
    if (wanted === undefined || String(wanted.params) !== String(offered.params) || String(wanted.results) !== String(offered.results))
      throw new WasmError("mismatch", `import "${entry.module}" "${entry.name}"`, entry.range.start, "the function has another type");
    merged.set(entry.index, target);
  }
  return { kept, merged };
}
