/**
 * Values of cases.json as bytes: text, base64, repeats, little-endian numbers, and parts one after the other.
 */

const WRITERS = {
  i32: [4, (view, number) => view.setInt32(0, number, true)],
  i64: [8, (view, number) => view.setBigInt64(0, BigInt(number), true)],
  f32: [4, (view, number) => view.setFloat32(0, number, true)],
  f64: [8, (view, number) => view.setFloat64(0, number, true)],
};

/**
 * Encodes a value.
 *
 * @param {unknown} value As cases.json describes it.
 * @param {Record<string, string>} names What stands for `{name}` in texts.
 * @returns {Buffer} Its bytes.
 * @throws {TypeError} If it is none of the known forms.
 */
export function encode(value, names = {}) {
  if (typeof value === "string") return Buffer.from(value.replace(/\{(\w+)\}/g, (whole, name) => names[name] ?? whole));
  if ("base64" in value) return Buffer.from(value.base64, "base64");
  if ("repeat" in value) return Buffer.alloc(encode(value.repeat, names).length * value.times, encode(value.repeat, names));
  if ("parts" in value) return Buffer.concat(value.parts.map((part) => encode(part, names)));
  const [type, numbers] = Object.entries(value)[0] ?? [];
  if (!(type in WRITERS)) throw new TypeError(`Cannot encode a value of a case: its form is "${type}", see values.mjs`);
  const [size, write] = WRITERS[type];
  return Buffer.concat(
    numbers.map((number) => {
      const bytes = Buffer.alloc(size);
      write(new DataView(bytes.buffer, bytes.byteOffset, size), number);
      return bytes;
    }),
  );
}
