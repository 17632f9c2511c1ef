/**
 * Clocks: what the host says the time is, in nanoseconds. Not the machine's clock: an embedder may hand in any.
 *
 * Preview 1 has four clocks. The two of CPU time answer with the monotonic clock, as the C library's own emulation
 * does, because no web platform tells a page its CPU time.
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#clockid
 */

import { refuse } from "./errno.ts";

/** Where time comes from. */
export interface Clocks {
  /** Milliseconds since 1970-01-01T00:00Z, with fractions. */
  now(): number;
  /** Milliseconds since some fixed moment, with fractions; never less than before. */
  monotonic(): number;
}

/** One tick of every clock, in nanoseconds: the coarsest that a platform we run on has. */
export const CLOCK_RESOLUTION_NS = 1_000_000n;

/**
 * Reads a clock.
 *
 * @param clocks Where time comes from.
 * @param id Which clock, as the guest names it.
 * @returns Nanoseconds, as an unsigned 64-bit number.
 * @throws {Refusal} `EINVAL` if there is no such clock.
 */
export function readClock(clocks: Clocks, id: number): bigint {
  checkClock(id);
  if (id === 0) return toNanoseconds(clocks.now());
  // Go's runtime takes a monotonic clock that says 0 for a broken one and ends itself.
  return toNanoseconds(clocks.monotonic()) || 1n;
}

/**
 * Refuses what is not a clock of preview 1.
 *
 * @param id Which clock, as the guest names it.
 * @throws {Refusal} `EINVAL` if there is no such clock.
 */
export function checkClock(id: number): void {
  if (id >>> 0 > 3) refuse("inval");
}

/**
 * Turns milliseconds into nanoseconds without losing digits: 2026 in nanoseconds is past 2^53.
 *
 * @param ms Milliseconds; what is negative or no number counts as 0.
 * @returns Nanoseconds, as an unsigned 64-bit number.
 */
export function toNanoseconds(ms: number): bigint {
  if (!(ms > 0) || ms === Infinity) return 0n;
  const whole = Math.floor(ms);
  return BigInt.asUintN(64, BigInt(whole) * 1_000_000n + BigInt(Math.floor((ms - whole) * 1e6)));
}
