/**
 * Guest memory as WASI sees it: every pointer is checked before the first byte is touched, and nothing wraps.
 *
 *            pointer ---v                v--- pointer + length
 *   memory  [ ......... | h  e  l  l  o  | ......... ]      all numbers are bytes; pointers are unsigned 32-bit
 *
 * A pointer arrives from Wasm as a signed number; `>>> 0` makes it what the guest meant. Lengths are at most
 * 2^32 × 48 and sums stay far below 2^53, so the comparisons are exact. A view dies when the guest grows its memory:
 * every access asks for the current buffer first. Bytes that go to the host are copied, because the memory may be
 * shared, and neither `TextDecoder` nor `crypto` takes a shared view.
 * Source: https://webassembly.github.io/spec/core/exec/runtime.html#memory-instances
 */

import { refuse } from "./errno.ts";

/** A checked range of guest memory, in bytes. */
export interface GuestRange {
  readonly offset: number;
  readonly length: number;
}

/** The memory of one instance. Before `attach` and after `detach` every access is `EFAULT`. */
export class GuestMemory {
  #memory: WebAssembly.Memory | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(this.#bytes.buffer);

  /**
   * Says which memory pointers mean.
   *
   * @param memory The instance's memory; may be shared.
   */
  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory;
  }

  /** Forgets the memory. */
  detach(): void {
    this.#memory = undefined;
    this.#renew(new ArrayBuffer(0));
  }

  /**
   * Checks a range.
   *
   * @param pointer First byte, as Wasm handed it over.
   * @param length Bytes, not negative.
   * @returns The pointer as an unsigned number.
   * @throws {Refusal} `EFAULT` if any byte of the range lies outside the memory.
   */
  check(pointer: number, length: number): number {
    if (this.#memory === undefined) refuse("fault");
    const { buffer } = this.#memory;
    if (buffer !== this.#bytes.buffer) this.#renew(buffer);
    const offset = pointer >>> 0;
    if (offset + length > this.#bytes.length) refuse("fault");
    return offset;
  }

  /** Reads one byte, or throws `EFAULT`. */
  u8(pointer: number): number {
    const offset = this.check(pointer, 1);
    return this.#view.getUint8(offset);
  }

  /** Reads two bytes, little-endian, or throws `EFAULT`. */
  u16(pointer: number): number {
    const offset = this.check(pointer, 2);
    return this.#view.getUint16(offset, true);
  }

  /** Reads four bytes, little-endian, or throws `EFAULT`. */
  u32(pointer: number): number {
    const offset = this.check(pointer, 4);
    return this.#view.getUint32(offset, true);
  }

  /** Reads eight bytes, little-endian, or throws `EFAULT`. */
  u64(pointer: number): bigint {
    const offset = this.check(pointer, 8);
    return this.#view.getBigUint64(offset, true);
  }

  /** Writes one byte, or throws `EFAULT`. */
  setU8(pointer: number, value: number): void {
    const offset = this.check(pointer, 1);
    this.#view.setUint8(offset, value);
  }

  /** Writes two bytes, little-endian, or throws `EFAULT`. */
  setU16(pointer: number, value: number): void {
    const offset = this.check(pointer, 2);
    this.#view.setUint16(offset, value, true);
  }

  /** Writes four bytes, little-endian, or throws `EFAULT`. */
  setU32(pointer: number, value: number): void {
    const offset = this.check(pointer, 4);
    this.#view.setUint32(offset, value, true);
  }

  /** Writes eight bytes, little-endian, or throws `EFAULT`. */
  setU64(pointer: number, value: bigint): void {
    const offset = this.check(pointer, 8);
    this.#view.setBigUint64(offset, value, true);
  }

  /**
   * Sets every byte of a range to zero.
   *
   * @param pointer First byte.
   * @param length Bytes.
   * @throws {Refusal} `EFAULT` if the range does not lie inside the memory.
   */
  clear(pointer: number, length: number): void {
    const offset = this.check(pointer, length);
    this.#bytes.fill(0, offset, offset + length);
  }

  /**
   * Copies bytes into the guest.
   *
   * @param pointer Where the first byte goes.
   * @param bytes What to copy.
   * @throws {Refusal} `EFAULT` if they do not fit.
   */
  write(pointer: number, bytes: Uint8Array): void {
    const offset = this.check(pointer, bytes.length);
    this.#bytes.set(bytes, offset);
  }

  /**
   * Copies bytes out of the guest. The caller has bounded `length`.
   *
   * @param pointer First byte.
   * @param length Bytes.
   * @returns A copy that is never shared.
   * @throws {Refusal} `EFAULT` if the range does not lie inside the memory.
   */
  read(pointer: number, length: number): Uint8Array<ArrayBuffer> {
    const offset = this.check(pointer, length);
    const copy = new Uint8Array(length);
    copy.set(this.#bytes.subarray(offset, offset + length));
    return copy;
  }

  /**
   * Reads a table of `iovec` or `ciovec` once and checks every range in it, so that a bad one is refused before any
   * byte moves and a second thread cannot change it after the check.
   *
   *   [ pointer: u32 | length: u32 ] × count
   *
   * @param pointer The table.
   * @param count Vectors, as Wasm handed it over.
   * @param limits How many vectors there may be, and how many bytes the call moves at most.
   * @returns The ranges, cut off where their sum reaches `maxTransferBytes`.
   * @throws {Refusal} `EINVAL` for too many vectors, `EFAULT` if the table or a range lies outside the memory.
   */
  vectors(
    pointer: number,
    count: number,
    limits: { readonly maxVectors: number; readonly maxTransferBytes: number },
  ): GuestRange[] {
    const vectors = count >>> 0;
    if (vectors > limits.maxVectors) refuse("inval");
    const table = this.check(pointer, vectors * 8);
    const ranges: GuestRange[] = [];
    let left = limits.maxTransferBytes;
    for (let at = table; at < table + vectors * 8; at += 8) {
      const whole = this.#view.getUint32(at + 4, true);
      const offset = this.check(this.#view.getUint32(at, true), whole);
      const length = Math.min(whole, left);
      if (length > 0) ranges.push({ offset, length });
      left -= length;
    }
    return ranges;
  }

  /**
   * Copies ranges out of the guest, one after the other.
   *
   * @param ranges What {@link GuestMemory.vectors} returned.
   * @returns One copy of them all.
   */
  gather(ranges: readonly GuestRange[]): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(ranges.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const { offset, length } of ranges) {
      bytes.set(this.#bytes.subarray(offset, offset + length), at);
      at += length;
    }
    return bytes;
  }

  /**
   * Copies bytes into ranges of the guest, one after the other.
   *
   * @param ranges What {@link GuestMemory.vectors} returned.
   * @param bytes At most as many as the ranges hold together.
   */
  scatter(ranges: readonly GuestRange[], bytes: Uint8Array): void {
    let at = 0;
    for (const { offset, length } of ranges) {
      this.write(offset, bytes.subarray(at, at + length));
      at += length;
    }
  }

  #renew(buffer: ArrayBufferLike): void {
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }
}
