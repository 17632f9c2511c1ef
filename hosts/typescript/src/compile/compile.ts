/**
 * Bytes of a module → a compiled module with its imports and exports, kept by content for the next plug-in.
 *
 * What is kept is shared between plug-ins, so it holds nothing of any of them that another could change: a
 * `WebAssembly.Module` has no state, and images are copied into each instance.
 */

import { ADDED, RESERVED, formatValueType, parseModule, signatureOf, type Module } from "@tenon/wasm";
import { buildLimits } from "@tenon/wasm/limit";
import type { Image, SplitModule } from "@tenon/wasm/split";

import { ABI_NAMESPACE, KERNEL_IMPORTS } from "../abi.ts";
import type { CompiledModule, ExternKind } from "./compiled.ts";
import type { Signature } from "../functions.ts";
import { Kept } from "./kept.ts";
import { kernelBytes } from "../kernel-bytes.ts";
import { COMPILE_CACHE_BYTES, COMPILED_MODULE_BYTES, MIN_SHARED_BYTES } from "../limits.ts";
import { loadPart } from "../part.ts";
import type { Platform } from "../platform.ts";

/** What is built into a module when it is compiled. */
export interface CompileSettings {
  /** Pages that its memories may have together; `Infinity` for no limit. */
  readonly memoryPages: number;
  /** Modules of its plug-in, which share the memories it may define and the compiling that goes unseen. */
  readonly modules: number;
  /** Entries that its tables may have together; `Infinity` for no limit. */
  readonly tableElements: number;
  /** Whether the host can stop it. */
  readonly interrupt: boolean;
  readonly fuel: boolean;
  readonly stack: boolean;
  /** Whether the kernel becomes part of it. */
  readonly merge: boolean;
}

/** The most bytes of a module that is compiled on this thread, which takes a millisecond or two. */
const SMALL_BYTES = 262_144;

/** Kernel functions that take time by the size they are given: fresh blocks are filled with zeros. */
const SIZED = [{ module: ABI_NAMESPACE, name: "alloc" }];

/** Modules by all of their bytes. */
const modules = new Kept<CompiledModule>(COMPILE_CACHE_BYTES);
/** Code that several modules may have, by its bytes. */
const codes = new Kept<WebAssembly.Module>(COMPILE_CACHE_BYTES);

/**
 * Compiles a module, or finds it compiled.
 *
 * @param bytes The module; not kept.
 * @param name Its name, for messages.
 * @param settings What is built in.
 * @param platform Hashes the bytes.
 * @returns The compiled module.
 * @throws {PluginError} `module/invalid`, `module/unlimitable` or `memory/limit`.
 */
export async function compileModule(bytes: Uint8Array<ArrayBuffer>, name: string, settings: CompileSettings, platform: Platform): Promise<CompiledModule> {
  const make = async (): Promise<CompiledModule> => await compile(bytes, name, settings, platform);
  const key = keyOf(settings, platform);
  return key === undefined ? await make() : await modules.get(bytes, key, make, ({ image }) => COMPILED_MODULE_BYTES + Math.max(bytes.length, image?.bytes ?? 0));
}

async function compile(bytes: Uint8Array<ArrayBuffer>, name: string, settings: CompileSettings, platform: Platform): Promise<CompiledModule> {
  // Most pages have small plug-ins, and need not load this.
  const split = bytes.length < MIN_SHARED_BYTES || isUnlimited(settings) ? undefined : (await loadPart(import("@tenon/wasm/split"))).splitModule;
  try {
    const shape = parseModule(bytes);
    const shared = await compileShared(split?.(shape), settings, platform);
    const module = shared?.module ?? (await compileBytes(limitBytes(bytes, shape, settings)));
    return describe(module, shape, settings.merge, shared?.image);
  } catch (cause) {
    throw (await loadPart(import("./compile-failure.ts"))).compileFailure(cause, name, settings);
  }
}

/**
 * Compiles a module's code, or finds it compiled for another module that has the same. Both the search and what is
 * compiled rest on the code's bytes alone. Where nothing is built in, a module goes to the engine as it came: its start
 * function would run before its data is there, and its custom sections may be for somebody's eyes.
 *
 * @returns The code and what the module has of its own, or `undefined` if it must stay whole. Then so must any failure.
 */
async function compileShared(split: SplitModule | undefined, settings: CompileSettings, platform: Platform): Promise<{ module: WebAssembly.Module; image: Image } | undefined> {
  if (split === undefined || split.image.pages > settings.memoryPages) return undefined;
  const code = split.code as Uint8Array<ArrayBuffer>;
  try {
    const key = keyOf(settings, platform);
    const make = async (): Promise<WebAssembly.Module> => await compileBytes(limitBytes(code, code, settings));
    return { module: key === undefined ? await make() : await codes.get(code, key, make, () => COMPILED_MODULE_BYTES + code.length), image: split.image };
  } catch {
    return undefined; // whatever is wrong with it is said about the whole, with the offsets of the whole
  }
}

/** A module's key: its hash, and all settings in the order in which `create.ts` states them. `undefined` where there is no hash. */
function keyOf(settings: CompileSettings, { sha256 }: Platform): ((bytes: Uint8Array<ArrayBuffer>) => Promise<string>) | undefined {
  return sha256 && (async (bytes) => `${String.fromCharCode(...(await sha256(bytes)))},${Object.values(settings).join()}`);
}

/** Small modules at once: the engine's threads answer later than it takes to compile them here. */
async function compileBytes(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  return bytes.length <= SMALL_BYTES ? new WebAssembly.Module(bytes) : await WebAssembly.compile(bytes);
}

function isUnlimited({ memoryPages, tableElements, interrupt, fuel, stack, merge }: CompileSettings): boolean {
  return !interrupt && !fuel && !stack && !merge && finite(memoryPages) === undefined && finite(tableElements) === undefined;
}

/**
 * Builds in what is asked for.
 *
 * @param bytes The module; left as it is.
 * @param source The same, or what `parseModule` made of it.
 * @param settings What is built in; a module without limits stays as it is.
 * @returns The limited module.
 * @throws What `compileFailure` explains, if it cannot be limited.
 */
export function limitBytes(bytes: Uint8Array<ArrayBuffer>, source: Uint8Array | Module, settings: CompileSettings): Uint8Array<ArrayBuffer> {
  const { interrupt, fuel, stack, merge } = settings;
  const memoryPages = finite(settings.memoryPages);
  const tableElements = finite(settings.tableElements);
  if (isUnlimited(settings)) return bytes;
  const kernel = merge ? { bytes: kernelBytes(), namespace: ABI_NAMESPACE, imports: KERNEL_IMPORTS } : undefined;
  return buildLimits(source, { memoryPages, modules: settings.modules, tableElements, interrupt, fuel, stack, sized: SIZED, kernel }).bytes as Uint8Array<ArrayBuffer>;
}

function finite(value: number): number | undefined {
  return value === Number.POSITIVE_INFINITY ? undefined : value;
}

function describe(module: WebAssembly.Module, shape: Module, hasKernel: boolean, image: Image | undefined): CompiledModule {
  const signature = (kind: ExternKind, index: number): Signature | undefined => {
    const type = kind === "function" ? signatureOf(shape, index) : undefined;
    return type && { params: type.params.map(formatValueType), results: type.results.map(formatValueType) };
  };
  return {
    module,
    // What limits add is not listed: they are ours, here or when the module was prepared.
    imports: shape.imports
      .filter((each) => each.module !== ADDED.namespace)
      .map(({ module: namespace, name, kind, index }) => ({ namespace, name, kind, signature: signature(kind, index) })),
    exports: shape.exports
      .filter((each) => !each.name.startsWith(RESERVED))
      .map(({ name, kind, index }) => ({ name, kind, signature: signature(kind, index) })),
    hasKernel,
    image,
  };
}
