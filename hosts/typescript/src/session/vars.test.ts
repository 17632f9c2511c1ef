import { describe, expect, test } from "vitest";

import { PluginError } from "../error.ts";
import { Variables } from "./vars.ts";

const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => new Uint8Array(values);
const code = (run: () => void): string | undefined => {
  try {
    run();
  } catch (error) {
    return PluginError.is(error) ? error.code : String(error);
  }
  return undefined;
};

describe("Variables", () => {
  test("set() copies, so later writes to the given bytes change nothing", () => {
    const vars = new Variables(100);
    const value = bytes(1, 2);
    vars.set("a", value);
    value[0] = 9;
    expect(vars.get("a")).toEqual(bytes(1, 2));
  });

  test("get() copies, so writes to what it returns change nothing", () => {
    const vars = new Variables(100);
    vars.set("a", bytes(1));
    vars.get("a")?.fill(9);
    expect(vars.get("a")).toEqual(bytes(1));
  });

  test("set() of a view into a larger buffer keeps only the view's bytes", () => {
    const vars = new Variables(100);
    vars.set("a", new Uint8Array([1, 2, 3, 4]).subarray(1, 3));
    expect(vars.get("a")?.buffer.byteLength).toBe(2);
  });

  test("names of Object.prototype are names like any other", () => {
    const vars = new Variables(100);
    expect(["constructor", "__proto__", "toString"].map((name) => vars.get(name))).toEqual([undefined, undefined, undefined]);
    vars.set("__proto__", bytes(1));
    expect(vars.get("__proto__")).toEqual(bytes(1));
  });

  const BUDGET_CASES = [
    { name: "exactly the budget", limit: 6, value: 4, code: undefined },
    { name: "one byte over", limit: 5, value: 4, code: "vars/over-budget" },
    { name: "a budget of 0", limit: 0, value: 0, code: "vars/disabled" },
    { name: "no limit", limit: Number.POSITIVE_INFINITY, value: 10_000, code: undefined },
  ] as const;
  test.each(BUDGET_CASES)("set() within the budget, names counted as UTF-8: $name", ({ limit, value, code: expected }) => {
    const vars = new Variables(limit);
    expect(code(() => vars.set("ä", new Uint8Array(value)))).toBe(expected);
  });

  test("set() over the budget keeps the old value and the room it had", () => {
    const vars = new Variables(5);
    vars.set("a", bytes(1, 2));
    expect(code(() => vars.set("a", new Uint8Array(5)))).toBe("vars/over-budget");
    expect(vars.get("a")).toEqual(bytes(1, 2));
    vars.set("b", bytes(1));
    expect(code(() => vars.set("c", bytes()))).toBe("vars/over-budget");
  });

  test("set() takes so many variables and no more, whatever their size", () => {
    const vars = new Variables(Number.POSITIVE_INFINITY);
    for (let index = 0; index < 16_384; index += 1) vars.set(`v${index}`, bytes());
    expect(code(() => vars.set("one more", bytes()))).toBe("vars/over-budget");
    expect(code(() => vars.set("v0", bytes(1)))).toBeUndefined();
  });

  test("replacing and deleting give room back", () => {
    const vars = new Variables(4);
    for (let round = 0; round < 3; round += 1) {
      vars.set("a", bytes(1, 2, 3));
      vars.set("a", bytes(1));
      vars.set("b", bytes(1));
      vars.delete("b");
      vars.delete("never set");
      vars.delete("a");
    }
    vars.set("x", bytes(1, 2, 3));
    vars.clear();
    vars.set("y", bytes(1, 2, 3));
    expect(vars.get("x")).toBeUndefined();
  });
});
