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

const SMALL_BYTES = 256;
const LINKS_SMALL_BYTES = 16;
const LINKS_LARGE_BYTES = 32;
const MIN_BYTES = 16;
const FLAGS = 7;
const PREVIOUS_IN_USE = 1;
const IN_USE = 2;

/** Zeroes the dead parts of an image in place. */
export function zeroDeadMemory({ memory, stackPointer, heapStart }: Omit<EngineImage, "runtime" | "lengthAtom" | "globalObject">): void {
  memory.fill(0, 0, stackPointer);
  for (const [start, end] of freeBlocks(memory, heapStart)) {
    const links = end - start < SMALL_BYTES ? LINKS_SMALL_BYTES : LINKS_LARGE_BYTES;
    memory.fill(0, start + links, end);
  }
}

/** The free blocks from the first header to the end of memory; none when the walk does not arrive there. */
function freeBlocks(memory: Uint8Array, heapStart: number): [start: number, end: number][] {
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >> 2);
  const found: [number, number][] = [];
  let wasInUse = true;
  let at = heapStart;
  while (at + 8 <= memory.length) {
    const head = words[(at >> 2) + 1] as number;
    const size = head - (head & FLAGS);
    const isTrailer = at + size === memory.length && (head & FLAGS) === 0;
    if (size < MIN_BYTES || at + size > memory.length || (!isTrailer && ((head & PREVIOUS_IN_USE) !== 0) !== wasInUse)) return [];
    wasInUse = (head & IN_USE) !== 0;
    if (!wasInUse && !isTrailer) found.push([at, at + size]);
    at += size;
  }
  return at === memory.length ? found : [];
}
