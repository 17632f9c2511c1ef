/**
 * `crypto`: random values and digests. Keys, signatures and ciphers are not here.
 * Source: https://w3c.github.io/webcrypto/
 */
import { native, needHost } from "../native.ts";
import { digest } from "./digest.ts";
import { toBytes } from "./encoding.ts";

declare const DOMException: new (message: string, name: string) => Error;

const MAX_RANDOM_BYTES = 65_536;

function fill<T extends ArrayBufferView>(array: T): T {
  needHost("crypto.getRandomValues()");
  if (!ArrayBuffer.isView(array) || array instanceof DataView || array instanceof Float32Array || array instanceof Float64Array)
    throw new DOMException("Cannot fill with random values: the argument is no array of integers", "TypeMismatchError");
  if (array.byteLength > MAX_RANDOM_BYTES) throw new DOMException(`Cannot fill with random values: ${array.byteLength} bytes are asked for, and ${MAX_RANDOM_BYTES} are allowed at once`, "QuotaExceededError");
  if (array.byteLength > 0 && native.randomFill(toBytes(array)) !== 0) throw new Error("Cannot fill with random values: the host has none");
  return array;
}

/** Random values and digests. */
export const crypto: {
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  randomUUID(): string;
  readonly subtle: { digest(algorithm: string | { name: string }, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer> };
} = {
  getRandomValues: fill,
  randomUUID() {
    const bytes = fill(new Uint8Array(16));
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
  subtle: {
    async digest(algorithm, data) {
      const name = (typeof algorithm === "string" ? algorithm : algorithm.name).toUpperCase();
      const hash = digest(name, toBytes(data));
      if (hash === undefined) throw new DOMException(`Cannot digest with "${name}": SHA-1, SHA-256, SHA-384 and SHA-512 are supported`, "NotSupportedError");
      return hash.buffer;
    },
  },
};
