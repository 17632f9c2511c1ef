/**
 * The heap: where blocks lie, which are live, and where there is room. All in constant time, and all of its notes are
 * kept where no load or store of a plug-in can reach them.
 *
 *   0        512 = HEAP                HEAP + top   HEAP + reach                     end of memory
 *   | record | block | free | block    |            |  unused              ... e2 e1 e0 (56) |
 *                                                      the table grows downward ◄──
 *
 * The heap is cut into granules of 64 bytes. A block is a run of granules, so a handle is a multiple of 64. Blocks and
 * free runs tile the heap up to `top`; two free runs never touch, and none touches `top`. So the free runs are exactly
 * the gaps between live blocks, whatever happened before.
 * The table has 8 bytes per granule, mirrored at the end of the memory; that of address a is at `end - a / 8`:
 *
 *   first granule of a block       length in bytes (u32), 0 (u32)
 *   first granule of a free run    next of its class (u32), previous of its class | ONE or MANY (u32)
 *   second and last granule of it  bytes of the run (u32), MANY (u32)            (only if it has more than one)
 *   every other granule            0
 *
 * An engine may end a plug-in in any call in here, when its stack ends, and the notes half written. So a change says that it
 * is one, in `busy`. Where that is left behind, nothing is placed or freed any more before `releaseAll`, which reads no notes.
 *
 * Free runs are listed by size class, four classes per power of two, as in a two-level segregated fit (Masmano et al.,
 * "TLSF: a new dynamic memory allocator for real-time systems", 2004), except that the lists live in the table.
 */
import { BUSY, CLASSES, CUT, DIRTY, HEADS, HEAP, MAX_PAGES, REACH, REACH_WORDS, TOP } from "./record";

const GRANULE: u32 = 64;
/** Marks in the low bits of a granule's second word, which are free because addresses are multiples of 64. */
const ONE: u32 = 1;
const MANY: u32 = 2;
const MARKS: u32 = GRANULE - 1;
/** Longest block whose size in granules is still a u32. */
const MAX_LENGTH: u64 = 0xffff_ffc0;
/** Up to here a loop of stores is faster than `memory.fill`, which leaves the compiled code. */
const SMALL: u32 = 256;
/** From here on, what is zero already is left alone. */
const LARGE: u32 = 4 << 20;

// @ts-ignore: decorator
@inline
function entry(address: u32): usize {
  return (<u32>memory.size() << 16) - (address >> 3);
}

// @ts-ignore: decorator
@inline
function next(slot: usize): u32 {
  return load<u32>(slot);
}

// @ts-ignore: decorator
@inline
function marked(slot: usize): u32 {
  return load<u32>(slot, 4);
}

// @ts-ignore: decorator
@inline
function sizeOf(length: u32): u32 {
  return (length + (GRANULE - 1)) & ~(GRANULE - 1);
}

/** 1, 2, 3 granules are classes 1, 2, 3; from 4 on: four classes per power of two. */
function classOf(size: u32): u32 {
  const granules = size / GRANULE;
  if (granules < 4) return granules;
  const log = 31 - clz(granules);
  return (log << 2) + ((granules >> (log - 2)) & 3) - 4;
}

/** Size of the free run whose first granule is `address`. */
function runSize(address: u32): u32 {
  return marked(entry(address)) & ONE ? GRANULE : load<u32>(entry(address + GRANULE));
}

/** Writes what the second and the last granule of a free run say. */
function noteSize(address: u32, size: u32, note: u64): void {
  if (size > GRANULE) {
    store<u64>(entry(address + GRANULE), note);
    store<u64>(entry(address + size - GRANULE), note);
  }
}

function insert(address: u32, size: u32): void {
  const index = classOf(size);
  const head = HEADS + (index << 2);
  const word = CLASSES + ((index >> 6) << 3);
  const first = load<u32>(head);
  if (first) store<u32>(entry(first), marked(entry(first)) | address, 4);
  store<u32>(head, address);
  store<u64>(word, load<u64>(word) | (<u64>1 << index));
  store<u64>(entry(address), (<u64>(size > GRANULE ? MANY : ONE) << 32) | first);
  noteSize(address, size, (<u64>MANY << 32) | size);
}

function remove(address: u32, size: u32): void {
  const slot = entry(address);
  const after = next(slot);
  const before = marked(slot) & ~MARKS;
  if (after) {
    const neighbour = entry(after);
    store<u32>(neighbour, (marked(neighbour) & MARKS) | before, 4);
  }
  if (before) store<u32>(entry(before), after);
  else {
    const index = classOf(size);
    store<u32>(HEADS + (index << 2), after);
    if (!after) {
      const word = CLASSES + ((index >> 6) << 3);
      store<u64>(word, load<u64>(word) & ~(<u64>1 << index));
    }
  }
  store<u64>(slot, 0);
  noteSize(address, size, 0);
}

/** The first free run of the next class that is not empty: `index` or above. 0 if there is none. */
function firstFrom(index: u32): u32 {
  let bits: u64 = 0;
  let base: u32 = 0;
  if (index < 64) bits = (load<u64>(CLASSES) >> index) << index;
  if (!bits) {
    base = 64;
    const from = index < 64 ? 0 : index - 64;
    bits = (load<u64>(CLASSES, 8) >> from) << from;
    if (!bits) return 0;
  }
  return load<u32>(HEADS + ((base + <u32>ctz(bits)) << 2));
}

/** Takes `size` bytes from a gap between live blocks; 0 if none is found that is surely wide enough. */
function takeGap(size: u32): u32 {
  const index = classOf(size);
  // Any run of a higher class is wide enough. Of its own class only the first is tried: what was freed last.
  let address = load<u32>(HEADS + (index << 2));
  if (!address || runSize(address) < size) {
    address = firstFrom(index + 1);
    if (!address) return 0;
  }
  const found = runSize(address);
  store<u8>(BUSY, 1);
  remove(address, found);
  if (found > size) insert(address + size, found - size);
  return address;
}

/** Sees to it that the heap can end at `end` and the table still fits behind it. False: refused, nothing changed. */
function makeRoom(end: u64): bool {
  const has = <u32>memory.size();
  const needs = (end + (end >> 3) + 0xffff) >> 16;
  if (needs <= has) return true;
  const may = MAX_PAGES - load<u32>(CUT);
  if (needs > may) return false;
  // Half as much again, so that moving the table costs a constant share of what was allocated.
  const wants = min(max(<u32>needs, has + (has >> 1)), may);
  if (memory.grow(wants - has) < 0) {
    if (memory.grow(<u32>needs - has) < 0) return false;
  }
  const bytes = (<u32>HEAP + load<u32>(REACH)) >> 3;
  const from = (has << 16) - bytes;
  const to = (<u32>memory.size() << 16) - bytes;
  memory.copy(to, from, bytes);
  memory.fill(from, 0, min(bytes, to - from));
  return true;
}

function zero(address: u32, size: u32): void {
  const end = address + size;
  if (size >= LARGE) {
    // Where nobody wrote, the system has no memory yet for so large a block: looking takes none, writing would.
    do {
      if (load<u64>(address)) store<u64>(address, 0);
      address += 8;
    } while (address < end);
  } else if (size > SMALL) {
    memory.fill(address, 0, size);
  } else {
    do {
      store<u64>(address, 0);
      store<u64>(address, 0, 8);
      store<u64>(address, 0, 16);
      store<u64>(address, 0, 24);
      address += GRANULE / 2;
    } while (address < end);
  }
}

/**
 * Makes a new live block; 0 if it is refused, and then nothing has changed. It is zeroed, or, if the host fills its
 * `length` bytes at once, only what lies between them and the next granule is.
 */
export function place(length: u64, isFilled: bool): u32 {
  if (length - 1 >= MAX_LENGTH || load<u8>(BUSY)) return 0;
  const size = sizeOf(<u32>length);
  let address: u32 = 0;
  if (load<u64>(CLASSES) | load<u64>(CLASSES, 8)) address = takeGap(size);
  const isLast = !address;
  if (isLast) {
    address = load<u32>(TOP) + <u32>HEAP;
    if (!makeRoom(<u64>address + size)) return 0;
  }
  // Past `dirty` the memory is as it was born.
  const from = address - <u32>HEAP;
  const end = from + size;
  const dirty = load<u32>(DIRTY);
  if (from < dirty) {
    if (isFilled) zero(address + size - GRANULE, GRANULE);
    else zero(address, min(size, dirty - from));
  }
  // From here on nothing is called. Only now, when it is zero, may a load reach it.
  if (end > dirty) store<u32>(DIRTY, end);
  if (isLast) store<u32>(TOP, end);
  if (end > load<u32>(REACH)) {
    store<u32>(REACH, end);
    store<u32>(REACH_WORDS, end - 7);
  }
  store<u64>(entry(address), length);
  store<u8>(BUSY, 0);
  return address;
}

/** Length of the live block that starts at `handle`, or 0. */
// @ts-ignore: decorator
@inline
export function lengthOf(handle: u64): u64 {
  // A handle that is no multiple of 64 becomes a huge number.
  if (rotr<u64>(handle - HEAP, 6) >= load<u32>(REACH) >> 6) return 0;
  const note = load<u64>(entry(<u32>handle));
  return note >> 32 ? 0 : note;
}

/** Frees the live block that starts at `handle`; anything else is ignored. */
export function release(handle: u64): void {
  const length = lengthOf(handle);
  if (!length || load<u8>(BUSY)) return;
  store<u8>(BUSY, 1);
  let address = <u32>handle;
  let size = sizeOf(<u32>length);
  store<u64>(entry(address), 0);
  const end = address + size;
  const isLast = end - <u32>HEAP == load<u32>(TOP);
  if (!isLast && marked(entry(end))) {
    const right = runSize(end);
    remove(end, right);
    size += right;
  }
  const before = entry(address - GRANULE);
  if (marked(before)) {
    const left = marked(before) & ONE ? GRANULE : load<u32>(before);
    address -= left;
    size += left;
    remove(address, left);
  }
  if (isLast) store<u32>(TOP, address - <u32>HEAP);
  else insert(address, size);
  store<u8>(BUSY, 0);
}

/** Frees everything: block by block where there is nothing else, and whatever the notes say where there is. */
export function releaseAll(): void {
  const top = load<u32>(TOP);
  if (load<u64>(CLASSES) | load<u64>(CLASSES, 8)) {
    // From the note of the last granule on; short of the end of the memory, an address that there is not in 4 GiB.
    const bytes = ((<u32>HEAP + top - 1) >> 8) << 5;
    zero((<u32>memory.size() << 16) - 32 - bytes, bytes);
    memory.fill(CLASSES, 0, HEAP - CLASSES);
  } else {
    for (let address = <u32>HEAP; address < <u32>HEAP + top; ) {
      const slot = entry(address);
      address += sizeOf(load<u32>(slot));
      store<u64>(slot, 0);
    }
  }
  store<u32>(TOP, 0);
  store<u64>(REACH, 0); // and `reach_words` behind it
}
