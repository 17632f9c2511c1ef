/**
 * Where everything that a limited module adds will stand: indices and names, before a byte is written.
 */
import { WasmError } from "./error.ts";
import { kernelSignature, readKernel, type Kernel, type KernelBases, type KernelOptions } from "./kernel.ts";
import { signatureOf, type Import, type Module } from "./module.ts";

/** The limits to build in. */
export interface LimitOptions {
  /** The most pages that all memories the module defines may have together. */
  readonly memoryPages?: number | undefined;
  /** The most elements that all tables the module defines may have together. */
  readonly tableElements?: number | undefined;
  /** Lets the host stop it: it calls `tenon:host` `interrupt` when `tenon:countdown` is used up. */
  readonly interrupt?: boolean | undefined;
  /** Counts what it executes, exactly. */
  readonly fuel?: boolean | undefined;
  /** Counts calls that may recurse while they are nested. */
  readonly stack?: boolean | undefined;
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
  /** New index of each imported function. */
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
  readonly countdown: number;
  readonly fuel: number;
  readonly stack: number;
}

/** How many types of its own a limited module gets. */
export const ADDED_TYPES = 3;

/**
 * Plans a limited module.
 *
 * @throws {WasmError} `mismatch` if a kernel function is imported with another type.
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
  const bases = {
    type: types + ADDED_TYPES,
    function: start + (module.start === undefined ? 0 : 1),
    memory: module.memories.length,
    global: stack + (options.stack ? 1 : 0),
  };
  let left = 0;
  const importMap = Array.from({ length: module.imported.function }, (_, index) => {
    const kernelIndex = merged.get(index);
    return kernelIndex === undefined ? left++ : bases.function + kernelIndex;
  });
  const mergedIndices = new Set(merged.keys());
  return { metered, kernel, bases, imports: kept, importMap, merged: mergedIndices, shift, types, interrupt, charge, start, countdown, fuel, stack };
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
