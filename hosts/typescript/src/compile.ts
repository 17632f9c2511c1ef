/** Bytes of a module → compiled module with its imports and exports, kept by content for the next plug-in. */

import { PluginError } from "./error.ts";
import type { Signature } from "./functions.ts";

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

/** A compiled module of a plug-in. */
export interface CompiledModule {
  /** Name within the manifest. */
  readonly name: string;
  readonly module: WebAssembly.Module;
  readonly imports: readonly ImportShape[];
  readonly exports: readonly ExportShape[];
  /** What stands before the kernel's names if the kernel was merged in. */
  readonly kernelPrefix: string | undefined;
  /** Namespace of the imports that a limited module was given. */
  readonly controlNamespace: string | undefined;
}

/** Compiles a module. */
export async function compileModule(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<CompiledModule> {
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new PluginError("module/invalid", `Cannot compile the module "${name}": ${String(cause)}`, { module: name, offset: undefined }, { cause });
  }
  return describeModule(module, name);
}

/** Describes a module that came compiled. */
export function describeModule(module: WebAssembly.Module, name: string): CompiledModule {
  return {
    name,
    module,
    imports: WebAssembly.Module.imports(module).map(({ module: namespace, name: importName, kind }) => ({ namespace, name: importName, kind, signature: undefined })),
    exports: WebAssembly.Module.exports(module).map(({ name: exportName, kind }) => ({ name: exportName, kind, signature: undefined })),
    kernelPrefix: undefined,
    controlNamespace: undefined,
  };
}
