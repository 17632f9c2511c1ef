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

test("one that runs a call while others are served starts level when it begins to wait", () => {
  const { queue, add, serve } = make();
  const idle = queue.tenant("idle");
  queue.begin(idle);
  add("flood", 200);
  for (let index = 0; index < 100; index += 1) serve(() => 1);
  add("idle", 50);
  queue.end(idle, 0);
  const order = Array.from({ length: 10 }, () => serve(() => 1));
  expect(order.filter((name) => name === "idle").length).toBeLessThanOrEqual(6);
});

test("fewer calls running count before less time used, and who is new starts where the furthest was served", () => {
  const { queue, add, serve } = make();
  add("b", 3);
  add("a", 3);
  expect(serve(() => 50)).toBe("b");
  const a = queue.tenant("a");
  queue.begin(a);
  expect(queue.next()?.name).toBe("b1");
  expect(serve(() => 1)).toBe("b"); // served at 50 ms and a little
  const levelMs = queue.tenant("late").usedMs;
  expect(levelMs).toBeGreaterThan(50);
  queue.begin(a);
  expect(queue.tenant("later").usedMs).toBe(levelMs);
});

test("a newcomer that would take up as much as the largest displaces nobody", () => {
  const { queue, add } = make();
  add("a", 1, 5);
  expect([queue.displaced("b"), queue.displaced("b", 5), queue.displaced("b", 4)?.name]).toEqual([undefined, undefined, "a0"]);
});

test("what has left the queue takes up none of it", () => {
  const { queue, add } = make();
  add("a", 2, 100);
  add("b", 1, 150);
  const a = queue.tenant("a");
  const [first] = a.waiting;
  queue.remove(a, first as Item);
  queue.remove(a, first as Item);
  expect([queue.size, queue.bytes, queue.displaced("new", 1)?.name]).toEqual([2, 250, "b0"]);
});

test("tenants with calls that wait or run are not forgotten when a call of theirs, or everybody else's, ends", () => {
  const { queue, add, serve } = make();
  add("a", 2);
  add("b", 2);
  const a = queue.tenant("a");
  queue.begin(a);
  queue.remove(a, [...a.waiting][0] as Item);
  expect([serve(() => 100), serve(() => 100)]).toEqual(["b", "b"]); // the second at 100 ms
  queue.end(a, 0);
  expect(queue.tenant("a")).toBe(a);
  queue.begin(a);
  queue.remove(a, [...a.waiting][0] as Item);
  const other = queue.tenant("other");
  queue.begin(other);
  queue.end(other, 1);
  expect(queue.tenant("a")).toBe(a);
});

test("4,096 tenants are remembered for what they used while somebody waits, and nothing once nobody does", () => {
  const { queue, add, serve } = make();
  add("keeper", 2);
  for (let index = 0; index < 5000; index += 1) {
    const tenant = queue.tenant(`${index}`);
    queue.begin(tenant);
    queue.end(tenant, 10);
  }
  const used = Array.from({ length: 5000 }, (_, index) => queue.tenant(`${index}`).usedMs);
  expect(used.filter((ms) => ms > 0).length).toBe(4095); // and the one that waits
  for (let index = 0; index < 2; index += 1) serve(() => 7);
  expect(queue.tenant("new").usedMs).toBe(0);
});
