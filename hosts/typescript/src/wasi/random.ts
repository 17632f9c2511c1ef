/**
 * Random bytes for the guest, from the host's source or from a seed.
 *
 * `crypto.getRandomValues` takes at most 65,536 bytes and no shared memory, so the host's source fills a buffer of
 * ours, piece by piece.
 */

import { refuse } from "./errno.ts";
import type { GuestMemory } from "./guest-memory.ts";

const PIECE_BYTES = 65_536;

/** Fills an array of at most 65,536 bytes, which is never shared, with random bytes. */
export type RandomSource = (into: Uint8Array<ArrayBuffer>) => void;

/**
 * Fills guest memory with random bytes.
 *
 * @param memory The guest's memory.
 * @param random The host's source.
 * @param pointer First byte.
 * @param length Bytes, as Wasm handed it over.
 * @param maxBytes The most that one call fills.
 * @throws {Refusal} `EFAULT` if the range lies outside the memory, `EINVAL` if it is longer than `maxBytes`.
 */
export function fillRandom(
  memory: GuestMemory,
  random: RandomSource,
  pointer: number,
  length: number,
  maxBytes: number,
): void {
  const total = length >>> 0;
  const start = memory.check(pointer, total);
  if (total > maxBytes) refuse("inval");
  const piece = new Uint8Array(Math.min(total, PIECE_BYTES));
  for (let at = 0; at < total; at += PIECE_BYTES) {
    const part = piece.subarray(0, Math.min(PIECE_BYTES, total - at));
    random(part);
    memory.write(start + at, part);
  }
}

/**
 * A repeatable source: the same seed gives the same bytes, however they are asked for. For tests and replays only:
 * whoever sees a few bytes can compute all others, so nothing that must stay secret may come from it.
 *
 * The generator is SFC32 of the PractRand test suite (https://pracrand.sourceforge.net/RNG_engines.txt), 128 bits of
 * state; the seed's 64 bits and a counter are its start, and twelve rounds mix them.
 *
 * @param seed Any whole number; the lowest 64 bits count.
 * @returns The source, for `WasiOptions.random`.
 * @throws {RangeError} If `seed` is a number with a fraction.
 */
export function seededRandom(seed: number | bigint): RandomSource {
  const start = BigInt(seed);
  let a = Number(BigInt.asUintN(32, start));
  let b = Number(BigInt.asUintN(32, start >> 32n));
  let c = 0;
  let counter = 1;
  let word = 0;
  let bytesLeft = 0;

  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum;
  };
  for (let round = 0; round < 12; round++) next();

  return (into) => {
    for (let at = 0; at < into.length; at++) {
      if (bytesLeft === 0) {
        word = next();
        bytesLeft = 4;
      }
      into[at] = word;
      word >>>= 8;
      bytesLeft--;
    }
  };
}
