/**
 * Lowers the maximum of memories and tables. All that a module defines share one limit: each has its minimum, and what
 * is left goes to the first that may grow, then to the next. Imported ones are limited where they are defined.
 */
import { WasmError } from "./error.ts";
import type { Definition, Limits } from "./module.ts";

/**
 * The limits that memories or tables get.
 *
 * @param what What they are, for the error.
 * @param own Their own limits.
 * @param definitions Where they stand.
 * @param limit Pages or elements for all together.
 * @throws {WasmError} `over-limit` if their minima alone are above the limit.
 */
export function capLimits<T extends Limits>(what: string, own: readonly T[], definitions: readonly Definition[], limit: number): T[] {
  let spare = limit;
  for (const [index, { min }] of own.entries()) {
    spare -= min;
    if (spare < 0)
      throw new WasmError("over-limit", what, definitions[index]?.start ?? 0, `it starts with ${min} and the limit leaves ${spare + min}`);
  }
  return own.map((limits) => {
    const max = Math.min(limits.max ?? Infinity, limits.min + spare);
    spare -= max - limits.min;
    return { ...limits, max };
  });
}
