/**
 * Values of cases.json as bytes: text, base64, repeats, little-endian numbers, and parts one after the other. Web standards
 * alone, since the cases run in pages too.
 */

const WRITERS = {
  i32: [4, (view, at, number) => view.setInt32(at, number, true)],
  i64: [8, (view, at, number) => view.setBigInt64(at, BigInt(number), true)],
  f32: [4, (view, at, number) => view.setFloat32(at, number, true)],
  f64: [8, (view, at, number) => view.setFloat64(at, number, true)],
};

/**
 * Encodes a value.
 *
 * @param {unknown} value As cases.json describes it.
 * @param {Record<string, string>} names What stands for `{name}` in texts.
 * @returns {Uint8Array} Its bytes.
 * @throws {TypeError} If it is none of the known forms.
 */
export function encode(value, names = {}) {
  if (typeof value === "string") return new TextEncoder().encode(value.replace(/\{(\w+)\}/g, (whole, name) => names[name] ?? whole));
  if ("base64" in value) return Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0));
  if ("repeat" in value) {
    const part = encode(value.repeat, names);
    const bytes = new Uint8Array(part.length * value.times);
    bytes.set(part.subarray(0, bytes.length));
    // Twice as much each time: there are repeats of 16 MiB.
    for (let done = part.length; done > 0 && done < bytes.length; done *= 2) bytes.copyWithin(done, 0, done);
    return bytes;
  }
  if ("parts" in value) {
    const parts = value.parts.map((part) => encode(part, names));
    const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
    return bytes;
  }
  const [type, numbers] = Object.entries(value)[0] ?? [];
  if (!(type in WRITERS)) throw new TypeError(`Cannot encode a value of a case: its form is "${type}", see values.mjs`);
  const [size, write] = WRITERS[type];
  const view = new DataView(new ArrayBuffer(size * numbers.length));
  numbers.forEach((number, index) => write(view, index * size, number));
  return new Uint8Array(view.buffer);
}

/** Whether both are the same bytes. */
export function isSame(one, other) {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false;
  return true;
}

/** Bytes as somebody would read them in a message, cut where they are long. */
export function show(bytes) {
  const text = Array.from(bytes.subarray(0, 81), (byte) => String.fromCharCode(byte)).join("");
  return bytes.length > 80 ? `${bytes.length} bytes ${JSON.stringify(text.slice(0, 60))}…` : JSON.stringify(text);
}
