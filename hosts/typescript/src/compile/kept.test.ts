import { expect, test } from "vitest";

import { Kept } from "./kept.ts";

/** Content whose key is the first letter in it. */
const content = (key: string, length = 1): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(key.charCodeAt(0));
const keyOf = async (bytes: Uint8Array): Promise<string> => await Promise.resolve(String.fromCharCode(bytes[0] ?? 0));

/** A cache of 10 bytes whose values say how often they were made. */
function counted(): (key: string, bytes: number) => Promise<number> {
  const kept = new Kept<number>(10);
  const made = new Map<string, number>();
  return async (key, bytes) =>
    await kept.get(content(key), keyOf, async () => {
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
  await expect(Promise.all([kept.get(content("a"), keyOf, fails, () => 1), kept.get(content("a"), keyOf, fails, () => 1)])).rejects.toThrow("no");
  expect(await kept.get(content("a"), keyOf, async () => await Promise.resolve("yes"), () => 1)).toBe("yes");
  expect(await kept.get(content("a"), keyOf, fails, () => 1)).toBe("yes");
});

test("Kept keeps the newest value, whatever it counts", async () => {
  const get = counted();
  await get("a", 99);
  expect(await get("a", 99)).toBe(1);
  await get("b", 1);
  expect(await get("a", 99)).toBe(2);
});

test("Kept makes no key as long as there is one value", async () => {
  const kept = new Kept<string>(10);
  const keys: string[] = [];
  const get = async (bytes: Uint8Array<ArrayBuffer>, made: string): Promise<string> =>
    await kept.get(bytes, async (asked) => (keys.push(await keyOf(asked)), await keyOf(asked)), async () => await Promise.resolve(made), () => 1);
  const first = content("a");
  await get(first, "first");
  expect(keys).toEqual([]);
  first.fill(0);
  expect(await Promise.all([get(content("a"), "again"), get(content("b"), "second"), get(content("a"), "again")])).toEqual(["first", "second", "first"]);
  expect(keys.sort()).toEqual(["a", "a", "a", "b"]);
});

test("Kept makes the key of a large value at once, and finds it", async () => {
  const kept = new Kept<string>(10);
  const get = async (bytes: Uint8Array<ArrayBuffer>, made: string): Promise<string> => await kept.get(bytes, async (asked) => `${await keyOf(asked)}${asked.length}`, async () => await Promise.resolve(made), () => 1);
  const large = content("a", 300_000);
  expect([await get(large, "large"), await get(content("a"), "small"), await get(large, "again"), await get(content("a"), "again")]).toEqual(["large", "small", "large", "small"]);
});

test("Kept goes on where the first key cannot be made", async () => {
  const kept = new Kept<string>(10);
  let isBroken = true;
  const key = async (bytes: Uint8Array): Promise<string> => (isBroken ? await Promise.reject(new Error("no hash")) : await keyOf(bytes));
  const get = async (made: string): Promise<string> => await kept.get(content("a"), key, async () => await Promise.resolve(made), () => 1);
  expect(await get("first")).toBe("first");
  await expect(get("second")).rejects.toThrow("no hash");
  isBroken = false;
  expect([await get("third"), await get("fourth")]).toEqual(["third", "third"]);
});
