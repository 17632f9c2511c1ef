/** A compiled module as the linker sees it: what it imports and exports, and by whom it was limited. */

import type { Image } from "@tenon/wasm/split";
import { ADDED, RESERVED } from "@tenon/wasm/reserved";

import { KERNEL_MEMORY } from "../abi.ts";
import type { Signature } from "../functions.ts";

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
  /** Whether the kernel is part of it. */
  readonly hasKernel: boolean;
  /** What it begins with, if `module` is only its code, which other plug-ins may have too; never written to. */
  readonly image: Image | undefined;
}

/** What is known of modules that came compiled: asking the engine takes longer than all else of a plug-in's start. */
const described = new WeakMap<WebAssembly.Module, CompiledModule>();

/**
 * Describes a module that came compiled. Types of its functions are not to be had.
 *
 * @param module The module.
 * @returns The same, described; what `tenon prepare` added is not listed.
 */
export function describeModule(module: WebAssembly.Module): CompiledModule {
  const known = described.get(module) ?? askEngine(module);
  described.set(module, known);
  return known;
}

function askEngine(module: WebAssembly.Module): CompiledModule {
  const imports = WebAssembly.Module.imports(module).filter((each) => each.module !== ADDED.namespace);
  const exports = WebAssembly.Module.exports(module);
  return {
    module,
    imports: imports.map(({ module: namespace, name, kind }) => ({ namespace, name, kind, signature: undefined })),
    exports: exports.filter((each) => !each.name.startsWith(RESERVED)).map(({ name, kind }) => ({ name, kind, signature: undefined })),
    hasKernel: exports.some((each) => each.name === `${ADDED.kernel}${KERNEL_MEMORY}`),
    image: undefined,
  };
}

/** Whether this engine has modules with two memories, which merging takes. */
export const CAN_MERGE: boolean = WebAssembly.validate(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 5, 2, 0, 0, 0, 0]));
