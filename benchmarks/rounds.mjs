/**
 * Times contenders in turn, in one process: a round of each, many rounds, so that what the machine does meanwhile hits
 * all alike. The figure of a contender is its fastest round, the one least disturbed by others on the machine, which on
 * a shared one repeats far better than the median; results are consumed so that nothing is optimised away.
 */

let sink = 0;

/** Keeps a result alive. */
export function consume(value) {
  sink = (sink + value) | 0;
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
