/**
 * SHA-1 and SHA-2.
 *
 * The constants are computed, as the standard defines them: the first bits of the fractions of roots of primes.
 * Source: https://doi.org/10.6028/NIST.FIPS.180-4
 */

/**
 * Digests bytes.
 *
 * @param name `SHA-1`, `SHA-256`, `SHA-384` or `SHA-512`.
 * @returns `undefined` for any other name.
 */
export function digest(name: string, bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  switch (name) {
    case "SHA-1": return sha1(bytes);
    case "SHA-256": return sha256(bytes);
    case "SHA-384": return sha512(bytes, 9, 48);
    case "SHA-512": return sha512(bytes, 1, 64);
    default: return undefined;
  }
}

function primes(count: number): bigint[] {
  const found: bigint[] = [];
  for (let n = 2n; found.length < count; n++) if (found.every((prime) => n % prime !== 0n)) found.push(n);
  return found;
}

/** The first 64 bits of the fraction of the square or cube root. */
function fraction(n: bigint, root: 2n | 3n): bigint {
  const target = n << (64n * root);
  let low = 0n, high = 1n << 70n;
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** root <= target) low = middle;
    else high = middle - 1n;
  }
  return low & 0xffff_ffff_ffff_ffffn;
}

type Tables = { k: bigint[]; roots: bigint[] };
let known: Tables | undefined;
function tables(): Tables {
  known ??= { k: primes(80).map((prime) => fraction(prime, 3n)), roots: primes(16).map((prime) => fraction(prime, 2n)) };
  return known;
}

function pad(bytes: Uint8Array, block: number): Uint8Array {
  const lengthBytes = block / 8;
  const padded = new Uint8Array(Math.ceil((bytes.length + 1 + lengthBytes) / block) * block);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  return padded;
}

function sha1(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const data = pad(bytes, 64);
  const view = new DataView(data.buffer);
  const h = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  const w = new Int32Array(80);
  for (let at = 0; at < data.length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + i * 4);
    for (let i = 16; i < 80; i++) {
      const x = w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!;
      w[i] = (x << 1) | (x >>> 31);
    }
    let [a, b, c, d, e] = h as unknown as [number, number, number, number, number];
    for (let i = 0; i < 80; i++) {
      const [f, k] = i < 20 ? [(b & c) | (~b & d), 0x5a827999] : i < 40 ? [b ^ c ^ d, 0x6ed9eba1] : i < 60 ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc] : [b ^ c ^ d, 0xca62c1d6];
      const next = (((a << 5) | (a >>> 27)) + f + e + k + w[i]!) | 0;
      [e, d, c, b, a] = [d, c, (b << 30) | (b >>> 2), a, next];
    }
    h[0]! += a; h[1]! += b; h[2]! += c; h[3]! += d; h[4]! += e;
  }
  return bigEndian32(h);
}

function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { k, roots } = tables();
  const constants = Int32Array.from(k.slice(0, 64), (value) => Number(value >> 32n) | 0);
  const h = Uint32Array.from(roots.slice(0, 8), (value) => Number(value >> 32n));
  const data = pad(bytes, 64);
  const view = new DataView(data.buffer);
  const w = new Int32Array(64);
  const rotate = (x: number, by: number): number => (x >>> by) | (x << (32 - by));
  for (let at = 0; at < data.length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + i * 4);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!, y = w[i - 2]!;
      w[i] = (w[i - 16]! + (rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)) + w[i - 7]! + (rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10))) | 0;
    }
    let a = h[0]! | 0, b = h[1]! | 0, c = h[2]! | 0, d = h[3]! | 0, e = h[4]! | 0, f = h[5]! | 0, g = h[6]! | 0, last = h[7]! | 0;
    for (let i = 0; i < 64; i++) {
      const first = (last + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + constants[i]! + w[i]!) | 0;
      const second = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      last = g; g = f; f = e; e = (d + first) | 0; d = c; c = b; b = a; a = (first + second) | 0;
    }
    h[0]! += a; h[1]! += b; h[2]! += c; h[3]! += d; h[4]! += e; h[5]! += f; h[6]! += g; h[7]! += last;
  }
  return bigEndian32(h);
}

function sha512(bytes: Uint8Array, firstRoot: 1 | 9, length: number): Uint8Array<ArrayBuffer> {
  const { k, roots } = tables();
  const h = BigUint64Array.from(firstRoot === 1 ? roots.slice(0, 8) : roots.slice(8, 16));
  const data = pad(bytes, 128);
  const view = new DataView(data.buffer);
  const w = new BigUint64Array(80);
  const rotate = (x: bigint, by: bigint): bigint => (x >> by) | ((x << (64n - by)) & 0xffff_ffff_ffff_ffffn);
  for (let at = 0; at < data.length; at += 128) {
    for (let i = 0; i < 16; i++) w[i] = view.getBigUint64(at + i * 8);
    for (let i = 16; i < 80; i++) {
      const x = w[i - 15]!, y = w[i - 2]!;
      w[i] = w[i - 16]! + (rotate(x, 1n) ^ rotate(x, 8n) ^ (x >> 7n)) + w[i - 7]! + (rotate(y, 19n) ^ rotate(y, 61n) ^ (y >> 6n));
    }
    let [a, b, c, d, e, f, g, last] = h as unknown as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
    for (let i = 0; i < 80; i++) {
      const first = last + (rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n)) + ((e & f) ^ (~e & g)) + k[i]! + w[i]!;
      const second = (rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
      [last, g, f, e, d, c, b, a] = [g, f, e, BigInt.asUintN(64, d + first), c, b, a, BigInt.asUintN(64, first + second)];
    }
    h[0]! += a; h[1]! += b; h[2]! += c; h[3]! += d; h[4]! += e; h[5]! += f; h[6]! += g; h[7]! += last;
  }
  const out = new Uint8Array(64);
  for (const [i, word] of h.entries()) new DataView(out.buffer).setBigUint64(i * 8, word);
  return out.slice(0, length);
}

function bigEndian32(words: Uint32Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(words.length * 4);
  for (const [i, word] of words.entries()) new DataView(out.buffer).setUint32(i * 4, word);
  return out;
}
