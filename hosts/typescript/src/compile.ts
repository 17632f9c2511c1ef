/**
 * Bytes of a module → a compiled module with its imports and exports, kept by content for the next plug-in.
 *
 * What is kept is shared between plug-ins, so it holds nothing of any of them: a `WebAssembly.Module` has no state.
 */

import { formatValueType, parseModule, signatureOf, WasmError, type Module } from "@tenon/wasm";

import { PluginError } from "./error.ts";
import type { Signature } from "./functions.ts";
import { COMPILE_CACHE_BYTES } from "./limits.ts";
import { hashBytes } from "./load.ts";
import type { Platform } from "./platform.ts";

/** Kind of an import or export. */
export type ExternKind = WebAssembly.ImportExportKind;

/** What a module imports. */
export interface ImportShape {
  readonly namespace: string;
  readonly name: string;
  readonly kind: ExternKind;
  /** Type of a function; unknown for modules that came compiled. */
  readonly signature: Signature | undefined;
}

/** What a module exports. */
export interface ExportShape {
  readonly name: string;
  readonly kind: ExternKind;
  /** Type of a function; unknown for modules that came compiled. */
  readonly signature: Signature | undefined;
}

/** A compiled module, apart from any plug-in. */
export interface CompiledModule {
  readonly module: WebAssembly.Module;
  readonly imports: readonly ImportShape[];
  readonly exports: readonly ExportShape[];
  /** What stands before the kernel's names if the kernel was merged in. */
  readonly kernelPrefix: string | undefined;
  /** Namespace of the imports that a limited module was given. */
  readonly controlNamespace: string | undefined;
}

interface CacheEntry {
  readonly compiled: Promise<CompiledModule>;
  readonly bytes: number;
}

/** Oldest first; a `Map` keeps the order in which keys were added. */
const cache = new Map<string, CacheEntry>();
let cachedBytes = 0;

/**
 * Compiles a module, or finds it compiled.
 *
 * @param bytes The module; not kept.
 * @param name Its name, for messages.
 * @param platform Hashes the bytes.
 * @returns The compiled module.
 * @throws {PluginError} `module/invalid`.
 */
export async function compileModule(bytes: Uint8Array<ArrayBuffer>, name: string, platform: Platform): Promise<CompiledModule> {
  const key = await hashBytes(bytes, platform);
  const found = cache.get(key);
  if (found !== undefined) {
    cache.delete(key);
    cache.set(key, found);
    return await found.compiled;
  }
  const compiled = compile(bytes, name);
  remember(key, { compiled, bytes: bytes.length });
  try {
    return await compiled;
  } catch (failure) {
    // Failures carry the name of one plug-in; the next one gets its own.
    forget(key);
    throw failure;
  }
}

/**
 * Describes a module that came compiled. Types of its functions are not to be had.
 *
 * @param module The module.
 * @returns The same, described.
 */
export function describeModule(module: WebAssembly.Module): CompiledModule {
  return {
    module,
    imports: WebAssembly.Module.imports(module).map(({ module: namespace, name, kind }) => ({ namespace, name, kind, signature: undefined })),
    exports: WebAssembly.Module.exports(module).map(({ name, kind }) => ({ name, kind, signature: undefined })),
    kernelPrefix: undefined,
    controlNamespace: undefined,
  };
}

async function compile(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<CompiledModule> {
  const invalid = (cause: unknown, offset: number | undefined): PluginError => {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new PluginError("module/invalid", `Cannot compile the module "${name}": ${why}`, { module: name, offset }, { cause });
  };
  let shape: Module;
  try {
    shape = parseModule(bytes);
  } catch (cause) {
    throw invalid(cause, cause instanceof WasmError ? cause.offset : undefined);
  }
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(bytes);
  } catch (cause) {
    throw invalid(cause, undefined);
  }
  const signature = (kind: ExternKind, index: number): Signature | undefined => {
    const type = kind === "function" ? signatureOf(shape, index) : undefined;
    return type && { params: type.params.map(formatValueType), results: type.results.map(formatValueType) };
  };
  return {
    module,
    imports: shape.imports.map(({ module: namespace, name: importName, kind, index }) => ({ namespace, name: importName, kind, signature: signature(kind, index) })),
    exports: shape.exports.map(({ name: exportName, kind, index }) => ({ name: exportName, kind, signature: signature(kind, index) })),
    kernelPrefix: undefined,
    controlNamespace: undefined,
  };
}

function remember(key: string, entry: CacheEntry): void {
  cache.set(key, entry);
  cachedBytes += entry.bytes;
  for (const oldest of cache.keys()) {
    if (cachedBytes <= COMPILE_CACHE_BYTES || oldest === key) break;
    forget(oldest);
  }
}

function forget(key: string): void {
  cachedBytes -= cache.get(key)?.bytes ?? 0;
  cache.delete(key);
}
