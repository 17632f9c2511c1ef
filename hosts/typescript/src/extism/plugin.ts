/** A plug-in with the methods that `@extism/extism` gives it. Absence is `null` here, as there. */

import { translateFailure } from "./failure.ts";
import { PluginOutput } from "./plugin-output.ts";
import type { PreparedPlugin } from "../create.ts";
import type { Engine } from "../engine.ts";
import { encodeInput } from "../plugin.ts";

/** A loaded plug-in. */
export interface Plugin {
  /**
   * @param funcName Name of an export.
   * @returns Whether it is a function.
   */
  functionExists(funcName: string | [string, string]): Promise<boolean>;
  /** Ends the plug-in. */
  close(): Promise<void>;
  /**
   * Calls a function of the plug-in.
   *
   * @param funcName Its name.
   * @param input Text or bytes; a number is no input.
   * @param hostContext Handed to host functions as `callContext.hostContext()`.
   * @returns Its output; `null` if it set none.
   * @throws {Error} If it fails; the message begins with `Plugin-originated error: ` if the plug-in says so itself.
   */
  call<T>(funcName: string | [string, string], input?: string | number | Uint8Array | null, hostContext?: T): Promise<PluginOutput | null>;
  /** @returns What the main module exports. */
  getExports(name?: string): Promise<WebAssembly.ModuleExportDescriptor[]>;
  /** @returns What the main module imports. */
  getImports(name?: string): Promise<WebAssembly.ModuleImportDescriptor[]>;
  /**
   * @returns The main module's instance. A call that fails may be followed by a new one.
   * @throws {Error} If it is on another thread.
   */
  getInstance(name?: string): Promise<WebAssembly.Instance>;
  /** Whether a call is running. */
  isActive(): boolean;
  /** @returns Whether nothing was running: then all blocks are gone. Variables and the instance stay. */
  reset(): Promise<boolean>;
}

/**
 * @param prepared The plug-in.
 * @param engine What runs it.
 * @returns The plug-in under the names of that library.
 */
export function createFace({ main }: PreparedPlugin, engine: Engine): Plugin {
  let active = 0;
  const others = main.exports.filter(({ kind }) => kind !== "function").map(({ name }) => name);
  const nameOf = (wanted: string | [string, string]): string => {
    if (typeof wanted === "string") return wanted;
    if (wanted[0] === main.name) return wanted[1];
    throw new Error(`Cannot call "${wanted[1]}" of the module "${wanted[0]}": only functions of the main module can be called`);
  };
  return {
    functionExists: async (funcName) => main.exports.some(({ name, kind }) => kind === "function" && name === nameOf(funcName)),
    async call(funcName, input, hostContext) {
      active += 1;
      try {
        const bytes = encodeInput(typeof input === "number" ? undefined : (input ?? undefined));
        const output = await engine.call(nameOf(funcName), bytes, { hostContext });
        // oxlint-disable-next-line unicorn/no-null -- as the library that this stands in for has it
        return output.isSet ? new PluginOutput(output.bytes().buffer) : null;
      } catch (thrown) {
        throw translateFailure(thrown, others);
      } finally {
        active -= 1;
      }
    },
    getExports: async () => main.exports.map(({ name, kind }) => ({ name, kind })),
    getImports: async () => main.imports.map(({ namespace, name, kind }) => ({ module: namespace, name, kind })),
    async getInstance() {
      if (engine.exports === undefined) throw new Error("Cannot get the instance: it is on another thread, make the plug-in without runInWorker");
      // What it exports beyond the plug-in's own stays inside, so it is an instance by its type and by its exports.
      return Object.create(WebAssembly.Instance.prototype, { exports: { value: engine.exports(), enumerable: true } }) as WebAssembly.Instance;
    },
    isActive: () => active > 0,
    // Blocks are gone at the next call anyway.
    reset: async () => active === 0,
    close: () => engine.close(),
  };
}
