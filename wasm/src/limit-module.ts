/** `buildLimits` for those who want every refusal in words at once; a page has the texts loaded when it needs them. */
import { explainRefusal } from "./explain.ts";
import { buildLimits, type LimitedModule } from "./limit.ts";
import type { Module } from "./module.ts";
import type { LimitOptions } from "./plan.ts";

/**
 * Builds limits into a module.
 *
 * @param source The whole file, or what `parseModule` made of it; left as it is.
 * @param options The limits; without any the module is only stripped.
 * @throws {WasmError} If it is malformed or needs more than a limit, or if a limit could not be made to hold.
 * @throws {TypeError} If the kernel is none.
 */
export function limitModule(source: Uint8Array | Module, options: LimitOptions): LimitedModule {
  try {
    return buildLimits(source, options);
  } catch (error) {
    throw explainRefusal(error);
  }
}
