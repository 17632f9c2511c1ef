/** What a runtime says about what keeps it alive, so that tests can count what a call leaves behind. */

/** @returns How many resources of these kinds are open, by Node's names; a page and Bun cannot tell, and say 0. */
export function countResources(...kinds: readonly string[]): number {
  return typeof process === "object" ? process.getActiveResourcesInfo().filter((each) => kinds.includes(each)).length : 0;
}

/** Whether this runtime can tell. */
export const CAN_COUNT_RESOURCES: boolean = (() => {
  const before = countResources("Timeout");
  const timer = setTimeout(() => {}, 1);
  const isCounted = countResources("Timeout") > before;
  clearTimeout(timer);
  return isCounted;
})();

/**
 * Waits until nothing of these kinds is left of what ran before: test runners report with timers of their own a moment after
 * each test.
 *
 * @throws If something stays for five seconds.
 */
export async function settleResources(...kinds: readonly string[]): Promise<void> {
  for (let round = 0; countResources(...kinds) > 0; round += 1) {
    if (round === 500) throw new Error(`Expected nothing open before the test: there are ${process.getActiveResourcesInfo().join(", ")}`);
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
}
