/**
 * `@tenon/host/prepare`: builds limits into a module ahead of time, for platforms that do not compile bytes at run time.
 * What comes out is loaded with `prepared: true`, and `tenon prepare` writes it to a file. The kernel stays outside, so
 * that any engine takes it, unless it is asked for.
 */

import { type CompileSettings, limitBytes } from "./compile/compile.ts";
import { compileFailure } from "./compile/compile-failure.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { parseOptions } from "./options.ts";

/** What is built in, beside the ways to stop the module and to bound its stack. */
export interface PrepareOptions extends Pick<Limits, "memoryPages" | "tableElements"> {
  /** Whether instructions are counted, so that `limits.fuel` can be stated later; off by default, as it costs speed. */
  readonly fuel?: boolean;
  /**
   * Whether the kernel becomes part of the module, for runtimes that compile nothing at all (workerd); off by default,
   * because the engine must then take modules with two memories, and the plug-in be of one module.
   */
  readonly kernel?: boolean;
}

/**
 * Prepares a module.
 *
 * @param bytes The module; left as it is.
 * @param options What is built in; memories and tables get the default limits if nothing is said.
 * @returns The limited module. How long, how deep and with how much fuel a call may run is stated when it is loaded.
 * @throws {PluginError} `module/invalid`, `module/unlimitable`, `memory/limit`, or `manifest/invalid` for a wrong option.
 */
export function prepareModule(bytes: Uint8Array<ArrayBuffer>, { fuel = false, kernel = false, ...stated }: PrepareOptions = {}): Uint8Array<ArrayBuffer> {
  const { memoryPages, tableElements } = { ...DEFAULT_LIMITS, ...parseOptions({ limits: stated }).limits };
  const settings: CompileSettings = { memoryPages, modules: 1, tableElements, interrupt: true, fuel, stack: true, merge: kernel };
  try {
    return limitBytes(bytes, bytes, settings);
  } catch (cause) {
    throw compileFailure(cause, "main", settings);
  }
}
