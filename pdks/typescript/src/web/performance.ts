/**
 * `performance`: a clock that does not run backwards.
 * Source: https://w3c.github.io/hr-time/
 */
import { needHost, native } from "../native.ts";

let origin: number | undefined;

/** Time since the first use in this instance, in milliseconds. */
export const performance: { now(): number; readonly timeOrigin: number; mark(name: string): void; measure(name: string): void } = {
  now() {
    needHost("performance.now()");
    const now = native.clock(1);
    origin ??= now;
    return now - origin;
  },
  get timeOrigin() {
    return native.clock(0) - performance.now();
  },
  mark() {},
  measure() {},
};
