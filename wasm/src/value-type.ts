/**
 * Value types as numbers, so that they compare with `===` and cost nothing: the byte of the binary format, and for
 * references to a heap type the heap type above it.
 *
 *   i32 = 0x7f … exnref = 0x69          (ref null h) = 0x63 + (h + 128) * 256          (ref h) = 0x64 + (h + 128) * 256
 *
 * Source: https://webassembly.github.io/spec/core/binary/types.html
 */

/** A value type, packed into one number. */
export type ValueType = number;

/** First byte of a nullable reference to a heap type that follows. */
export const REF_NULL = 0x63;
/** First byte of a non-null reference to a heap type that follows. */
export const REF = 0x64;
/** The value type `i32`. */
export const I32: ValueType = 0x7f;
/** The value type `i64`. */
export const I64: ValueType = 0x7e;
/** The value type `f32`. */
export const F32: ValueType = 0x7d;
/** The value type `v128`. */
export const V128: ValueType = 0x7b;
/** The value type `exnref`, in one byte. */
export const EXNREF: ValueType = 0x69;
/** The heap type `exn`, for `exnref` written as a reference to it. */
export const EXN = -0x17;

const NAMES: Readonly<Record<number, string>> = {
  0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128", 0x78: "i8", 0x77: "i16",
  0x74: "nullexnref", 0x73: "nullfuncref", 0x72: "nullexternref", 0x71: "nullref", 0x70: "funcref", 0x6f: "externref",
  0x6e: "anyref", 0x6d: "eqref", 0x6c: "i31ref", 0x6b: "structref", 0x6a: "arrayref", 0x69: "exnref",
};
const HEAP_NAMES: Readonly<Record<number, string>> = {
  0x74: "noexn", 0x73: "nofunc", 0x72: "noextern", 0x71: "none", 0x70: "func", 0x6f: "extern",
  0x6e: "any", 0x6d: "eq", 0x6c: "i31", 0x6b: "struct", 0x6a: "array", 0x69: "exn",
};

/** Packs a reference type out of its first byte and its heap type. */
export function withHeapType(byte: number, heapType: number): ValueType {
  return byte + (heapType + 128) * 256;
}

/** The heap type of a reference type that has one: an index, or a negative number for an abstract type. */
export function heapTypeOf(type: ValueType): number | undefined {
  return type > 255 ? Math.floor(type / 256) - 128 : undefined;
}

/** Writes a value type as the text format does. */
export function formatValueType(type: ValueType): string {
  const heap = heapTypeOf(type);
  if (heap === undefined) return NAMES[type] ?? `0x${type.toString(16)}`;
  const name = heap < 0 ? (HEAP_NAMES[heap + 128] ?? String(heap)) : String(heap);
  return (type & 0xff) === REF_NULL ? `(ref null ${name})` : `(ref ${name})`;
}
