/**
 * Rewrites a module so that limits hold wherever it runs: one walk over its code, whatever the limits.
 *
 * What is appended, each at the end of its index space, so that only function indices move:
 *
 *   types      signatures of what follows
 *   imports    `tenon:host` `interrupt`, last; imports of kernel functions go away when the kernel is merged
 *   functions  charge, the start function's wrapper, what charges for sizes, the kernel
 *   memories   the kernel's
 *   globals    countdown, fuel, stack, the kernel's
 *   exports    all named `tenon:…`
 *
 * An index of the original that would point at any of it is refused: outside of code by `parse.ts`, in code by
 * `meter.ts`. Custom sections are dropped, but for the names of functions, which stack traces need.
 */
import { WasmError } from "./error.ts";
import type { Module } from "./module.ts";
import { parseModule } from "./parse.ts";
import { EXN, EXNREF, F32, heapTypeOf, I32, V128, type ValueType } from "./value-type.ts";
import type { LimitOptions } from "./plan.ts";
import { RESERVED } from "./reserved.ts";
import { rewrite } from "./rewriting.ts";

/** The most memories that the modules of a plug-in may define under a limit of pages, or one each. */
const MAX_MEMORIES = 8;
/** The most bytes of values that an exception may carry under a limit of pages; what C++ throws carries four. */
const MAX_PAYLOAD_BYTES = 64;

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
 * @param source The whole file, or what `parseModule` made of it; left as it is.
 * @param options The limits; without any the module is only stripped.
 * @throws {WasmError | WalkRefusal} If it is malformed or needs more than a limit, or if a limit could not be made to hold.
 * @throws {TypeError} If the kernel is none.
 */
export function buildLimits(source: Uint8Array | Module, options: LimitOptions): LimitedModule {
  const module = source instanceof Uint8Array ? parseModule(source) : source;
  for (const { module: from, name, range } of module.imports)
    if (from.startsWith(RESERVED)) throw reserved(`import "${from}" "${name}"`, range.start);
  for (const { name, range } of module.exports) if (name.startsWith(RESERVED)) throw reserved(`export "${name}"`, range.start);
  if (options.memoryPages !== undefined) {
    refuseHeldExceptions(module);
    refuseAllocation(module);
    refuseMemories(module, Math.max(1, Math.floor(MAX_MEMORIES / (options.modules ?? 1))));
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
function refuseMemories({ memoryDefinitions }: Module, most: number): void {
  const [first, count] = [memoryDefinitions[0], memoryDefinitions.length];
  if (first !== undefined && count > most)
    throw new WasmError("unlimitable", "memories", first.start, `${count} are more than the ${most} that engines have addresses for`);
}

/**
 * Exceptions live on the engine's heap, which no limit of pages counts. Where nothing but frames can hold one, the
 * engine's stack bounds how many there are: each takes a slot of it, 110,000 to a megabyte. So they must not be held by
 * tables, globals or other exceptions, and none may be large; together they then take 50 MB at worst.
 */
function refuseHeldExceptions({ tags, types, tables, globals, tableDefinitions, globalDefinitions, imported }: Module): void {
  const refuse = (construct: string, offset: number, why: string): never => {
    throw new WasmError("unlimitable", construct, offset, `${why} take memory of the engine, which a limit of pages does not count`);
  };
  for (const [index, { element }] of tables.entries())
    if (isException(element)) refuse("table of exnref", tableDefinitions[index - imported.table]?.start ?? 0, "exceptions that are kept");
  for (const [index, { type }] of globals.entries())
    if (isException(type)) refuse("global of exnref", globalDefinitions[index - imported.global]?.start ?? 0, "exceptions that are kept");
  for (const type of tags) {
    const params = types[type]?.signature?.params ?? [];
    if (params.some(isException)) refuse("tag with an exnref", 0, "exceptions in exceptions");
    const payload = params.reduce((sum, param) => sum + bytesOf(param), 0);
    if (payload > MAX_PAYLOAD_BYTES) refuse("tag", 0, `exceptions of ${payload} bytes, which is more than ${MAX_PAYLOAD_BYTES},`);
  }
}

function isException(type: ValueType): boolean {
  return type === EXNREF || heapTypeOf(type) === EXN;
}

/** Bytes of a value; a reference is an address. */
function bytesOf(type: ValueType): number {
  return type === V128 ? 16 : type === I32 || type === F32 ? 4 : 8;
}
