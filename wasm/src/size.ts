/**
 * How big a memory or table is and may become, as its type says it in the binary format.
 *
 *   flags: 1 has a maximum, 2 shared, 4 addressed with i64 | minimum | maximum
 *
 * Source: https://webassembly.github.io/spec/core/binary/types.html#limits, the threads and memory64 proposals
 */
import { MEMORY_PAGES } from "./engine-limits.ts";
import { WasmError } from "./error.ts";
import type { Limits } from "./module.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/**
 * Reads the limits of a memory or table.
 *
 * @throws {WasmError} `malformed` if no engine would accept them, `unknown` for flags that are not known.
 */
export function readLimits(reader: Reader, what: "memory" | "table"): Limits {
  const start = reader.offset;
  const flags = reader.byte();
  if (flags > 7) throw new WasmError("unknown", `${what} flags ${flags}`, start, "these flags are not known");
  const is64 = (flags & 4) !== 0;
  const read = (): number => {
    const at = reader.offset;
    if (!is64) return reader.u32();
    const value = reader.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new WasmError("too-large", what, at, `${value} is more than engines accept`);
    return Number(value);
  };
  const min = read();
  const max = flags & 1 ? read() : undefined;
  if (what === "memory" && !is64 && Math.max(min, max ?? 0) > MEMORY_PAGES)
    throw new WasmError("malformed", what, start, `a memory has at most ${MEMORY_PAGES} pages`);
  if (max !== undefined && max < min) throw new WasmError("malformed", what, start, `its maximum ${max} is below its minimum ${min}`);
  const shared = (flags & 2) !== 0;
  if (shared && max === undefined) throw new WasmError("malformed", what, start, "it is shared, and has no maximum");
  return { min, max, shared, is64 };
}

/** Writes limits as they stand in a memory or table type. */
export function writeLimits(writer: Writer, { min, max, shared, is64 }: Limits): void {
  writer.byte((max === undefined ? 0 : 1) | (shared ? 2 : 0) | (is64 ? 4 : 0));
  for (const value of max === undefined ? [min] : [min, max]) {
    if (is64) writer.u64(BigInt(value));
    else writer.u32(value);
  }
}
