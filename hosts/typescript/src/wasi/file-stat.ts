/**
 * Descriptions of files and their times, as bytes and numbers of preview 1.
 *
 *   filestat, 64 bytes   0 device: u64   8 inode: u64   16 type: u8   24 links: u64   32 size: u64
 *                        40 accessed: u64   48 modified: u64   56 changed: u64         (nanoseconds since 1970)
 *
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#filestat
 */

import { readClock, type Clocks } from "./clock.ts";
import { refuse } from "./errno.ts";
import type { FileStat, FileTimes } from "./file-tree.ts";
import type { GuestMemory } from "./guest-memory.ts";

/** Bytes of a description. */
export const FILESTAT_BYTES = 64;

const ACCESSED = 1;
const ACCESSED_NOW = 2;
const MODIFIED = 4;
const MODIFIED_NOW = 8;

/**
 * Writes a description into guest memory. The device is 0: which of its disks the host uses is its own affair.
 *
 * @param memory The guest's memory.
 * @param pointer Where.
 * @param stat What to describe.
 * @throws {Refusal} `EFAULT` if it does not fit.
 */
export function writeFileStat(memory: GuestMemory, pointer: number, stat: FileStat): void {
  memory.clear(pointer, FILESTAT_BYTES);
  memory.setU64(pointer + 8, stat.inode);
  memory.setU8(pointer + 16, stat.type);
  memory.setU64(pointer + 24, stat.links);
  memory.setU64(pointer + 32, stat.size);
  memory.setU64(pointer + 40, stat.accessed);
  memory.setU64(pointer + 48, stat.modified);
  memory.setU64(pointer + 56, stat.changed);
}

/**
 * Works out which times a guest wants to set.
 *
 * @param clocks What "now" means.
 * @param accessed Nanoseconds, as Wasm handed them over.
 * @param modified Nanoseconds, as Wasm handed them over.
 * @param flags Which of the two, and whether now.
 * @returns The times to set.
 * @throws {Refusal} `EINVAL` for flags that contradict each other or do not exist.
 */
export function readFileTimes(clocks: Clocks, accessed: bigint, modified: bigint, flags: number): FileTimes {
  const choose = (given: bigint, isGiven: boolean, isNow: boolean): bigint | undefined => {
    if (isGiven && isNow) refuse("inval");
    if (isNow) return readClock(clocks, 0);
    return isGiven ? BigInt.asUintN(64, given) : undefined;
  };
  if ((flags & ~(ACCESSED | ACCESSED_NOW | MODIFIED | MODIFIED_NOW)) !== 0) refuse("inval");
  return {
    accessed: choose(accessed, (flags & ACCESSED) !== 0, (flags & ACCESSED_NOW) !== 0),
    modified: choose(modified, (flags & MODIFIED) !== 0, (flags & MODIFIED_NOW) !== 0),
  };
}
