import { describe, expect, test } from "vitest";
import * as z from "zod";
import { type Behaviour, guest } from "../test/guest.ts";
import { definePluginSystem, type SystemEvent } from "./mod.ts";

const Basket = z.object({ cents: z.number() });
const system = definePluginSystem({
  name: "t",
  version: "1.0.0",
  exports: {
    price: { input: Basket, output: Basket, optional: true, onFailure: "next" },
    label: { output: z.string().nullable(), optional: true, onFailure: "next" },
    strict: { input: Basket, output: Basket, optional: true },
    safe: { output: z.string(), optional: true, onFailure: { use: "spare" } },
  },
});
const json = (value: unknown): Behaviour => ({ reply: JSON.stringify(value) });
const failing: Behaviour = { fail: "broken" };

describe("PluginSet", () => {
  test("pipeline hands each answer to the next plug-in and leaves failed ones out", async () => {
    const set = system.set();
    expect(await set.pipeline.price({ cents: 9 })).toEqual({ cents: 9 });
    await set.add("a", guest({ price: json({ cents: 5 }), strict: { echo: true } }));
    await set.add("b", guest({ price: failing, strict: failing }));
    await set.add("c", guest({ price: { echo: true } }));
    expect(await set.pipeline.price({ cents: 9 })).toEqual({ cents: 5 });
    await expect(set.pipeline.strict({ cents: 1 })).rejects.toMatchObject({ code: "call/failed", plugin: "b" });
    await expect(set.pipeline.price({ cents: "9" } as never)).rejects.toMatchObject({ code: "system/invalid-input" });
    await set.close();
  });

  test("first takes the first answer that is one", async () => {
    const set = system.set();
    expect(await set.first.label()).toBeUndefined();
    await set.add("none", guest({ label: json(null) }));
    await set.add("broken", guest({ label: failing }));
    await expect(set.first.label()).rejects.toMatchObject({ plugin: "broken" });
    await set.add("silent", guest({ price: failing }));
    await set.add("good", guest({ label: json("hello") }));
    expect(await set.first.label()).toBe("hello");
  });

  test("all takes every answer with its name; a value in place of a failure counts", async () => {
    const set = system.set();
    await set.add("a", guest({ label: json("x"), safe: json("fine") }));
    await set.add("b", guest({ label: failing, safe: failing }));
    expect(await set.all.label()).toEqual([{ plugin: "a", value: "x" }]);
    expect(await set.all.safe()).toEqual([{ plugin: "a", value: "fine" }, { plugin: "b", value: "spare" }]);
  });

  test("replace keeps the place, loses no call, and can be taken back", async () => {
    const events: SystemEvent[] = [];
    const set = system.set({ onEvent: (event) => void (event.type === "call" || events.push(event)) });
    await set.add("a", guest({ label: json("old") }));
    await set.add("b", guest({ label: json("other") }));
    const running = [set.first.label(), set.first.label()];
    await set.replace("a", guest({ label: json("new") }));
    expect(await Promise.all(running)).toEqual(["old", "old"]);
    expect(await set.first.label()).toBe("new");
    expect(set.names).toEqual(["a", "b"]);
    await set.restore("a");
    expect(await set.first.label()).toBe("old");
    await expect(set.restore("a")).rejects.toThrow("it was not replaced");
    await expect(set.replace("a", guest({}, { nobody: "(param i64)" }))).rejects.toMatchObject({ code: "system/incompatible" });
    expect(await set.first.label()).toBe("old");
    expect(events.map(({ type }) => type)).toEqual(["added", "added", "replaced", "restored"]);
  });

  test("closes what was replaced twice, and what is removed, after its running calls", async () => {
    const slow = definePluginSystem({ name: "t", version: "1.0.0", exports: { get: { input: z.string().refine(async () => await gate), output: z.string() } } });
    let open: (isOpen: boolean) => void = () => {};
    const gate = new Promise<boolean>((resolve) => (open = resolve));
    const set = slow.set();
    await set.add("a", guest({ get: { echo: true } }));
    const running = set.first.get("in flight");
    const removing = set.remove("a");
    expect(set.names).toEqual([]);
    open(true);
    expect(await running).toBe("in flight");
    await removing;
    expect(await set.first.get("later")).toBeUndefined();
  });

  test("refuses names that are taken or unknown, and everything once closed", async () => {
    const set = system.set();
    const module = guest({ label: json("x") });
    const both = await Promise.allSettled([set.add("a", module), set.add("a", module)]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await expect(set.replace("b", module)).rejects.toThrow('the set has "a"');
    await expect(set.remove("b")).rejects.toThrow(TypeError);
    await set.close();
    await set.close();
    await expect(set.add("c", module)).rejects.toThrow("closed");
    for (const ask of [set.first, set.all]) await expect(ask.label()).rejects.toMatchObject({ code: "plugin/closed" });
  });

  test("sets share nothing: what one tenant's plug-ins are is not what another's are", async () => {
    const tenants = new Map(["ann", "bob"].map((tenant) => [tenant, system.set()]));
    await tenants.get("ann")?.add("a", guest({ label: json("ann's") }));
    expect(await tenants.get("bob")?.first.label()).toBeUndefined();
    expect(await tenants.get("ann")?.first.label()).toBe("ann's");
  });
});
