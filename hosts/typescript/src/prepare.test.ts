import { describe, expect, test } from "vitest";

import { plugin, wat } from "../test/wat.ts";
import { createPlugin, PluginError } from "./node.ts";
import { CAN_MERGE } from "./compile/compiled.ts";
import { prepareModule } from "./prepare.ts";

const RESTLESS = plugin(`
  (func (export "loop") (result i32) (loop (br 0)) (i32.const 0))
  (func $recurse (export "recurse") (result i32) (i32.add (call $recurse) (i32.const 1)))
  (func (export "grow") (result i32) (i32.add (memory.grow (i32.const 1)) (i32.const 1)))
  (func (export "nothing") (result i32) (i32.const 0))`);

async function failureOf(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    if (PluginError.is(error)) return { code: error.code, details: error.details };
    throw error;
  }
  return undefined;
}

describe("prepareModule()", () => {
  test("makes a module whose time, stack and memory are limited when it is loaded as prepared", async () => {
    const prepared = prepareModule(RESTLESS, { memoryPages: 2 });
    for (const source of [prepared, await WebAssembly.compile(prepared)]) {
      const loaded = await createPlugin(source, { prepared: true, limits: { timeoutMs: 20, stackDepth: 100 } });
      expect(loaded.functions).toEqual(["loop", "recurse", "grow", "nothing"]);
      expect(await failureOf(() => loaded.call("loop"))).toEqual({ code: "call/timeout", details: { limitMs: 20 } });
      expect(await failureOf(() => loaded.call("recurse"))).toEqual({ code: "call/stack-overflow", details: { limit: 100 } });
      // 1 page before, so the first growth returns 1 and the second is refused with -1.
      expect(await failureOf(() => loaded.call("grow"))).toMatchObject({ code: "call/failed", details: { returnCode: 2 } });
      expect(await failureOf(() => loaded.call("grow"))).toBeUndefined();
      await loaded.close();
    }
  });

  test("counts fuel when it was asked to", async () => {
    const prepared = prepareModule(RESTLESS, { fuel: true });
    const loaded = await createPlugin(prepared, { prepared: true, limits: { fuel: 1000 } });
    expect(await failureOf(() => loaded.call("loop"))).toEqual({ code: "call/fuel", details: { limit: 1000 } });
    await loaded.call("nothing");
    expect(loaded.lastCall?.fuel).toBeGreaterThan(0);
    const free = await createPlugin(prepared, { prepared: true, limits: "none" });
    expect((await free.call("nothing")).length).toBe(0);
  });

  test("makes a module that is refused when a limit is stated that it was not prepared for", async () => {
    const refused = { code: "module/unlimitable", details: { construct: "fuel" } };
    expect(await failureOf(() => createPlugin(prepareModule(RESTLESS), { prepared: true, limits: { fuel: 1000 } }))).toMatchObject(refused);
    const plain = await failureOf(() => createPlugin(RESTLESS, { prepared: true }));
    expect(plain).toMatchObject({ code: "module/unlimitable", details: { construct: "timeoutMs" } });
  });

  test("refuses what cannot be limited, what is prepared already, and wrong options", async () => {
    expect(await failureOf(() => prepareModule(Uint8Array.of(1, 2, 3)))).toMatchObject({ code: "module/invalid" });
    expect(await failureOf(() => prepareModule(prepareModule(RESTLESS)))).toMatchObject({ code: "module/invalid" });
    expect(await failureOf(() => prepareModule(wat("(module (memory 3))"), { memoryPages: 2 }))).toMatchObject({ code: "memory/limit" });
    expect(await failureOf(() => prepareModule(RESTLESS, { memoryPages: -1 }))).toMatchObject({ code: "manifest/invalid" });
  });

  test("leaves what it was given alone", () => {
    const before = RESTLESS.slice();
    prepareModule(RESTLESS);
    expect(RESTLESS).toEqual(before);
  });

  // skipped because this engine has no modules with two memories
  test.runIf(CAN_MERGE)("puts the kernel into the module when it is asked to", async () => {
    const module = await WebAssembly.compile(prepareModule(RESTLESS, { kernel: true }));
    expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toContain("tenon:kernel.memory");
    await using loaded = await createPlugin(module, { prepared: true });
    expect((await loaded.call("nothing")).length).toBe(0);
    expect(await failureOf(() => loaded.call("loop", "", { timeoutMs: 20 }))).toEqual({ code: "call/timeout", details: { limitMs: 20 } });
  });
});
