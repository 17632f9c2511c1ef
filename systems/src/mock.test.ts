import { PluginError } from "@tenon/host";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { cart, discounts, imports } from "../test/shop.ts";
import { bytes, definePluginSystem, msgpack } from "./mod.ts";

describe("mock()", () => {
  test("answers like a plug-in and remembers what it was asked", async () => {
    const mock = discounts.mock({ before_checkout: ({ items }) => ({ discountPercentage: items.length }) });
    expect(await mock.before_checkout({ ...cart, extra: true } as never)).toEqual({ discountPercentage: 1 });
    expect(mock.$calls).toEqual([{ function: "before_checkout", input: cart }]);
    expect(mock.after_payment).toBeUndefined();
    expect(mock.$plugin).toBeUndefined();
  });

  test("misses functions that every object has", () => {
    const system = definePluginSystem({ name: "t", version: "1.0.0", exports: { constructor: {} } });
    expect(() => system.mock({} as never)).toThrow('give a function for "constructor"');
  });

  test("checks in both directions, and keeps the failure policy", async () => {
    const mock = discounts.mock({ before_checkout: () => ({ discountPercentage: "much" }) as never, strict_checkout: () => ({}) as never });
    await expect(mock.before_checkout({} as never)).rejects.toMatchObject({ code: "system/invalid-input" });
    expect(await mock.before_checkout(cart)).toEqual({ discountPercentage: 0 });
    await expect(mock.strict_checkout?.(cart)).rejects.toMatchObject({ code: "system/invalid-output", plugin: "mock" });
  });

  test("gives checked imports", async () => {
    const asks = (id: unknown) => discounts.mock({ before_checkout: () => ({ discountPercentage: 0 }), strict_checkout: async (_cart, { loyalty_points }) => ({ discountPercentage: await loyalty_points(id as string) }) }, { imports });
    expect(await asks("four").strict_checkout?.(cart)).toEqual({ discountPercentage: 4 });
    await expect(asks(4).strict_checkout?.(cart)).rejects.toMatchObject({ code: "system/invalid-input", details: { from: "plug-in" } });
  });

  test("sends MessagePack and bytes as a plug-in would get them", async () => {
    const system = definePluginSystem({ name: "t", version: "1.0.0", exports: { pack: { input: msgpack(z.object({ n: z.bigint() })), output: bytes() } } });
    const mock = system.mock({ pack: ({ n }) => Uint8Array.of(Number(n)) });
    expect(await mock.pack({ n: 7n })).toEqual(Uint8Array.of(7));
    expect(mock.$calls[0]?.input).toEqual({ n: 7n });
  });

  test("refuses functions that are missing or not in the system", () => {
    expect(() => discounts.mock({} as never)).toThrow('"before_checkout"');
    expect(() => discounts.mock({ before_checkout: () => ({ discountPercentage: 0 }), more: () => 1 } as never)).toThrow('"more"');
  });

  test("passes on what its functions throw", async () => {
    const failure = new PluginError("plugin/closed", "Cannot go on", {});
    const mock = discounts.mock({ before_checkout: () => Promise.reject(failure) });
    await expect(mock.before_checkout(cart)).rejects.toBe(failure);
  });
});
