/**
 * Rewrites a module so that limits hold wherever it runs: one walk over its code, whatever the limits.
 *
 * What is appended, each at the end of its index space, so that only function indices move:
 *
 *   types      signatures of what follows
 *   imports    `tenon:host` `interrupt`, last; imports of kernel functions go away when the kernel is merged
 *   functions  charge, the start function's wrapper, the kernel
 *   memories   the kernel's
 *   globals    countdown, fuel, stack, the kernel's
 *   exports    all named `tenon:…`
 *
 * An index of the original that would point at any of it is refused: outside of code by `module.ts`, in code by
 * `meter.ts`. Custom sections are dropped, but for the names of functions, which stack traces need.
 */
import { WasmError } from "./error.ts";
import { parseModule, type Module } from "./module.ts";
import { heapTypeOf } from "./value-type.ts";
import type { LimitOptions } from "./plan.ts";
import { RESERVED } from "./reserved.ts";
import { rewrite } from "./rewriting.ts";

/** The most memories that a module may define under a limit of pages. */
const MAX_MEMORIES = 8;

/** A limited module, and what it has for the host to drive it. */
export interface LimitedModule {
  /** The module, fresh. */
  readonly bytes: Uint8Array;
  /** Whether the start function waits in the export `tenon:start`, to be called once when all is set. */
  readonly hasStart: boolean;
  /** Whether the kernel is part of it. */
  readonly hasKernel: boolean;
}

/**
 * Builds limits into a module.
 *
 * @param bytes The whole file; left as it is.
 * @param options The limits; without any the module is only stripped.
 * @throws {WasmError} If it is malformed or needs more than a limit, or if a limit could not be made to hold.
 * @throws {TypeError} If the kernel is none.
 */
export function limitModule(bytes: Uint8Array, options: LimitOptions): LimitedModule {
  const module = parseModule(bytes);
  for (const { module: from, name, range } of module.imports)
    if (from.startsWith(RESERVED)) throw reserved(`import "${from}" "${name}"`, range.start);
  for (const { name, range } of module.exports) if (name.startsWith(RESERVED)) throw reserved(`export "${name}"`, range.start);
  if (options.memoryPages !== undefined) {
    refuseChains(module);
    refuseAllocation(module);
    refuseMemories(module);
  }
  const limited = rewrite(module, options);
  return { bytes: limited, hasStart: module.start !== undefined, hasKernel: options.kernel !== undefined };
}

function reserved(construct: string, offset: number): WasmError {
  return new WasmError("reserved", construct, offset, `names that begin with "${RESERVED}" are the host's`);
}

/** What globals, tables and segments begin with is made before anything is counted. */
function refuseAllocation({ constantAllocation }: Module): void {
  if (constantAllocation !== undefined)
    throw new WasmError("unlimitable", constantAllocation.construct, constantAllocation.offset, "it takes memory of the engine, which a limit of pages does not count");
}

/** Engines set ten gigabytes of addresses aside for a memory, however small it is. */
function refuseMemories({ memoryDefinitions }: Module): void {
  const [first, count] = [memoryDefinitions[0], memoryDefinitions.length];
  if (first !== undefined && count > MAX_MEMORIES)
    throw new WasmError("unlimitable", "memories", first.start, `${count} take more of the address space than the ${MAX_MEMORIES} that a limit of pages allows`);
}

/** Exceptions that carry exceptions make lists as long as the engine's heap, with nothing but `throw`. */
function refuseChains(module: Module): void {
  for (const type of module.tags)
    for (const param of module.types[type]?.signature?.params ?? [])
      if (param === 0x69 || heapTypeOf(param) === -0x17)
        throw new WasmError("unlimitable", "tag with an exnref", 0, "exceptions in exceptions take memory of the engine, which a limit of pages does not count");
}
