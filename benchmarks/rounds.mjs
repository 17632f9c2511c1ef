/**
 * Times contenders in turn, in one process: a round of each, many rounds, so that what the machine does meanwhile hits
 * all alike. The figure of a contender is its fastest round, the one least disturbed by others on the machine, which on
 * a shared one repeats far better than the median; results are consumed so that nothing is optimised away.
 */

import { readFileSync } from "node:fs";

/** What the figures belong to. */
export const machine = `node ${process.versions.node}, V8 ${process.versions.v8}`;

/** Whom they are compared with, by the version that is installed. */
export const rivalName = `@extism/extism ${JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).devDependencies["@extism/extism"]}`;

let sink = 0;

/** Keeps a result alive. */
export function consume(value) {
  sink = (sink + value) | 0;
}

/** A contender that runs an operation so many times, one after the other. */
export const repeat = (run) => async (count) => {
  for (let index = 0; index < count; index += 1) consume(await run());
};

/** The same for an operation that gives no promise. */
export const repeatSync = (run) => async (count) => {
  for (let index = 0; index < count; index += 1) consume(run());
};

/** A figure with so many decimals at most. */
export function rounded(value, decimals = 2) {
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}

/**
 * @param contenders Name → async function that runs `count` operations.
 * @param options `count` operations a round, `rounds` rounds after two for warming up; `isTimedInside` if a contender returns
 *   its own nanoseconds.
 * @returns Name → nanoseconds an operation.
 */
export async function race(contenders, { count, rounds, isTimedInside = false }) {
  const names = Object.keys(contenders);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round += 1) {
    for (const name of names) {
      const start = performance.now();
      const own = await contenders[name](count);
      const nanoseconds = isTimedInside ? own : ((performance.now() - start) / count) * 1e6;
      if (round >= 0) times[name].push(nanoseconds);
    }
  }
  return Object.fromEntries(names.map((name) => [name, Math.min(...times[name])]));
}
