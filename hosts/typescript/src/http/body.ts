/**
 * Reads a response's body up to a limit, and not one chunk further.
 *
 * The bytes are copied into one buffer that doubles, because a server chooses how its body is cut: a list of one-byte
 * chunks would cost a hundred times what the limit says. The buffer never follows the `content-length` a server claims.
 */

import type { HopResponse } from "./hop.ts";

const FIRST_BUFFER_BYTES = 16_384;

/**
 * Reads a body to its end.
 *
 * @param response A response none of which was read.
 * @param limitBytes Bytes the body may have at most.
 * @returns The body, in a buffer of its own size; `undefined` if it is larger than the limit.
 */
export async function readBody(response: HopResponse, limitBytes: number): Promise<Uint8Array | undefined> {
  let bytes = new Uint8Array(0);
  let length = 0;
  for (let chunk = await response.read(); chunk !== undefined; chunk = await response.read()) {
    const needed = length + chunk.length;
    if (needed > limitBytes) return undefined;
    if (needed > bytes.length) {
      const larger = new Uint8Array(Math.min(limitBytes, Math.max(needed, bytes.length * 2, FIRST_BUFFER_BYTES)));
      larger.set(bytes.subarray(0, length));
      bytes = larger;
    }
    bytes.set(chunk, length);
    length = needed;
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}
