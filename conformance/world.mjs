/**
 * What the kitchen sink finds outside of itself, but for the server: the host functions of kitchen-sink.md.
 */

const text = (bytes) => new TextDecoder().decode(bytes);
const upper = (bytes) => Uint8Array.from(bytes, (byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte));

/**
 * The host functions, in a form that knows no host: an adapter turns each `handle` into bytes and back.
 *
 * @param {string[]} notes Gets the texts that the plug-in notes.
 * @returns {Record<string, { params: string[], results: string[], call: Function }>} By name; for `extism:host/user`.
 */
export function hostFunctions(notes) {
  const add = (type, sum) => ({ params: [type, type], results: [type], call: sum });
  return {
    add_i32: add("i32", (a, b) => (a + b) | 0),
    add_i64: add("i64", (a, b) => BigInt.asIntN(64, a + b)),
    add_f32: add("f32", (a, b) => Math.fround(a + b)),
    add_f64: add("f64", (a, b) => a + b),
    upper: { params: ["handle"], results: ["handle"], call: upper },
    mixed: {
      params: ["i32", "i64", "f32", "f64", "handle"],
      results: ["handle"],
      call: (a, b, c, d, bytes) => new TextEncoder().encode(`${a} ${b} ${c} ${d} ${text(bytes)}`),
    },
    sum_seven: { params: Array(7).fill("i32"), results: ["i32"], call: (...numbers) => numbers.reduce((sum, n) => (sum + n) | 0) },
    note: { params: ["handle"], results: [], call: (bytes) => void notes.push(text(bytes)) },
    refuse: {
      params: [],
      results: [],
      call: () => {
        throw new Error("refused by the host");
      },
    },
  };
}
