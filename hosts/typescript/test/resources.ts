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
