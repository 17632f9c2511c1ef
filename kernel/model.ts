/**
 * The law of the kernel: what it must do, without a word on how. Used by its tests only.
 *
 * Where a block is placed is the kernel's choice, so the model is told and judges it:
 * - a block lies on a multiple of 64 and overlaps no other live block, padding to the next multiple included;
 * - it lies in a gap between live blocks or right behind the last of them, and never behind the last if a gap of a
 *   higher size class is there, so what was freed is used again, and adjacent gaps are one gap;
 * - it is refused only if it does not fit behind the last block within the limit, and no gap of a higher class is there.
 * That is the one tolerance: a gap of the same class (less than a quarter wider) may be taken or overlooked.
 * All else is exact: bytes, lengths, ranges, when memory grows and by how much.
 */

const HEAP = 512;
const GRANULE = 64;
const PAGE = 65_536;
const MAX_PAGES = 65_536;
const MAX_LENGTH = 2n ** 32n - 64n;

const sizeOf = (length: number): number => Math.ceil(length / GRANULE) * GRANULE;

/** Four classes per power of two, by the number of granules. */
function classOf(size: number): number {
  const granules = size / GRANULE;
  if (granules < 4) return granules;
  const log = Math.floor(Math.log2(granules));
  return log * 4 + (Math.floor(granules / 2 ** (log - 2)) & 3) - 4;
}

/** A range of the kernel's memory, in bytes. */
export type Range = { readonly offset: number; readonly length: number };

const NONE: Range = { offset: 0, length: 0 };

/** The state that the kernel must appear to have. */
export class KernelModel {
  /** Length of each live block by its handle. */
  readonly blocks: Map<number, number> = new Map();
  /** Every byte that load and store accept, from `HEAP` on; it only grows within a call. */
  heap: Uint8Array = new Uint8Array(0);
  input: Range = NONE;
  output: Range = NONE;
  refused: { readonly offset: bigint; readonly length: bigint } = { offset: 0n, length: 0n };
  error = 0n;
  errorText: Range = NONE;
  pages = 1;
  #limit = MAX_PAGES;

  /** Judges what `alloc` gave for a length, and takes it over. `fill` is what the host wrote into an unzeroed block. */
  alloc(length: bigint, handle: number, fill?: Uint8Array): void {
    if (length === 0n || length > MAX_LENGTH) return require(handle === 0, `length ${length} is refused`);
    const size = sizeOf(Number(length));
    const { gaps, top } = this.#gaps();
    const isGapSure = gaps.some((gap) => classOf(gap.length) > classOf(size));
    const needs = Math.ceil((HEAP + top + size + (HEAP + top + size) / 8) / PAGE);
    const fitsOnTop = top + size <= this.heap.length || needs <= Math.max(this.pages, this.#limit);
    if (handle === 0) return require(!isGapSure && !fitsOnTop, `length ${length} fits`);
    require(handle % GRANULE === 0, `handle ${handle} is aligned`);
    if (handle === HEAP + top) {
      require(!isGapSure, "a gap is used before the end");
      require(fitsOnTop, `length ${length} is within the limit`);
      if (needs > this.pages) this.pages = Math.min(Math.max(needs, Math.floor(this.pages * 1.5)), this.#limit);
      if (top + size > this.heap.length) this.heap = lengthen(this.heap, top + size);
    } else {
      require(gaps.some((gap) => gap.offset === handle && gap.length >= size), `handle ${handle} starts a gap`);
    }
    this.blocks.set(handle, Number(length));
    this.heap.fill(0, handle - HEAP, handle - HEAP + size);
    if (fill) this.heap.set(fill, handle - HEAP);
  }

  free(handle: bigint): void {
    if (this.length(handle) > 0) this.blocks.delete(Number(handle));
  }

  length(handle: bigint): number {
    return handle < 2n ** 32n ? (this.blocks.get(Number(handle)) ?? 0) : 0;
  }

  /** Where `bytes` bytes from an offset on lie in the heap, if all of them do. */
  at(offset: bigint, bytes: bigint): number | undefined {
    return offset >= HEAP && offset + bytes <= HEAP + this.heap.length ? Number(offset) - HEAP : undefined;
  }

  load(offset: bigint, bytes: 1 | 8): bigint {
    const from = this.at(offset, BigInt(bytes));
    return from === undefined ? 0n : littleEndian(this.heap.subarray(from, from + bytes));
  }

  store(offset: bigint, bytes: 1 | 8, value: bigint): void {
    const from = this.at(offset, BigInt(bytes));
    if (from === undefined) return;
    for (let i = 0; i < bytes; i += 1) this.heap[from + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }

  inputLoad(offset: bigint, bytes: 1 | 8): bigint {
    return offset + BigInt(bytes) <= this.input.length ? this.load(BigInt(this.input.offset) + offset, bytes) : 0n;
  }

  inputSet(handle: bigint, length: bigint): void {
    const live = this.length(handle);
    const bytes = length < live ? Number(length) : live;
    this.input = bytes > 0 ? { offset: Number(handle), length: bytes } : NONE;
  }

  outputSet(offset: bigint, length: bigint): void {
    const isInside = this.at(offset, length) !== undefined;
    this.output = isInside ? { offset: Number(offset), length: Number(length) } : NONE;
    this.refused = isInside ? { offset: 0n, length: 0n } : { offset, length };
  }

  errorSet(handle: bigint): void {
    this.error = handle;
    const length = this.length(handle);
    this.errorText = length > 0 ? { offset: Number(handle), length } : NONE;
  }

  limitSet(bytes: bigint): void {
    this.#limit = bytes >= BigInt(MAX_PAGES * PAGE) ? MAX_PAGES : Number(bytes / BigInt(PAGE));
  }

  reset(): void {
    this.blocks.clear();
    this.heap = new Uint8Array(0);
    this.input = this.output = this.errorText = NONE;
    this.refused = { offset: 0n, length: 0n };
    this.error = 0n;
  }

  /** The gaps between live blocks, and how far from `HEAP` the last one reaches. */
  #gaps(): { gaps: Range[]; top: number } {
    const gaps: Range[] = [];
    let end = HEAP;
    for (const [offset, length] of [...this.blocks].sort(([a], [b]) => a - b)) {
      require(offset >= end, "blocks do not overlap");
      if (offset > end) gaps.push({ offset: end, length: offset - end });
      end = offset + sizeOf(length);
    }
    return { gaps, top: end - HEAP };
  }
}

function require(isTrue: boolean, law: string): void {
  if (!isTrue) throw new Error(`The kernel breaks its law: ${law}`);
}

function lengthen(bytes: Uint8Array, length: number): Uint8Array {
  const longer = new Uint8Array(length);
  longer.set(bytes);
  return longer;
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
