import { expect, test } from "vitest";

import { Kept } from "./kept.ts";

/** A cache of 10 bytes whose values say how often they were made. */
function counted(): (key: string, bytes: number) => Promise<number> {
  const kept = new Kept<number>(10);
  const made = new Map<string, number>();
  return async (key, bytes) =>
    await kept.get(key, async () => {
      made.set(key, (made.get(key) ?? 0) + 1);
      await Promise.resolve();
      return made.get(key) as number;
    }, () => bytes);
}

test("Kept makes a value once, also for two who ask at once", async () => {
  const get = counted();
  expect(await Promise.all([get("a", 1), get("a", 1)])).toEqual([1, 1]);
  expect(await get("a", 1)).toBe(1);
});

test("Kept drops what was not asked for the longest", async () => {
  const get = counted();
  await get("a", 5);
  await get("b", 5);
  await get("a", 5);
  await get("c", 5);
  expect([await get("a", 5), await get("b", 5)]).toEqual([1, 2]);
});

test("Kept keeps no failure", async () => {
  const kept = new Kept<string>(10);
  const fails = async (): Promise<string> => await Promise.reject(new Error("no"));
  await expect(Promise.all([kept.get("a", fails, () => 1), kept.get("a", fails, () => 1)])).rejects.toThrow("no");
  expect(await kept.get("a", async () => await Promise.resolve("yes"), () => 1)).toBe("yes");
  expect(await kept.get("a", fails, () => 1)).toBe("yes");
});

test("Kept keeps the newest value, whatever it counts", async () => {
  const get = counted();
  await get("a", 99);
  expect(await get("a", 99)).toBe(1);
  await get("b", 1);
  expect(await get("a", 99)).toBe(2);
});
