/**
 * A cursor over the bytes of a module: LEB128 numbers, names, value types, counts. Every read is checked against the
 * end of its section, and a count is checked against the bytes that are left before anyone allocates by it.
 *
 *            start ---v    offset ---v            v--- end (exclusive)
 *   bytes    [ ....... | read already | still left | ....... ]
 *
 * It knows nothing of sections or instructions.
 * Source: https://webassembly.github.io/spec/core/binary/values.html
 */
import { WasmError } from "./error.ts";
import { REF, REF_NULL, withHeapType, type ValueType } from "./value-type.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A position in a module and the end it must not pass. */
export class Reader {
  /** The whole module, as it was given. */
  readonly bytes: Uint8Array;
  /** Offset of the next byte to read. */
  offset: number;
  /** Offset of the first byte that does not belong to this reader any more. */
  end: number;
  /** Concrete heap types must be below this index. */
  typeLimit = 0;

  /**
   * @param bytes The whole module, so that offsets in errors are those of the file.
   * @param offset First byte to read.
   * @param end First byte not to read.
   */
  constructor(bytes: Uint8Array, offset = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  /** Reads one byte. */
  byte(): number {
    if (this.offset >= this.end) throw this.#malformed("byte", "the section ends here");
    return this.bytes[this.offset++] as number;
  }

  /** Reads an unsigned number of up to 32 bits. */
  u32(): number {
    const start = this.offset;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new WasmError("malformed", "number", start, "it is longer than 32 bits");
  }

  /** Reads an unsigned number of up to 64 bits. */
  u64(): bigint {
    return BigInt.asUintN(64, this.#long(64, false));
  }

  /** Reads a signed number of up to 32 bits. */
  s32(): number {
    const start = this.offset;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (shift < 28) return (value << (25 - shift)) >> (25 - shift);
      if (byte > 0x07 && byte < 0x78) break; // bits 32 to 34 must be the sign
      return value;
    }
    throw new WasmError("malformed", "number", start, "it is longer than 32 bits");
  }

  /** Reads a signed number of up to 33 bits, as heap types and block types are written. */
  s33(): number {
    return Number(this.#long(33, true));
  }

  /** Reads a signed number of up to 64 bits. */
  s64(): bigint {
    return this.#long(64, true);
  }

  /** Moves past bytes without looking at them. */
  skip(length: number): void {
    if (length > this.end - this.offset) throw this.#malformed("bytes", `${length} are announced and ${this.end - this.offset} are left`);
    this.offset += length;
  }

  /**
   * Reads how many items follow, so that the caller may allocate by it.
   *
   * @param what The items, for the error.
   * @param limit The most that engines accept.
   * @param minBytes The fewest bytes one item takes.
   */
  count(what: string, limit: number, minBytes = 1): number {
    const start = this.offset;
    const count = this.u32();
    if (count * minBytes > this.end - this.offset)
      throw new WasmError("malformed", what, start, `${count} are announced and ${this.end - this.offset} bytes are left`);
    if (count > limit) throw new WasmError("too-large", what, start, `${count} are more than the ${limit} that engines accept`);
    return count;
  }

  /** Reads a name: its length in bytes and UTF-8. */
  string(): string {
    const start = this.offset;
    const length = this.u32();
    this.skip(length);
    try {
      return UTF8.decode(this.bytes.subarray(this.offset - length, this.offset));
    } catch {
      throw new WasmError("malformed", "name", start, "it is not UTF-8");
    }
  }

  /** Reads a value type; reference types with an index are checked against `typeLimit`. */
  valueType(): ValueType {
    const start = this.offset;
    const byte = this.byte();
    if (byte === REF || byte === REF_NULL) return withHeapType(byte, this.heapType());
    if (byte >= 0x7b && byte <= 0x7f) return byte;
    if (byte >= 0x69 && byte <= 0x74) return byte;
    throw new WasmError("unknown", `value type 0x${byte.toString(16)}`, start, "this type is not known");
  }

  /** Reads a heap type: a type index, or a negative number for an abstract one. */
  heapType(): number {
    const start = this.offset;
    const heap = this.s33();
    if (heap >= this.typeLimit) throw new WasmError("malformed", "type index", start, `there is no type ${heap}`);
    if (heap < 0 && (heap < -0x17 || heap > -0x0c)) throw new WasmError("unknown", `heap type ${heap}`, start, "this type is not known");
    return heap;
  }

  #long(bits: number, signed: boolean): bigint {
    const start = this.offset;
    const first = this.byte();
    if (first < 0x80) return BigInt(signed ? (first << 25) >> 25 : first);
    let value = BigInt(first & 0x7f);
    for (let shift = 7; shift < bits; shift += 7) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte >= 0x80) continue;
      const exact = signed ? BigInt.asIntN(shift + 7, value) : value;
      const fitting = signed ? BigInt.asIntN(bits, exact) : BigInt.asUintN(bits, exact);
      if (exact !== fitting) break;
      return exact;
    }
    throw new WasmError("malformed", "number", start, `it is longer than ${bits} bits`);
  }

  #malformed(construct: string, state: string): WasmError {
    return new WasmError("malformed", construct, this.offset, state);
  }
}
