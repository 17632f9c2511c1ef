import { compile } from "@tenon/compiler";
import { PluginError } from "@tenon/host";
import { definePluginSystem, generateBindings, jsonSchema } from "@tenon/system";
import { beforeAll, describe, expect, expectTypeOf, test } from "vitest";

import { openPlugin } from "./mod.ts";

const Cart = jsonSchema<{ readonly id: string; readonly cents: number }>({ title: "Cart", type: "object", properties: { id: { type: "string" }, cents: { type: "integer" } }, required: ["id", "cents"] });
const Discount = jsonSchema<{ readonly percent: number }>({ title: "Discount", type: "object", properties: { percent: { type: "number", maximum: 100 } }, required: ["percent"] });
const definition = {
  name: "shop/discounts",
  version: "1.0.0",
  exports: {
    before_checkout: { input: Cart, output: Discount, onFailure: { use: { percent: 0 } } },
    ready: { output: jsonSchema<boolean>({ type: "boolean" }) },
    after_payment: { input: Cart, optional: true },
  },
  imports: {
    loyalty_points: { input: jsonSchema<string>({ type: "string" }), output: jsonSchema<number>({ type: "integer" }) },
    tick: {},
  },
  limits: { memoryPages: 512, timeoutMs: 10_000 },
} as const;
const discounts = definePluginSystem(definition);

let source: Uint8Array;
beforeAll(async () => {
  const files = Object.fromEntries((await generateBindings(discounts.document(), { language: "typescript", optional: [] })).map(({ path, text }) => [path, text]));
  const { wasm } = await compile({
    "main.ts": files["main.ts"] as string,
    "shop-discounts.ts": files["shop-discounts.ts"] as string,
    "plugin.ts": `
      import { log } from "@tenon/pdk";
      import { type BeforeCheckoutArgument, type Discount, imports } from "./shop-discounts.ts";
      export function before_checkout(input: BeforeCheckoutArgument): Discount {
        if (input.cents < 0) throw new Error("no luck");
        log.info("cart", input.id);
        imports.tick();
        let waste = 0;
        for (let turn = 0; turn < input.cents; turn++) waste += turn;
        return { percent: imports.loyalty_points(input.id) };
      }
      export function ready(): boolean { return true; }`,
  });
  source = wasm;
}, 60_000);

const imports = { loyalty_points: (id: string) => id.length, tick: () => undefined };

describe("openPlugin() with a system", () => {
  test("calls exports by their types, and records logs, imports, instructions and memory", async () => {
    await using plugin = await openPlugin({ source, system: discounts, imports });
    const { value, ...did } = await plugin.call("before_checkout", { id: "ann", cents: 10 });
    expectTypeOf(value).toEqualTypeOf<{ readonly percent: number }>();
    expect(value).toEqual({ percent: 3 });
    expect(did.logs.map(({ level, text }) => [level, text])).toEqual([["info", "cart ann"]]);
    expect(did.hostCalls).toEqual([
      { namespace: "extism:host/user", name: "tick", values: [], result: undefined },
      { namespace: "extism:host/user", name: "loyalty_points", values: ["ann"], result: 3 },
    ]);
    expect(did.memoryBytes).toBeGreaterThan(65_536);
    const more = await plugin.call("before_checkout", { id: "bob", cents: 10_000 });
    expect(more.fuel).toBeGreaterThan(did.fuel * 2);
    expect(more.hostCalls).toHaveLength(2);
    expect((await plugin.call("ready")).value).toBe(true);
    expect(plugin.world.hostCalls).toHaveLength(4);
    expect(await plugin.typed.before_checkout({ id: "x", cents: 1 })).toEqual({ percent: 1 });
  });

  test("passes on what onFailure would hide, and goes on", async () => {
    await using plugin = await openPlugin({ source, system: discounts, imports });
    expect(await plugin.typed.before_checkout({ id: "ann", cents: -1 })).toEqual({ percent: 0 });
    await expect(plugin.call("before_checkout", { id: "ann", cents: -1 })).rejects.toThrow("no luck");
    expect((await plugin.call("before_checkout", { id: "ann", cents: 1 })).value).toEqual({ percent: 3 });
    await using generous = await openPlugin({ source, system: discounts, imports: { ...imports, loyalty_points: () => 101 } });
    await expect(generous.call("before_checkout", { id: "ann", cents: 1 })).rejects.toMatchObject({ code: "system/invalid-output", details: { issues: [{ path: "percent" }] } });
  });

  test("refuses what the types refuse", async () => {
    await using plugin = await openPlugin({ source, system: discounts, imports });
    // @ts-expect-error: a cart has cents
    await expect(plugin.call("before_checkout", { id: "ann" })).rejects.toMatchObject({ code: "system/invalid-input" });
    // @ts-expect-error: the input is required
    await expect(plugin.call("before_checkout")).rejects.toMatchObject({ code: "system/invalid-input" });
    // @ts-expect-error: it is no export of the system
    await expect(plugin.call("$close")).rejects.toMatchObject({ code: "function/not-found" });
    await expect(plugin.call("after_payment", { id: "ann", cents: 1 })).rejects.toThrow('the plug-in exports "before_checkout", "ready"');
    // @ts-expect-error: an import is missing
    await expect(openPlugin({ source, system: discounts, imports: { tick: () => undefined } })).rejects.toThrow('"loyalty_points"');
  });

  test("holds the system's limits, which a test can tighten and not loosen", async () => {
    const frugal = definePluginSystem({ ...definition, limits: { fuel: 1_000_000 } });
    await using plugin = await openPlugin({ source, system: frugal, imports });
    await expect(plugin.call("before_checkout", { id: "ann", cents: 1_000_000 })).rejects.toMatchObject({ code: "call/fuel" });
    await using tighter = await openPlugin({ source, system: discounts, imports, limits: { fuel: 1_000_000 } });
    await expect(tighter.call("before_checkout", { id: "ann", cents: 1_000_000 })).rejects.toMatchObject({ code: "call/fuel" });
    await expect(openPlugin({ source, system: discounts, imports, limits: { memoryPages: 513 } })).rejects.toThrow(RangeError);
  });

  test("refuses a plug-in that does not fit, with every difference", async () => {
    const { wasm } = await compile({ "plugin.ts": "export function beforeCheckout(): void {}" });
    const opening = openPlugin({ source: wasm, system: discounts, imports });
    await expect(opening).rejects.toBeInstanceOf(PluginError);
    await expect(opening).rejects.toThrow(/does not export "before_checkout"; rename its export "beforeCheckout"[\s\S]*"ready"/);
  });

  test("fixes the clock for systems too, and keeps what an import that fails was asked", async () => {
    await using plugin = await openPlugin({ source, system: discounts, now: "2026-05-01T12:00:00Z", imports: { ...imports, loyalty_points: (): number => { throw new Error("no database"); } } });
    await expect(plugin.call("before_checkout", { id: "ann", cents: 1 })).rejects.toMatchObject({ code: "call/host-function" });
    expect(plugin.world.hostCalls.at(-1)).toEqual({ namespace: "extism:host/user", name: "loyalty_points", values: ["ann"], result: undefined });
    expect(plugin.world.logs[0]?.text).toBe("cart ann");
  });
});
