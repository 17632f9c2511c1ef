import { expect, test } from "vitest";

import { FairQueue } from "./queue.ts";

interface Item {
  readonly name: string;
  readonly bytes: number;
}

/** A queue and the two things that happen to it in a pool. */
function make(): { queue: FairQueue<Item>; add: (tenant: string, count: number, bytes?: number) => void; serve: (costMs: (tenant: string) => number) => string } {
  const queue = new FairQueue<Item>();
  const add = (tenant: string, count: number, bytes = 1): void => {
    for (let index = 0; index < count; index += 1) queue.add(queue.tenant(tenant), { name: `${tenant}${index}`, bytes });
  };
  const serve = (costMs: (tenant: string) => number): string => {
    const item = queue.next();
    if (item === undefined) return "";
    const name = item.name.replace(/\d+$/, "");
    const tenant = queue.tenant(name);
    queue.begin(tenant);
    queue.remove(tenant, item);
    queue.end(tenant, costMs(name));
    return name;
  };
  return { queue, add, serve };
}

test("tenants take turns however many calls each has, and a tenant's own keep their order", () => {
  const { queue, add, serve } = make();
  add("flood", 900);
  add("b", 3);
  add("c", 3);
  const order = Array.from({ length: 9 }, () => serve(() => 1));
  expect(order.toSorted().join()).toBe("b,b,b,c,c,c,flood,flood,flood");
  expect(queue.next()?.name).toBe("flood3");
});

test("time counts, not calls: two tenants with calls of 10 ms and 1 ms get the same time within one call", () => {
  const { add, serve } = make();
  add("slow", 100);
  add("fast", 100);
  const costMs = (tenant: string): number => (tenant === "slow" ? 10 : 1);
  const used: Record<string, number> = { slow: 0, fast: 0 };
  for (let index = 0; index < 88; index += 1) {
    const tenant = serve(costMs);
    used[tenant] = (used[tenant] ?? 0) + costMs(tenant);
  }
  // One more for what each call costs besides its time.
  expect(Math.abs((used["slow"] ?? 0) - (used["fast"] ?? 0))).toBeLessThanOrEqual(11);
});

test("one that comes late starts level: it is served within two calls and does not make up for the past", () => {
  const { add, serve } = make();
  add("flood", 500);
  add("other", 500);
  for (let index = 0; index < 400; index += 1) serve(() => 1);
  add("late", 50);
  const order = Array.from({ length: 30 }, () => serve(() => 1));
  expect(order.indexOf("late")).toBeLessThan(3);
  expect(order.filter((name) => name === "late").length).toBe(10);
});

test("leaving the queue after each call does not wipe out what was used", () => {
  const { add, serve } = make();
  add("flood", 1000);
  add("one", 1);
  const costMs = (tenant: string): number => (tenant === "one" ? 50 : 1);
  let calls = 0;
  for (let index = 0; index < 500; index += 1) {
    if (serve(costMs) !== "one") continue;
    calls += 1;
    add("one", 1);
  }
  // 50 ms against 1 ms a call: of 500 calls no more than one in 51.
  expect(calls).toBeGreaterThan(5);
  expect(calls).toBeLessThanOrEqual(11);
});

test("the tenant with fewer calls running comes first, whatever it has used", () => {
  const { queue, add } = make();
  add("a", 3);
  add("b", 3);
  const begin = (): string => {
    const item = queue.next() as Item;
    const tenant = queue.tenant(item.name.replace(/\d+$/, ""));
    queue.begin(tenant);
    queue.remove(tenant, item);
    return item.name;
  };
  expect([begin(), begin(), begin(), begin()]).toEqual(["a0", "b0", "a1", "b1"]);
});

test.each([
  { name: "calls", bytes: undefined, loser: "many9" },
  { name: "bytes", bytes: 5, loser: "large1" },
])("in a queue full of $name the largest tenant loses its newest call", ({ bytes, loser }) => {
  const { queue, add } = make();
  add("many", 10, 1);
  add("large", 2, 100);
  expect(queue.displaced("new", bytes)?.name).toBe(loser);
  expect(queue.displaced(loser.replace(/\d$/, ""), bytes)).toBeUndefined();
});

test("an idle queue has forgotten what its tenants used", () => {
  const { queue, add, serve } = make();
  for (let index = 0; index < 100; index += 1) add(`tenant-${index}-`, 1);
  for (let index = 0; index < 100; index += 1) serve(() => 7);
  expect([queue.size, queue.bytes, queue.active.length]).toEqual([0, 0, 0]);
  expect(queue.tenant("tenant-5-").usedMs).toBe(0);
});
