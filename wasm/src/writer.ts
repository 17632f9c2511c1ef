/**
 * A growing buffer that writes what `Reader` reads. It checks nothing: what is written is as right as its caller.
 *
 *   section   id | length of the payload | payload
 *
 * Source: https://webassembly.github.io/spec/core/binary/
 */
import { heapTypeOf, type ValueType } from "./value-type.ts";

const UTF8 = new TextEncoder();

/** Bytes under construction. */
export class Writer {
  /** What is written so far, and room behind it. */
  bytes: Uint8Array;
  /** How much of `bytes` is written. */
  length = 0;

  /** @param capacity Room in bytes to begin with; it grows by itself. */
  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for so many further bytes. */
  reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** Writes one byte. */
  byte(value: number): this {
    this.reserve(1);
    this.bytes[this.length++] = value;
    return this;
  }

  /** Writes these bytes, each given as a number. */
  all(...values: readonly number[]): this {
    this.reserve(values.length);
    for (const value of values) this.bytes[this.length++] = value;
    return this;
  }

  /** Writes bytes as they are. */
  raw(source: Uint8Array, start = 0, end: number = source.length): this {
    this.reserve(end - start);
    this.bytes.set(source.subarray(start, end), this.length);
    this.length += end - start;
    return this;
  }

  /** Writes an unsigned number of up to 32 bits in as few bytes as possible. */
  u32(value: number): this {
    this.reserve(lengthOfU32(value >>> 0));
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
    return this;
  }

  /** Writes an unsigned number of up to 64 bits in as few bytes as possible. */
  u64(value: bigint): this {
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80);
    return this.byte(Number(rest));
  }

  /** Writes a signed number in as few bytes as possible; numbers must be safe integers. */
  signed(value: number | bigint): this {
    let rest = BigInt(value);
    for (; rest < -64n || rest > 63n; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80);
    return this.byte(Number(rest & 0x7fn));
  }

  /** Writes a name: its length in bytes and UTF-8. */
  string(text: string): this {
    const encoded = UTF8.encode(text);
    return this.u32(encoded.length).raw(encoded);
  }

  /** Writes a value type. */
  valueType(type: ValueType): this {
    const heap = heapTypeOf(type);
    this.byte(type & 0xff);
    return heap === undefined ? this : this.signed(heap);
  }

  /** What was written, as a view that the next write may leave behind. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

/** The eight bytes every module begins with: `\0asm` and version 1. */
export const HEADER: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** One section of a module to be written: its payload in one or more parts. */
export interface SectionBytes {
  readonly id: number;
  readonly parts: readonly Uint8Array[];
}

/**
 * Writes a module out of its sections.
 *
 * @param sections In the order in which they shall stand.
 * @returns A fresh array of exactly the size of the module.
 */
export function encodeModule(sections: readonly SectionBytes[]): Uint8Array {
  const sizes = sections.map(({ parts }) => parts.reduce((sum, part) => sum + part.length, 0));
  const total = sizes.reduce((sum, size) => sum + 1 + lengthOfU32(size) + size, HEADER.length);
  const writer = new Writer(total).all(...HEADER);
  for (const [index, { id, parts }] of sections.entries()) {
    writer.byte(id).u32(sizes[index] as number);
    for (const part of parts) writer.raw(part);
  }
  // A number near the end makes room for its longest form.
  return writer.length === writer.bytes.length ? writer.bytes : writer.bytes.slice(0, writer.length);
}

/** How many bytes `Writer.u32` takes for a number. */
export function lengthOfU32(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}
